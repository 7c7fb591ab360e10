"""What can still be told of shell text that was not understood. It only ever adds to what is known of a line."""

import re
from collections.abc import Iterator
from typing import Final

_MOST: Final = 48
_MOST_BEGINNINGS: Final = 8
_BETWEEN = re.compile(r"[\s'\"`;&|<>(){}$=,:@\\]+")
# Where a command may end: first where separators say so, then wherever one could.
_SEPARATORS = re.compile(r"(?<!\\)[\n;&|]+")
_EDGES = re.compile(r"(?<!\\)[\n;&|<>()`]+")
_OPENINGS = re.compile(r"(?:(?:[{!]|if|then|elif|else|while|until|do)\s+)+")


def scraps(text: str) -> tuple[str, ...]:
    """Stretches of it that look like paths."""
    found = (piece for piece in _BETWEEN.split(text) if "/" in piece or piece[:1] in ("~", "."))
    return tuple(dict.fromkeys(found))[:_MOST]


def shown(text: str) -> str:
    """The text as it looks: without characters that are not shown, and with line breaks that every system knows."""
    return "".join([char for char in text.replace("\r", "\n") if char in "\n\t" or char.isprintable()])


def beginnings(text: str) -> tuple[str, ...]:
    """It without its last lines, the longest first: a shell reads line by line."""
    lines = text.split("\n")
    return tuple(["\n".join(lines[:end]) for end in range(len(lines) - 1, 0, -1)])[:_MOST_BEGINNINGS]


def pieces(text: str) -> tuple[str, ...]:
    """Stretches of it that may be commands."""
    return tuple(dict.fromkeys(_pieces(text)))[:_MOST]


def _pieces(text: str) -> Iterator[str]:
    for edges in (_SEPARATORS, _EDGES):
        for piece in edges.split(text):
            stripped = piece.strip()
            opening = _OPENINGS.match(stripped)
            command = stripped[opening.end() :] if opening else stripped
            if command not in ("", text):
                yield command
