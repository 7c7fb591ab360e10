"""What `sed` and Perl leave nothing of, or next to nothing, whatever stands in the file that they edit."""

import re
from typing import Final

from app.core.classify.shell.sed_script import Command, commands

# A pattern that says nothing of what stands in a line, and so fits all of it, or as much as it likes.
_CLASS = r"\.|\\[SwW]|\[\^[^]]\]|\[[A-Za-z0-9-]+\]|\[\[:(?!space|blank)[a-z]+:\]\]|\(\.\|[^()]*\)"
_ANYTHING = re.compile(
    rf"\^?(?:\\?\(|\\?\))*(?:(?:{_CLASS})(?:\*|\\\+|\+|\\?\{{[0-9,]*\\?\}})(?:\\?\(|\\?\)|\\n\*)*)+\$?"
)
# Almost any character, so that little is left where each of them goes.
_EACH = re.compile(r"\.|\\[Sw]|\[\^[^]]\]|\[[A-Z0-9_-]*a-z[A-Z0-9_-]*\]|\[\[:(?:print|graph|al(?:num|pha)|lower):\]\]")
# What every line has, or nearly every one: all of it may be missing, or it is one of many characters.
_MAY_BE = rf"(?:(?:{_CLASS}|[^]\[\\*.^$])(?:\*|\\\?|\\?\{{0?,[0-9]*\\?\}}))*"
_EVERY = re.compile(rf"\^?(?:{_CLASS}|{_MAY_BE})|{_MAY_BE}\$")
_QUANTITY = re.compile(r"(?:\.|\[\^[^]]+\])(?:\*|\\?\+|\\?\{)")
_KEPT = re.compile(r"&|[\\$][0-9]")
_MANY_LINES: Final = 500


def sed_empties(script: str, *, whole: bool = False) -> bool:
    """Whether it takes away what stands in a file whatever that is: `d`, `2,$d`, `q`, `s/.*//`, but not `/old/d`.

    `whole` when all of a file is one line.
    """
    found = [each for each in commands(script) if each is not None]
    kinds = {each.text[0] for each in found}
    # Who puts lines together in a loop reads a file, or much of it, as one.
    whole = whole or ("N" in kinds and not kinds.isdisjoint("bt"))
    return any(_empties(each, whole=whole) for each in found)


def takes_all(pattern: str, replacement: str, ending: str) -> bool:
    """Whether a substitution leaves nothing of a line, whatever stands in it; `ending` is what it is told besides."""
    found = _ANYTHING.fullmatch(pattern) or ("g" in ending and _EACH.fullmatch(pattern))
    return bool(found) and not _KEPT.search(replacement)


def takes_much(pattern: str, replacement: str) -> bool:
    """Whether it may leave but a few words of a text, where that is all of a file."""
    return _QUANTITY.search(pattern) is not None and not _KEPT.search(replacement)


def _empties(command: Command, *, whole: bool) -> bool:
    kind = command.text[0]
    if kind in ("q", "Q"):
        return True
    if not (whole and command.end == "") and not _is_everywhere(command):
        return False
    if kind == "s":
        pattern, replacement, ending = command.text[2:].split(command.text[1])[:3]
        return takes_all(pattern, replacement, ending) or (whole and takes_much(pattern, replacement))
    # (`g` puts in its place what was put aside, `x` exchanges them: as a rule that is nothing.)
    return kind in ("d", "D", "c", "g", "x")


def _is_everywhere(command: Command) -> bool:
    begin, end = command.begin, command.end
    if command.turned or (end == "$" and begin != "$") or begin in ("", "/$/", "0~1", "1~1"):
        return True
    last = end.removeprefix("+")
    if last.isdecimal():
        # So many lines that hardly any file has more.
        first = int(begin[:9]) if begin.isdecimal() and last == end else 0
        return int(last[:9]) - first >= _MANY_LINES
    return begin[0] == "/" and _fits_all(begin.removesuffix("I")[1:-1])


def _fits_all(pattern: str) -> bool:
    return any(one.fullmatch(pattern) for one in (_ANYTHING, _EVERY))
