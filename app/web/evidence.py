"""What agents wrote, as a page shows it: each character visible, none of it markup.

A name, a command, an argument may hold characters that turn the direction of writing, hide, or look like others. On a
page each of them is a token that says what it is; what remains is plain text in a box of its own direction.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from unicodedata import category, name

from markupsafe import Markup, escape
from msgspec import Struct

# Characters that command, turn the direction of writing, or cannot be seen at all.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Letters and symbols by category that leave no ink, and the selectors that change how the one before looks.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0\u034f")
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# So many accents on one letter are writing; more cover the lines around it.
_MOST_MARKS = 2
_SHORT = {0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2066: "LRI", 0x2067: "RLI"}
_SHORT |= {0x2068: "FSI", 0x2069: "PDI", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM"}
_SHORT |= {0xFEFF: "BOM", 0xA0: "NBSP", 0xAD: "SHY", 0x1B: "ESC", 0x00: "NUL", 0x0D: "CR", 0x7F: "DEL", 0x2060: "WJ"}
_WHITE = {"\n": "LF", "\t": "TAB", " ": "SP"}
_WORD = re.compile(r"\w+")
# Scripts with letters that look like those of another one.
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL")


class Evidence(Struct, frozen=True):
    """Text as it is shown, and how many of its characters would not have been seen for what they are."""

    html: Markup
    hidden: int


def evidence(value: object, after_lf: str = "\n") -> Evidence:
    """`value` as text, whole."""
    text = str(value)
    hidden = 0
    pieces: list[Markup] = []
    for plain, instead, kind in _pieces(text):
        pieces.append(escape(plain))
        if instead:
            hidden += kind == "tok"
            pieces.append(Markup('<span class="{}">{}</span>').format(kind, instead))
            pieces.append(escape(after_lf if instead == "LF" else ""))
    return Evidence(Markup('<bdi class="ev" dir="ltr">{}</bdi>').format(Markup("").join(pieces)), hidden)


def shown(value: object) -> Markup:
    """The same where only the text is wanted."""
    return evidence(value).html


def code(text: str) -> Markup:
    """Lines that are our own, each shown by itself."""
    return Markup("\n").join(shown(one) for one in text.split("\n"))


def line(value: object, longest: int = 160) -> Markup:
    """The beginning, for a line of a list."""
    text = str(value)
    return evidence(text if len(text) <= longest else f"{text[:longest]}…", "").html


def exactly(value: object) -> tuple[str, str]:
    """A JSON value as text, and what kind it is where that is no text: 1 and "1" are not the same."""
    if isinstance(value, str):
        return value, ""
    kind = {bool: "true or false", int: "number", float: "number", type(None): "nothing"}.get(type(value), "empty")
    return json.dumps(value), kind


def flattened(value: Any, path: str) -> Iterator[tuple[str, object]]:
    """Every leaf of a JSON value by its path; an empty list or object is one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flattened(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from flattened(inner, f"{path}[{at}]")
    else:
        yield path, value


def summary(request: dict[str, Any]) -> str:
    """What a request is about, for a line of a list."""
    arguments = request.get("arguments")
    for text in (_command(arguments), request.get("target"), request.get("payload_summary")):
        if isinstance(text, str) and text:
            return text
    leaves = [(path, exactly(one)[0]) for path, one in flattened(arguments or {}, "") if one not in ({}, [])]
    leaves.sort(key=lambda leaf: not leaf[0].startswith(("to", "recipient", "subject")))
    return ", ".join(text for _, text in leaves[:6])


def _command(arguments: Any) -> object:
    if not isinstance(arguments, dict):
        return None
    return next((arguments[key] for key in ("command", "cmd", "file_path", "path", "url") if key in arguments), None)


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """Plain text, then what stands for the character after it, and the class of that."""
    start = marks = 0
    foreign = dict(_foreign(text))
    end = len(text.rstrip(" "))
    for at, character in enumerate(text):
        if character.isascii() and character.isprintable() and at < end:
            marks = 0
            continue
        kind = category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        instead, shade = "", "tok"
        if character in _WHITE and (character != " " or at >= end):
            instead, shade = _WHITE[character], "ws"
        elif _is_hidden(character, kind, marks):
            instead = f"U+{ord(character):04X} {_SHORT.get(ord(character), '')}".strip()
        elif at in foreign:
            instead = f"{character} {foreign[at]}"
        if instead:
            yield text[start:at], instead, shade
            start = at + 1
    yield text[start:], "", ""


def _is_hidden(character: str, kind: str, marks: int) -> bool:
    return (
        kind in _UNSEEN
        or (kind == "Zs" and character != " ")
        or character in _BLANK
        or marks > _MOST_MARKS
        or any(ord(character) in selectors for selectors in _SELECTORS)
    )


def _foreign(text: str) -> Iterator[tuple[int, str]]:
    """Letters that are not of the script of the word they stand in."""
    if text.isascii():
        return
    for word in _WORD.finditer(text):
        scripts = [(at, _script(text[at])) for at in range(*word.span())]
        known = [script for _, script in scripts if script]
        if len(set(known)) > 1:
            main = "LATIN" if "LATIN" in known else max(set(known), key=known.count)
            yield from ((at, script.title()) for at, script in scripts if script and script != main)


def _script(character: str) -> str:
    if character.isascii():
        return "LATIN" if character.isalpha() else ""
    found = name(character, "").partition(" ")[0]
    return found if found in _ALIKE else ""
