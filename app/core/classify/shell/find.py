"""`find`: looks at the names below its starting points, and may delete, write or run programs there."""

from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.act import Act, located
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.state import LOST, Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_ALONE = frozenset(
    [
        "-print",
        "-print0",
        "-ls",
        "-prune",
        "-depth",
        "-d",
        "-o",
        "-or",
        "-a",
        "-and",
        "-not",
        "!",
        "(",
        ")",
        ",",
        "-true",
        "-false",
        "-xdev",
        "-mount",
        "-empty",
        "-daystart",
        "-follow",
        "-quit",
        "-readable",
        "-writable",
        "-executable",
        "-nouser",
        "-nogroup",
        "-noleaf",
        "-ignore_readdir_race",
        "-H",
        "-L",
        "-P",
        "-E",
        "-s",
        "-X",
        "-x",
    ]
)
_TEXT = frozenset(
    [
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-iwholename",
        "-regex",
        "-iregex",
        "-regextype",
        "-type",
        "-xtype",
        "-size",
        "-mtime",
        "-mmin",
        "-ctime",
        "-cmin",
        "-atime",
        "-amin",
        "-maxdepth",
        "-mindepth",
        "-user",
        "-group",
        "-uid",
        "-gid",
        "-perm",
        "-links",
        "-inum",
        "-printf",
        "-used",
        "-fstype",
        "-lname",
        "-ilname",
    ]
)
_IN_DIRECTORY = frozenset(("-execdir", "-okdir"))
_WRITES = {"-fprint": 2, "-fprint0": 2, "-fls": 2, "-fprintf": 3}
# With one of these, a name is not asked for of everything.
CHOICE = frozenset(("-o", "-or", "!", "-not", ",", "(", ")"))
_LEAVES_OUT = frozenset(("-path", "-ipath", "-wholename", "-name", "-iname", "-type", "-newer", "-size"))
_RUNS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))


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


def asked(texts: list[str]) -> list[str]:
    """The words of `find` without those that only leave out some of what the others ask for."""
    texts = texts.copy()
    for at in range(len(texts) - 2):
        if texts[at] in ("!", "-not") and texts[at + 1] in _LEAVES_OUT:
            texts[at : at + 3] = [""] * 3
    return texts


def _named(starts: tuple[Arg, ...], args: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """What lies below the starts and has a name that all expressions ask for; nothing when they do not ask for one."""
    texts = asked([arg.text for arg in args])
    at = next((at for at, text in enumerate(texts) if text in ("-name", "-iname")), -1)
    if at < 0 or at + 1 == len(args) or args[at + 1].why or "/" in texts[at + 1] or not CHOICE.isdisjoint(texts):
        return ()
    # What stands before the name acts on everything.
    if any(text in _RUNS or text in _WRITES or text == "-delete" for text in texts[:at]):
        return ()
    return tuple([replace(start, text=f"{start.text.rstrip('/')}/**/{texts[at + 1]}") for start in starts])


def _expression(
    act: Act, starts: tuple[Arg, ...], found: tuple[Arg, ...], args: tuple[Arg, ...], inner: list[Inner]
) -> int:
    """One expression; returns how many words it took."""
    arg, text = args[0], args[0].text
    value = args[1] if len(args) > 1 else Arg("", f"find {text[:_LONGEST_PART]}: needs a value")
    if text in _RUNS:
        return _run(act, found, args, inner)
    if text in _TEXT:
        if value.why:
            act.opaque(value.why)
        return 2
    if text[:6] == "-newer" and not arg.why:
        if value.why or text[-1] != "t":
            act.path(EffectKind.READ, value)
        return 2
    if text in _WRITES:
        act.path(EffectKind.WRITE, value, text)
        return _WRITES[text]
    if text == "-delete":
        # Without a name that is asked for, the starts go, too.
        for each in (*(starts if found[0].text.endswith("/**") else ()), *found):
            act.path(EffectKind.DELETE, each, text)
    elif text not in _ALONE or arg.why:
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
