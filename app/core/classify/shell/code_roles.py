"""Code in a word of a line, or on standard input: what it does becomes effects of the command that runs it."""

import re
from typing import Final

from app.core.classify.code.found import Code, Deed
from app.core.classify.code.javascript import read_javascript
from app.core.classify.code.python import read_python
from app.core.classify.code.sayings import said
from app.core.classify.code.vocabulary import computes
from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.project import is_grave
from app.core.classify.shell.state import ENVIRONMENT, Arg
from app.core.classify.shell.variables import PUBLIC
from app.core.model import ON_PATHS, EffectKind

_PYTHON: Final = re.compile(r"(?:python|pypy)(?:3(?:\.[0-9]+)?)?")
_NODE_FLAGS: Final = frozenset(("-e", "-p", "-pe", "--eval", "--print", "<<"))
_LONGEST_NAME: Final = 80


def code(act: Act, arg: Arg, added_by: str) -> None:
    """Code as a flag's value, or on standard input."""
    if not arg.why and added_by in ("-c", "<<") and _PYTHON.fullmatch(act.name):
        if python(act, arg.text, added_by).settled:
            act.record.settled.add(act.index)
    # Not `ts-node`: it loads what tsconfig.json names, which the line may have written.
    elif not arg.why and added_by in _NODE_FLAGS and act.name in ("node", "nodejs", "tsx"):
        _done(act, arg.text, read_javascript(arg.text, act.record.budget), added_by)
    elif not arg.why and (deeds := _deeds(f"{act.name} {added_by}", arg.text.strip())) is not None:
        _done(act, arg.text, Code(deeds=deeds), added_by)
    else:
        opaque(act, arg, added_by)


def _deeds(told: str, text: str) -> tuple[Deed, ...] | None:
    deeds = said(told, text)
    return computes(told, text) if deeds is None else deeds


def opaque(act: Act, arg: Arg, added_by: str, why: str = "") -> None:
    """Code that is not understood; the paths that are written in it are seen all the same."""
    act.opaque(f"{act.name} {added_by}: code that is not read" + (f": {why}" if why else ""), added_by)
    act.access((Arg(arg.text, arg.why or "code"),))


def python(act: Act, text: str, added_by: str) -> Code:
    """What a text of Python does."""
    found = read_python(text, act.record.budget)
    act.record.pythons.add(act.index)
    _done(act, text, found, added_by)
    return found


def _done(act: Act, text: str, found: Code, added_by: str) -> None:
    if found.why:
        opaque(act, Arg(text), added_by, found.why)
        return
    act.record.spoken.add(act.index)
    for deed in found.deeds:
        if deed.kind in ON_PATHS:
            act.path(deed.kind, Arg(deed.text, glob=deed.wild), added_by)
        else:
            act.add(deed.kind, deed.text, added_by)
    for name in found.modules:
        if is_grave(name):
            act.add(EffectKind.EXECUTE, f"import {name[:_LONGEST_NAME]}", added_by)
    if not PUBLIC.issuperset(found.variables):
        act.path(EffectKind.READ, ENVIRONMENT, added_by)


def timed(act: Act) -> None:
    """`timeit`: lines that are run once, and then those that are run again and again."""
    setup: list[Arg] = []
    lines: list[Arg] = []
    args = iter(act.args[1:])
    for arg in args:
        if arg.text[:1] != "-" or lines:
            lines.append(arg)
        elif arg.text in ("-s", "--setup"):
            setup.append(next(args, Arg("", "no code")))
        elif arg.text in ("-n", "-r", "-u", "--number", "--repeat", "--unit"):
            next(args, None)
        elif arg.text not in ("-p", "-v", "-vv", "--process", "--verbose", "--"):
            setup.append(Arg(arg.text, f"{arg.text[:_LONGEST_NAME]}: flag not known"))
    every = [*setup, *lines]
    if unknown := next((arg for arg in every if arg.why), None):
        opaque(act, Arg(" ".join([arg.text for arg in every]), unknown.why), "code", unknown.why)
    else:
        python(act, "\n".join([arg.text for arg in every]), "code")


CODE_ROLES: dict[str, Role] = {"code": code}
