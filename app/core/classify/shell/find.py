"""`find`: looks at the names below its starting points, and may delete, write or run programs there."""

from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.act import Act, located
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.names import ALONE, RUNS, TEXT, WRITES, demanded, with_git
from app.core.classify.shell.state import LOST, Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_IN_DIRECTORY = frozenset(("-execdir", "-okdir"))


def find(act: Act) -> tuple[Inner, ...]:
    """Looks at the starting points; then each expression has its own effects."""
    args = act.args[1:]
    at = 0
    while at < len(args) and args[at].text in ("-H", "-L", "-P", "-E"):
        at += 1
    first = at
    while at < len(args) and args[at].text[:1] not in ("-", "(", "!"):
        if args[at].loose:
            act.opaque(f"{args[at].text[:_LONGEST_PART]}: a file's name could be read as a flag")
        at += 1
    starts = args[first:at] or (Arg("."),)
    for start in starts:
        act.looked(start)
    found = _named(starts, args[at:]) or tuple(
        [replace(start, text=f"{start.text.rstrip('/')}/**") for start in starts]
    )
    inner: list[Inner] = []
    while at < len(args):
        act.record.budget.spend()
        at += _expression(act, starts, found, args[at:], inner)
    if inner:
        act.wraps()
    return tuple(inner)


def _named(starts: tuple[Arg, ...], args: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """What lies below the starts and has a name that is asked for; nothing when none is."""
    if any(arg.why and not arg.one for arg in args):
        return ()
    # (What is not known is no name: it may hold a slash.)
    names = with_git(demanded(["/" if arg.why else arg.text for arg in args]))
    return tuple(
        [
            replace(start, text=f"{start.text.rstrip('/')}/{'' if name[:5] == '.git/' else '**/'}{name}")
            for start in starts
            for name in names
        ]
    )


def _expression(
    act: Act, starts: tuple[Arg, ...], found: tuple[Arg, ...], args: tuple[Arg, ...], inner: list[Inner]
) -> int:
    """One expression; returns how many words it took."""
    arg, text = args[0], args[0].text
    value = args[1] if len(args) > 1 else Arg("", f"find {text[:_LONGEST_PART]}: needs a value")
    if text in RUNS:
        return _run(act, found, args, inner)
    if text in TEXT:
        if value.why:
            act.opaque(value.why)
        return 2
    if text[:6] == "-newer" and not arg.why:
        if value.why or text[-1] != "t":
            act.path(EffectKind.READ, value)
        return 2
    if text in WRITES:
        act.path(EffectKind.WRITE, value, text)
        if text == "-fprintf" and "%" not in "".join(form.text for form in args[2:3]):
            # Nothing that is found is written, so what stood in there is gone.
            act.path(EffectKind.DELETE, value, text)
        return WRITES[text]
    if text == "-delete":
        # Without a name that is asked for, the starts go, too.
        for each in (*(starts if found[0].text.endswith("/**") else ()), *found):
            act.path(EffectKind.DELETE, each, text)
    elif text not in ALONE or arg.why:
        act.opaque(arg.why or f"find {text[:_LONGEST_PART]}: not known")
        act.access((arg,))
    return 1


def _run(act: Act, found: tuple[Arg, ...], args: tuple[Arg, ...], inner: list[Inner]) -> int:
    """`-exec COMMAND ;`: run once for each start, on what lies below it. Returns how many words that took."""
    end = 1
    while end < len(args) and not (args[end].text == ";" or (args[end].text == "+" and args[end - 1].text == "{}")):
        end += 1
    command = args[1:end]
    if end == len(args) or not command:
        act.opaque(f"find {args[0].text}: not closed")
        act.access(command)
        return end
    for each in found:
        state, below = replace(act.state, functions={}), Arg(each.text, each.why)
        if args[0].text in _IN_DIRECTORY:
            # The command runs beside each file that is found.
            below = Arg(located(below.text, state.directories[0], state.home), each.why)
            state = state.moved((LOST,))
        inner.append(Inner(args=tuple(_replaced(word, below) for word in command), state=state))
    return end + 1


def _replaced(word: Arg, below: Arg) -> Arg:
    if word.text == "{}":
        return below
    return Arg(word.text, "{}: a file's name inside a word") if "{}" in word.text else word
