"""What a script of `sed` says, command by command, as far as that is surely known."""

import re
from collections.abc import Iterator

from msgspec import Struct

# Each alternative begins with a different character and repeats one class, so matching is linear.
_ADDRESS = re.compile(r"[0-9]+(~[0-9]+)?|\$|/[^/\\\n\[]*((\\.|\[\^?[^]\[/\\\n^]+\])[^/\\\n\[]*)*/I?|\+[0-9]+")
_PLAIN_COMMAND = re.compile(r"[pdDgGhHnNPxl=qQ{}][ \t]*[0-9]*")
# `:a`, `b`, `ta`; and text that is added, up to the end of its line, without a backslash that would go on from there.
_JUMP = re.compile(r"[:][A-Za-z0-9_]+|[btT][ \t]*[A-Za-z0-9_]*")
_TEXT = re.compile(r"[aic][ \t]*(\\[ \t])?[^\\\n]+|[aic]\\\n?[^\\\n]+")
_SUBSTITUTE_FLAGS = re.compile(r"[gpiI0-9]*")
_BLANK = re.compile(r"[ \t\n;]*")
# Brackets that every sed reads alike.
_BRACKETS = re.compile(r"\[\^?(?:[^]\[\n]|\[:[a-z]+:\])+\]")
_ESCAPED = re.compile(r"\\.")


class Command(Struct, frozen=True):
    """One command, and from which line to which it works; "" where none is named."""

    begin: str
    end: str
    turned: bool
    text: str


def commands(script: str) -> Iterator[Command | None]:
    """Each command; None at what is not surely known."""
    at = _BLANK.match(script).end()  # type: ignore[union-attr]  # matches always, if only nothing
    while at < len(script):
        begin = end = ""
        turned = False
        if address := _ADDRESS.match(script, at):
            begin, at = address[0], address.end()
            if script[at : at + 1] == ",":
                second = _ADDRESS.match(script, at + 1)
                if second is None:
                    yield None
                    return
                end, at = second[0], second.end()
            while script[at : at + 1] in (" ", "!"):
                turned = turned or script[at] == "!"
                at += 1
        after = _after_command(script, at)
        if after is None:
            yield None
            return
        yield Command(begin, end, turned, script[at:after])
        at = after


def _after_command(script: str, at: int) -> int | None:
    command = script[at : at + 1]
    if command in ("s", "y"):
        end = _after_delimited(script, at + 1)
        if end is None:
            return None
        if command == "s":
            end = _SUBSTITUTE_FLAGS.match(script, end).end()  # type: ignore[union-attr]  # matches always
    elif jump := _JUMP.match(script, at) or _TEXT.match(script, at):
        end = jump.end()
        if script[end : end + 1] not in ("", ";", "\n", "}"):
            return None
    elif plain := _PLAIN_COMMAND.match(script, at):
        end = plain.end()
        if command in ("{", "}"):
            return _BLANK.match(script, end).end()  # type: ignore[union-attr]  # matches always
    else:
        return None
    following = _BLANK.match(script, end).end()  # type: ignore[union-attr]  # matches always
    # Nothing may stick to a command: what follows must be separated from it, or close its block.
    return following if following > end or end == len(script) or script[end] == "}" else None


def _after_delimited(script: str, at: int) -> int | None:
    """Behind `/old/new/`, for a delimiter that needs no thought."""
    mark = script[at : at + 1]
    if mark == "" or mark not in "/|#,:@!_%":
        return None
    left = 2
    at += 1
    while at < len(script) and left:
        if script[at] == "\\":
            at += 1
        elif script[at] == "\n":
            return None
        elif script[at] == "[" and left == 2:
            # (In what replaces, a bracket is an ordinary character. To some seds the delimiter is, between brackets,
            # unless a backslash of its own stands before it.)
            bracket = _BRACKETS.match(script, at)
            if bracket is None or mark in _ESCAPED.sub("", bracket[0]):
                return None
            at = bracket.end() - 1
        elif script[at] == mark:
            left -= 1
        at += 1
    return None if left else at
