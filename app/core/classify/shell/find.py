"""`find`: reads everything below its starting points, and may delete, write or run programs there."""

from typing import Final

from app.core.classify.shell.act import Act, located
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.state import Arg
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
_RUNS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))


def find(act: Act) -> tuple[Inner, ...]:
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
        act.path(EffectKind.READ, start, deep=True)
    inner: list[Inner] = []
    while at < len(args):
        act.record.budget.spend()
        text = args[at].text
        value = args[at + 1] if at + 1 < len(args) else Arg("", f"find {text[:_LONGEST_PART]}: needs a value")
        if text in _RUNS:
            at += _run(act, starts, args[at:], inner)
        elif text in _TEXT or text[:6] == "-newer":
            if value.why or (text[:6] == "-newer" and text not in ("-newermt", "-newerat", "-newerct")):
                act.path(EffectKind.READ, value)
            at += 2
        elif text in ("-fprint", "-fprint0", "-fls", "-fprintf"):
            act.path(EffectKind.WRITE, value, text)
            at += 3 if text == "-fprintf" else 2
        elif text == "-delete":
            for start in starts:
                act.path(EffectKind.DELETE, start, text, deep=True)
            at += 1
        elif text in _ALONE and not args[at].why:
            at += 1
        else:
            act.opaque(args[at].why or f"find {text[:_LONGEST_PART]}: not known")
            act.access((args[at],))
            at += 1
    if inner:
        act.wraps()
    return tuple(inner)


def _run(act: Act, starts: tuple[Arg, ...], args: tuple[Arg, ...], inner: list[Inner]) -> int:
    """`-exec COMMAND ;`: run once for each start, on what lies below it. Returns how many words that took."""
    end = 1
    while end < len(args) and not (args[end].text == ";" or (args[end].text == "+" and args[end - 1].text == "{}")):
        end += 1
    command = args[1:end]
    if end == len(args) or not command:
        act.opaque(f"find {args[0].text}: not closed")
        act.access(command)
        return end
    for start in starts:
        state, below = act.state, Arg(f"{start.text.rstrip('/')}/**", start.why)
        if args[0].text in _IN_DIRECTORY:
            # The command runs beside each file that is found.
            below = Arg(located(below.text, state.directories[0], state.home), start.why)
            state = state.moved(("",))
        inner.append(Inner(args=tuple(_replaced(word, below) for word in command), state=state))
    return end + 1


def _replaced(word: Arg, below: Arg) -> Arg:
    if word.text == "{}":
        return below
    return Arg(word.text, "{}: a file's name inside a word") if "{}" in word.text else word
