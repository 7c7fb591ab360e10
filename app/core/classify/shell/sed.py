"""`sed`: read only where it provably just prints, or edits the files that it is given and leaves most of them there."""

import re
from collections.abc import Iterator
from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
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
_ALONE = frozenset(("-n", "-E", "-r", "-s", "-u", "-z", "--quiet", "--silent", "--regexp-extended", "--null-data"))
_LETTERS = frozenset("nErsuz")
_IN_PLACE = re.compile(r"(-i)(?:\.[A-Za-z0-9_.-]*)?|(--in-place)(?:=\.[A-Za-z0-9_.-]*)?")
# A pattern that says nothing of what stands in a line, and so fits all of it, or as much as it likes.
_CLASS = r"\.|\\[SwW]|\[\^[^]]\]|\[[A-Za-z0-9-]+\]|\[\[:(?!space|blank)[a-z]+:\]\]|\(\.\|[^()]*\)"
_ANYTHING = re.compile(
    rf"\^?(?:\\?\(|\\?\))*(?:(?:{_CLASS})(?:\*|\\\+|\+|\\?\{{[0-9,]*\\?\}})(?:\\?\(|\\?\)|\\n\*)*)+\$?"
)
# Almost any character, so that little is left where each of them goes.
_EACH = re.compile(r"\.|\\S|\[\^[^]]\]|\[\[:(?:print|graph):\]\]")
_QUIET = frozenset(("--quiet", "--silent"))


def sed_only_edits(script: str) -> bool:
    """The script has no command that reads or writes a file of its own or runs a program (`e w W r R s///e`)."""
    return None not in _commands(script)


def sed_empties(script: str) -> bool:
    """Whether it takes away what stands in a file whatever that is: `d`, `2,$d`, `q`, `s/.*//`, but not `/old/d`."""
    return any(_takes_all(*found) for found in _commands(script) if found is not None)


def _takes_all(address: str, command: str) -> bool:
    kind = command[0]
    if kind in ("q", "Q"):
        return True
    begin, _, end = address.partition(",")
    everywhere = address[-1:] == "!" or (end == "$" and begin != "$") or begin == "/$/" or _fits_all(begin.strip("/"))
    if kind == "s":
        pattern, replacement, ending = command[2:].split(command[1])[:3]
        return everywhere and takes_all(pattern, replacement, ending)
    return everywhere and kind in ("d", "D", "c")


def takes_all(pattern: str, replacement: str, ending: str) -> bool:
    """Whether a substitution leaves nothing of a line, whatever stands in it; `ending` is what it is told besides."""
    found = _ANYTHING.fullmatch(pattern) or ("g" in ending and _EACH.fullmatch(pattern))
    return bool(found) and not re.search(r"&|[\\$][0-9]", replacement)


def _fits_all(pattern: str) -> bool:
    return pattern in ("", ".", "^", "0~1", "1~1") or _ANYTHING.fullmatch(pattern) is not None


def _commands(script: str) -> Iterator[tuple[str, str] | None]:
    """Each command behind its address, which ends in `!` where it is turned round; None at what is not surely known."""
    at = _BLANK.match(script).end()  # type: ignore[union-attr]  # matches always, if only nothing
    while at < len(script):
        begin = at
        if address := _ADDRESS.match(script, at):
            at = address.end()
            if script[at : at + 1] == ",":
                second = _ADDRESS.match(script, at + 1)
                if second is None:
                    yield None
                    return
                at = second.end()
            while script[at : at + 1] in (" ", "!"):
                at += 1
        after = _after_command(script, at)
        if after is None:
            yield None
            return
        yield script[begin:at].replace(" ", ""), script[at:after]
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
            # (In what replaces, a bracket is an ordinary character. To some seds the delimiter is, between brackets.)
            bracket = _BRACKETS.match(script, at)
            if bracket is None or mark in bracket[0]:
                return None
            at = bracket.end() - 1
        elif script[at] == mark:
            left -= 1
        at += 1
    return None if left else at


def sed(act: Act) -> None:
    """What its scripts do to the files that it is given."""
    scripts: list[Arg] = []
    operands: list[Arg] = []
    in_place = ""
    quiet = False
    args = list(act.args[1:])
    while args:
        arg = args.pop(0)
        text = arg.text
        if text[:1] != "-" or text == "-":
            operands.append(arg)
            continue
        quiet = quiet or text in _QUIET or (text[1] != "-" and "n" in text)
        if text[:13] == "--expression=":
            scripts.append(Arg(text[13:], arg.why))
        elif args and (text == "--expression" or (text[-1] == "e" and set(text[1:-1]) <= _LETTERS)):
            scripts.append(args.pop(0))
        elif found := _IN_PLACE.fullmatch(text):
            in_place = found[1] or found[2]
        elif text not in _ALONE and not set(text[1:]) <= _LETTERS:
            act.opaque(arg.why or f"sed {text[:_LONGEST_PART]}: flag not known")
            act.access((arg, *args))
            # `-i/x`, `-ni`, `-i*`: whatever else it is, it edits.
            in_place = text[:_LONGEST_PART] if "i" in text else in_place
    if not scripts and operands:
        scripts.append(operands.pop(0))
        if in_place and scripts[0].text == "" and operands:
            # On macOS the empty word belongs to `-i`, and the next one is the script.
            scripts.append(operands[0])
    for script in scripts:
        if script.why or not sed_only_edits(script.text):
            act.opaque(script.why or f"{script.text[:_LONGEST_PART]}: a sed script that may do more than print")
            act.access((script,))
    # INVARIANT: what edits a file until nothing of it is left, deletes it.
    lost = in_place != "" and (quiet or any(sed_empties(script.text) for script in scripts))
    edited(act, operands, in_place)
    for operand in operands if lost else ():
        act.path(EffectKind.DELETE, operand, in_place)


def edited(act: Act, operands: list[Arg], in_place: str) -> None:
    """Files that are read and, with the flag `in_place`, written."""
    for operand in operands:
        if operand.loose:
            act.opaque(f"{operand.text[:_LONGEST_PART]}: a file's name could be read as a flag")
        if operand.text != "-":
            act.path(EffectKind.READ, operand)
            if in_place:
                act.path(EffectKind.WRITE, operand, in_place)
