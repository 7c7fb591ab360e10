"""What a program does with its words, by its entry in the tables: modes and subcommands.

INVARIANT: a closed world. A subcommand that the data does not name makes the command opaque.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.act import Act
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import HOMES, Program
from app.core.classify.shell.use import Told, Use
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
# What every subcommand answers with the words that it knows.
_HELP: Final = frozenset(("--help", "-h", "-help"))
_WORD: Final = re.compile(r"[a-z][a-z0-9-]*")
_RUNS: Final = frozenset((EffectKind.EXECUTE, EffectKind.PERSIST))


def judge(act: Act, program: Program) -> None:
    """Writes down what `program` does with the words of `act`."""
    act.home = HOMES.get(act.name, "")
    _judge(act, program, act.args[1:], act.name)


def _judge(act: Act, program: Program, args: tuple[Arg, ...], name: str, told: Told | None = None) -> None:
    if len(args) == 1 and args[0].text in program.tells:
        return
    if program.modes:
        _mode(act, program, args, name)
        return
    use = Use(act, program, name, told)
    if program.entry.any:
        use.effects()
        act.access(args)
        return
    words = iter(args)
    for arg in words:
        act.record.budget.spend()
        if use.is_flag(arg):
            use.flag(arg, words)
        elif program.subcommands:
            _subcommand(use, arg, tuple(words))
            return
        else:
            use.operands.append((arg, use.ended, act.state))
            if program.entry.stops:
                use.operands += [(rest, True, act.state) for rest in words]
    if not program.subcommands:
        use.finish()
        use.check_told()
        return
    use.effects()
    use.check_told()
    if "" in program.subcommands and not use.taken & program.instead:
        _judge(act, program.subcommands[""], (), name)


def _mode(act: Act, program: Program, args: tuple[Arg, ...], name: str) -> None:
    """Judges the call by the flag that says what is to be done: `tar -x`, `gzip -c`."""
    if program.entry.dashless and args and args[0].text[:1].isalpha():
        args = (replace(args[0], text=f"-{args[0].text}"), *args[1:])
    ended = _ended(program, args)
    found = {id(mode): mode for arg in args[:ended] for mode in program.chosen(arg.text)}
    if len(found) > 1:
        act.opaque(f"{name}: told to do several things")
        act.access(args)
        return
    mode = next(iter(found.values()), None) or program.modes.get("")
    if mode is None:
        act.opaque(f"{name}: not told what to do")
        act.access(args)
        return
    _judge(act, mode, args, name, (program, mode) if mode is not program.modes.get("") else None)


def _ended(program: Program, args: tuple[Arg, ...]) -> int:
    """Where flags end: at `--`, or at the script behind which all words are the script's."""
    at, default = 0, program.modes.get("")
    stops = default is not None and default.entry.stops
    while at < len(args) and args[at].text != "--" and (not stops or args[at].text[:1] == "-"):
        # INVARIANT: `node x.js --test` runs the script.
        at += 2 if default is not None and stops and args[at].text in default.takes else 1
    return min(at, len(args))


def _subcommand(use: Use, arg: Arg, rest: tuple[Arg, ...]) -> None:
    act, name = use.act, f"{use.name} {arg.text}"
    known = None if arg.why else use.program.subcommands.get(arg.text)
    other = use.program.subcommands.get("*")
    if len(rest) == 1 and rest[0].text in _HELP and (known or (other and _explains(arg, other))):
        # INVARIANT: alone, for behind another word it may be handed on to what is run.
        return
    use.effects()
    sub = known or other
    if sub is other and sub is not None:
        rest, name = (arg, *rest), use.name
    if sub is None:
        act.opaque(arg.why or f"{name[:_LONGEST_PART]}: subcommand not known")
        act.access(rest)
        return
    _judge(act, sub, rest, name, use.told if use.is_swallowed() else None)


def _explains(word: Arg, other: Program) -> bool:
    """Whether `WORD --help` is answered by the program itself though the data does not name the word.

    INVARIANT: not where the word may be a task or a file of the project, which would run.
    """
    runs = any(kind in _RUNS and what != "install scripts" for kind, what in other.does)
    return other.entry.any and not runs and not word.why and _WORD.fullmatch(word.text) is not None
