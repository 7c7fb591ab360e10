"""The flags of wrappers: what stands between a wrapper's name and the command that it runs."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.core.classify.shell.act import Act
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.state import Arg

_LONGEST_PART: Final = 80


class Flags(Struct, frozen=True):
    """A simple wrapper's flags: alone, with a value, and how many operands stand before the command."""

    alone: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    operands: int = 0


def flags(alone: str = "", valued: str = "", operands: int = 0) -> Flags:
    """Flags as columns of words."""
    return Flags(frozenset(alone.split()), frozenset(valued.split()), operands)


def after_flags(act: Act, known: Flags, skip: int = 1) -> tuple[Arg, ...]:
    """The command's words behind the wrapper's own; a flag that is not known is opaque and passed over.

    `skip` is how many words name the wrapper: one for `sudo`, two for `uv run`.
    """
    args = act.args[skip:]
    at = 0
    while at < len(args) and args[at].text[:1] == "-" and args[at].text != "-":
        text = args[at].text
        at += 1
        if text == "--":
            break
        if text in known.valued:
            if at < len(args) and args[at].why:
                act.opaque(args[at].why)
            at += 1
        elif text not in known.alone and not _attached(text, known):
            act.opaque(f"{act.name} {text[:_LONGEST_PART]}: flag not known")
            # It may take the next word as its value: whatever is there, is looked at.
            act.access(args[at:])
    for arg in args[at : at + known.operands]:
        if arg.why:
            act.opaque(arg.why)
    return args[at + known.operands :]


def _attached(text: str, known: Flags) -> bool:
    if text[:2] == "--":
        return text.partition("=")[0] in known.valued and "=" in text
    return text[:2] in known.valued or all(f"-{letter}" in known.alone for letter in text[1:])


def inner(act: Act, args: tuple[Arg, ...], *, moves: bool = False) -> tuple[Inner, ...]:
    """What the wrapper runs: these words, if there are any."""
    if not args:
        return ()
    act.wraps()
    # INVARIANT: a wrapper runs the program, not a function of the same name.
    return (Inner(args=args, state=replace(act.state, functions={}), moves=moves),)
