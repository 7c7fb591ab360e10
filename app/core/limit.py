"""Limits: how often, and for how much, a rule allows in any stretch of time."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor, isfinite
from typing import Any

from msgspec import Struct

MILLION = 1_000_000


class Limit(Struct, frozen=True):
    """At most `most` in any stretch of `per` microseconds.

    What is counted are calls, or what stands in an argument (`argument` is the way to it), in millionths.
    """

    rule: str
    most: int
    per: int
    argument: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        return ".".join(("args", *self.argument)) if self.argument else "calls"

    @property
    def name(self) -> str:
        """Under which it is counted; no id of a grant has a space."""
        return f"{self.rule} {self.unit}"

    def amount(self, arguments: Mapping[str, Any]) -> int | None:
        """What one call takes of it, rounded up; None when that is over the limit by itself, or no amount at all."""
        if not self.argument:
            return 1
        value: Any = arguments
        for step in self.argument:
            value = value.get(step) if isinstance(value, Mapping) else None
        # INVARIANT: what is missing, negative, or no number counts as over the limit.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value < 0:
            return None
        amount = ceil(_exact(value) * MILLION)
        return amount if amount <= self.most else None


class Use(Struct, frozen=True):
    """What one call takes of one limit."""

    limit: Limit
    amount: int


def millionths(most: float) -> int:
    """A limit as it is counted, rounded down."""
    return floor(_exact(most) * MILLION)


def _exact(number: float) -> Fraction:
    """The decimal number that was written, not the binary one that is nearest to it."""
    return Fraction(repr(number))
