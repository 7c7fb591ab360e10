"""Scopes: what an agent may do at all, in words of one's own: `read:orders`, `read:files/**`, `!write:refunds`.

A scope is segments joined by `:` and `/`. In what an agent holds, `*` stands for any text within one segment and `**`
for any number of segments, none included; a `!` before it takes away what it matches, whatever else the agent holds.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from app.core.policy.glob import Item, Pattern, covers
from app.core.policy.wildcard import is_wild
from app.core.spelling import fold

LONGEST = 200
MOST = 200
_SEGMENT = r"(?!\.{1,2}(?:[:/]|$))[A-Za-z0-9._@-]+"
_HELD_SEGMENT = r"(?!\.{1,2}(?:[:/]|$))(?:\*\*|(?:[A-Za-z0-9._@-]|\*(?!\*))+)"
PLAIN = re.compile(rf"{_SEGMENT}(?:[:/]{_SEGMENT})*")
HELD = re.compile(rf"!?{_HELD_SEGMENT}(?:[:/]{_HELD_SEGMENT})*")
_PARTS = re.compile(r"[:/]?[^:/]+")


class Scopes(Struct, frozen=True, eq=False):
    """What one agent holds, compiled. Each is only equal to itself, which is quick to tell."""

    given: tuple[Pattern, ...]
    taken: tuple[Pattern, ...]

    def hold(self, scope: str) -> bool:
        """Whether the agent may do what needs `scope`."""
        # INVARIANT: what is no plain scope is held by nobody: no `..`, no empty segment, no wildcard is ever asked for.
        if len(scope) > LONGEST or PLAIN.fullmatch(scope) is None:
            return False
        parts = _parts(scope)
        if not any(covers(pattern, parts) for pattern in self.given):
            return False
        # What takes away hears every spelling.
        folded = _parts(fold(scope))
        return not any(covers(pattern, folded) for pattern in self.taken)


def scopes(held: Iterable[str]) -> Scopes:
    """Compile what an agent holds. Raises ValueError naming the first that is none."""
    given: list[Pattern] = []
    taken: list[Pattern] = []
    for text in held:
        if len(text) > LONGEST or HELD.fullmatch(text) is None:
            raise ValueError(f"{text!r} is no scope; write read:orders, write:*, read:files/** or !write:refunds")
        if text.startswith("!"):
            taken.append(_pattern(fold(text[1:])))
        else:
            given.append(_pattern(text))
    return Scopes(tuple(given), tuple(taken))


def _pattern(text: str) -> Pattern:
    return tuple(Item(part, is_wild(part), part.lstrip(":/") == "**") for part in _parts(text))


@lru_cache(maxsize=1_024)
def _parts(text: str) -> tuple[str, ...]:
    """The segments, each with the separator before it: `read:files` is not `read/files`."""
    return tuple(_PARTS.findall(text))
