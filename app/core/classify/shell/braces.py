"""Brace expansion: `{a,b}`, `{1..3}`. What bash might read otherwise is not read: the answer is None."""

import itertools
import re
from typing import Final

from app.core.classify.shell.tree import Literal, Part, Variable

MOST: Final = 64
_DEEPEST: Final = 32

_NUMBERS = re.compile(r"(0|-?[1-9][0-9]{0,4})\.\.(0|-?[1-9][0-9]{0,4})")
_LETTERS = re.compile(r"([a-z])\.\.([a-z])|([A-Z])\.\.([A-Z])")

Parts = tuple[Part, ...]


def alternatives(parts: Parts) -> list[Parts] | None:
    """What `parts` expand to, at most `MOST`; None when that is not certain."""
    count = sum(part.text.count("{") for part in parts if isinstance(part, Literal) and not part.quoted)
    if not count:
        return [parts]
    if count > _DEEPEST:
        return None
    found = _expand([piece for part in parts for piece in _pieces(part)])
    return None if found is None else [_joined(pieces) for pieces in found]


def _pieces(part: Part) -> list[Part]:
    if isinstance(part, Literal) and not part.quoted:
        return [Literal(char) for char in part.text]
    return [part]


def _joined(pieces: list[Part]) -> Parts:
    """Neighbouring unquoted text as one literal again."""
    parts: list[Part] = []
    for piece in pieces:
        last = parts[-1] if parts else None
        if isinstance(piece, Literal) and isinstance(last, Literal) and not piece.quoted and not last.quoted:
            parts[-1] = Literal(last.text + piece.text)
        else:
            parts.append(piece)
    return tuple(parts)


def _char(piece: Part) -> str:
    return piece.text if isinstance(piece, Literal) and not piece.quoted else ""


def _expand(pieces: list[Part], start: int = 0) -> list[list[Part]] | None:
    opened = next((at for at in range(start, len(pieces)) if _char(pieces[at]) == "{"), -1)
    if opened < 0:
        return [pieces]
    commas: list[int] = []
    depth = 0
    for at in range(opened, len(pieces)):
        char = _char(pieces[at])
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 1:
            commas.append(at)
        if depth == 0:
            return _choose(pieces, opened, commas, at)
    # Never closed: plain text, unless bash could still find a comma in it.
    return None if commas or any(_char(piece) in (",", ".") for piece in pieces[opened:]) else [pieces]


def _choose(pieces: list[Part], opened: int, commas: list[int], closed: int) -> list[list[Part]] | None:
    inner = pieces[opened + 1 : closed]
    choices: list[list[Part]]
    if commas:
        bounds = [opened, *commas, closed]
        choices = [pieces[left + 1 : right] for left, right in itertools.pairwise(bounds)]
    else:
        text = "".join(_char(piece) or "\0" for piece in inner)
        if "{" in text:
            return None
        if ".." not in text:
            return _expand(pieces, closed + 1)
        sequence = _sequence(text)
        if sequence is None:
            return None
        choices = [[Literal(char) for char in item] for item in sequence]
    if opened and isinstance(pieces[opened - 1], Variable):
        # `$A{1,2}` is `$A1 $A2`: other variables.
        return None
    found: list[list[Part]] = []
    for choice in choices:
        some = _expand([*pieces[:opened], *choice, *pieces[closed + 1 :]], opened)
        if some is None or len(found) + len(some) > MOST:
            return None
        found += some
    return found


def _sequence(text: str) -> list[str] | None:
    if numbers := _NUMBERS.fullmatch(text):
        first, last = int(numbers[1]), int(numbers[2])
        step = 1 if first <= last else -1
        return [str(number) for number in range(first, last + step, step)] if abs(last - first) < MOST else None
    if letters := _LETTERS.fullmatch(text):
        first, last = (ord(letter) for letter in letters.groups() if letter)
        step = 1 if first <= last else -1
        return [chr(number) for number in range(first, last + step, step)]
    return None
