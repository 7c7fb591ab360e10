"""Builtins that change what the shell knows: directories and variables. A registry of one function each.

A function returns the state after success and the state after failure.
"""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act, entered
from app.core.classify.shell.state import ENVIRONMENT, LOST, Arg, State
from app.core.classify.shell.variables import is_harmless, is_steering
from app.core.model import EffectKind
from app.core.policy.wildcard import is_wild

Builtin = Callable[[Act], tuple[State, State]]

_LONGEST_PART: Final = 80
_PWD: Final = Arg("", "$PWD: value not known", free=True)
SHELL_OPTIONS = frozenset(("pipefail", "errexit", "nounset", "xtrace"))
_ON_FILES = frozenset(
    [
        "-a",
        "-b",
        "-c",
        "-d",
        "-e",
        "-f",
        "-g",
        "-h",
        "-k",
        "-p",
        "-r",
        "-s",
        "-u",
        "-w",
        "-x",
        "-G",
        "-L",
        "-N",
        "-O",
        "-S",
    ]
)
_READ_FLAGS = re.compile(r"-[rs]*[rspdnNt]")
_GLOB_OPTIONS = frozenset(("globstar", "nullglob", "failglob"))
_BETWEEN_FILES = frozenset(("-nt", "-ot", "-ef"))
_STRINGS = frozenset(["=", "==", "!=", "<", ">", "=~", "-n", "-z", "-o", "!", "&&", "||", "(", ")", "]", "]]", "-t"])
_NUMBERS = frozenset(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"])


def _cd(act: Act) -> tuple[State, State]:
    args = [arg for arg in act.args[1:] if arg.text not in ("-L", "--")]
    if any(arg.text[:1] == "-" for arg in args) or len(args) > 1 or (act.name == "pushd" and not args):
        # `cd -`, `cd -P`, `pushd +1`: the shell knows where, the line does not tell.
        unknown = act.state.moved((LOST,)).assigned("PWD", _PWD)
        return unknown, unknown
    target = args[0] if args else Arg(act.state.home, "" if act.state.home else "$HOME: value not known")
    if target.why:
        act.opaque(target.why)
    directories = entered(act.state, target)
    after = act.state.moved(directories)
    certain = len(directories) == 1 and directories[0][:1] == "/" and not is_wild(directories[0])
    return after.assigned("PWD", Arg(directories[0]) if certain else _PWD), act.state


def _popd(act: Act) -> tuple[State, State]:
    unknown = act.state.moved((LOST,)).assigned("PWD", _PWD)
    return unknown, unknown


def _declare(act: Act) -> tuple[State, State]:
    """`export`, `local`, `declare`, `typeset` with plain assignments.

    Not `readonly`: a later assignment then fails, and what follows it runs with the older value.
    """
    state = act.state
    if act.name == "local" and not state.in_function:
        # INVARIANT: it fails there, and what follows runs with the older value.
        act.opaque("local: outside a function")
    exports = act.name in ("export", "declare", "typeset")
    if all(arg.text[:1] == "-" for arg in act.args[1:]):
        # Without a name it prints every variable, credentials too.
        act.path(EffectKind.READ, ENVIRONMENT)
    for arg in act.args[1:]:
        name, equals, value = arg.text.partition("=")
        if arg.text in ("-g", "-x") or (arg.text == "-p" and act.name == "export"):
            exports = exports or arg.text == "-x"
            continue
        if not name.isidentifier() or not name.isascii():
            act.opaque(arg.why or f"{act.name} {arg.text[:_LONGEST_PART]}: not known")
            continue
        if not is_harmless(name, "\0" if arg.why else value) and (is_steering(name) or exports):
            act.opaque(f"{name}: a variable that programs may obey")
        if equals:
            # bash does not split here, other shells do: an unquoted value may bring further assignments with it.
            if not arg.one:
                act.opaque(arg.why or f"{act.name} {arg.text[:_LONGEST_PART]}: splits in some shells")
            state = state.assigned(name, Arg("", arg.why, arg.free) if arg.why else Arg(value))
    return state, state


def _unset(act: Act) -> tuple[State, State]:
    state = act.state
    for arg in act.args[1:]:
        if arg.why or not arg.text.isidentifier() or arg.text in state.functions or is_steering(arg.text):
            act.opaque(f"unset {arg.text[:_LONGEST_PART]}: not known")
        else:
            state = state.assigned(arg.text, Arg(""))
    return state, state


def _read(act: Act) -> tuple[State, State]:
    """`read` fills variables with what it is given: known to be assigned, not with what."""
    state = act.state
    words = iter(act.args[1:])
    # The only variable gets whole names, when names of files come in.
    listed = state.listed[0] if len(state.listed) == 1 and act.args[-1].text.isidentifier() else None
    names = 0
    for arg in words:
        if _READ_FLAGS.fullmatch(arg.text):
            if arg.text[-1] not in "rs":
                next(words, None)
        elif arg.text.isidentifier() and not is_steering(arg.text) and not arg.why:
            names += 1
            value = Arg("", f"${arg.text}: value not known", free=True)
            if listed and names == 1 and arg is act.args[-1]:
                value = Arg(listed.text, one=False, glob=True)
            state = state.assigned(arg.text, value)
        else:
            act.opaque(f"read {arg.text[:_LONGEST_PART]}: not known")
    state = state.assigned("REPLY", Arg("", "$REPLY: value not known", free=True))
    return state, state


def _test(act: Act) -> tuple[State, State]:
    """`test`, `[` and `[[`."""
    words = act.args[1:]
    double = act.name == "[["
    for at, arg in enumerate(words):
        before = words[at - 1].text if at else ""
        after = words[at + 1].text if at + 1 < len(words) else ""
        if (before in _ON_FILES and arg.text not in _STRINGS) or before in _BETWEEN_FILES or after in _BETWEEN_FILES:
            act.noticed(arg)
        elif double and (before in _NUMBERS or after in _NUMBERS):
            # INVARIANT: `[[ x -eq y ]]` is arithmetic, which runs commands from inside values.
            if arg.why or not arg.text.removeprefix("-").isdecimal():
                act.opaque(f"{arg.text[:_LONGEST_PART]}: arithmetic on a value that is not known")
        elif arg.text == "-v" or (arg.text == "-R" and not arg.why):
            act.opaque(f"{act.name} {arg.text}: evaluates the name")
        elif arg.why and not double and not arg.one:
            act.opaque(arg.why)
    return act.state, act.state


def _nothing(act: Act) -> tuple[State, State]:
    """Ends, skips or waits; whether what follows still runs is not assumed."""
    for arg in act.args[1:]:
        if arg.why and not arg.free:
            act.opaque(arg.why)
    return act.state, act.state


def _wait(act: Act) -> tuple[State, State]:
    """Waits for what runs besides; `-p NAME` fills a variable."""
    for arg in act.args[1:]:
        if arg.text[:1] == "-" and arg.text not in ("-n", "-f"):
            # INVARIANT: in `a[$(rm f)]` the index is run.
            act.opaque(f"wait {arg.text[:_LONGEST_PART]}: evaluates the name")
    return _nothing(act)


def _shopt(act: Act) -> tuple[State, State]:
    """Options under which a pattern stands for no name or for names at any depth; others read lines otherwise."""
    words = [arg.text for arg in act.args[1:]]
    if all(text in ("-p", "-q") or text.isidentifier() for text in words):
        return act.state, act.state  # tells how they stand
    options = [text for text in words if text not in ("-s", "-u")]
    if not _GLOB_OPTIONS.issuperset(options) or not options:
        act.opaque("shopt: changes how the line is read")
    return act.state, act.state


def _set(act: Act) -> tuple[State, State]:
    """`set -euo pipefail` and its like; other settings change how the rest of the line is read."""
    words = iter(act.args[1:])
    for arg in words:
        if arg.text[:1] not in ("-", "+") or arg.why or not arg.text[1:] or set(arg.text[1:]) - set("euxo"):
            act.opaque(f"set {arg.text[:_LONGEST_PART]}: not known")
        elif arg.text in ("-o", "+o") and len(act.args) == 2:
            pass  # prints the options
        elif arg.text.endswith("o"):
            option = next(words, Arg(""))
            if option.text not in SHELL_OPTIONS:
                act.opaque(f"set {arg.text} {option.text[:_LONGEST_PART]}: not known")
    if len(act.args) == 1:
        act.path(EffectKind.READ, ENVIRONMENT)
    return act.state, act.state


BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(("cd", "pushd", "chdir"), _cd),
    "popd": _popd,
    **dict.fromkeys(("export", "declare", "typeset", "local"), _declare),
    "unset": _unset,
    "read": _read,
    **dict.fromkeys(("test", "[", "[["), _test),
    **dict.fromkeys((":", "exit", "return", "break", "continue"), _nothing),
    "wait": _wait,
    "set": _set,
    "shopt": _shopt,
}
