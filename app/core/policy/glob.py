"""Globs over sequences: a path is segments, a command is words, and one matcher serves both.

Inside one item `*`, `?` and `[...]` have their usual meaning (wildcard.py). One whole item may stand for any
number of items, none included: `**` in a path, a lone `*` in a command.

What is matched may itself hold wildcards, since a shell expands `rm ~/.s*` only later. So there are two
questions: does the pattern *touch* some of what the items stand for (enough to deny or to ask), and does it
*cover* all of it (needed to allow).

Both take at most items x pattern steps, without recursion and without regular expressions.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from app.core.policy import wildcard
from app.core.policy.overlap import overlap

T = TypeVar("T")


class Item(Struct, frozen=True):
    """One item of a pattern. `any_number` stands for any number of items."""

    text: str
    wild: bool
    any_number: bool = False

    def touches(self, text: str) -> bool:
        # INVARIANT: what may be a name as it stands and may be a pattern is tried as both.
        if wildcard.matches(self.text, text) if self.wild else self.text == text:
            return True
        return wildcard.is_wild(text) and wildcard.intersect(self.text, text)

    def fits(self, text: str) -> bool:
        """Whether `text`, which is just itself, matches."""
        return wildcard.matches(self.text, text) if self.wild else self.text == text

    def covers(self, text: str) -> bool:
        if wildcard.is_wild(text):
            return self.text in ("*", text) and text != "**"
        return wildcard.matches(self.text, text) if self.wild else self.text == text


Pattern = tuple[Item, ...]


def pattern(items: Sequence[str], any_number: str) -> Pattern:
    """Compile `items`; those equal to `any_number` stand for any number of items."""
    return tuple(Item(item, wildcard.is_wild(item), item == any_number) for item in items)


def touches(pattern: Pattern, items: Sequence[str]) -> bool:
    """Whether the pattern matches something that `items` can stand for, each of them for one."""
    return _match(pattern, items, Item.touches)


def fits(pattern: Pattern, items: Sequence[str]) -> bool:
    """Whether the pattern matches `items`, none of which stands for anything but itself."""
    return _match(pattern, items, Item.fits)


def touches_any(pattern: Pattern, items: Sequence[str], many: Callable[[str], bool]) -> bool:
    """The same where some items, of which `many` is true, stand for any number."""
    return overlap(pattern, items, (_any_number, many), Item.touches)


def covers(pattern: Pattern, items: Sequence[str]) -> bool:
    """Whether the pattern matches everything that `items` can stand for."""
    return _match(pattern, items, Item.covers)


def within(inner: Pattern, outer: Pattern) -> bool:
    """Whether all that `inner` matches is surely matched by `outer`; a no may be wrong."""
    return _match(outer, inner, _surely_holds)


def _surely_holds(outer: Item, inner: Item) -> bool:
    return not inner.any_number and wildcard.within(inner.text, outer.text)


def _any_number(item: Item) -> bool:
    return item.any_number


def _match(pattern: Pattern, items: Sequence[T], same: Callable[[Item, T], bool]) -> bool:
    """Greedy: on a mismatch return only to the last any-number item; a longer reach of an earlier one adds nothing."""
    at = position = 0
    resume_at = resume_position = -1
    while position < len(items):
        item = pattern[at] if at < len(pattern) else None
        if item is not None and item.any_number:
            if at + 1 == len(pattern):
                return True
            resume_at, resume_position = at, position
            at += 1
        elif item is not None and same(item, items[position]):
            at += 1
            position += 1
        elif resume_at >= 0:
            resume_position += 1
            at, position = resume_at + 1, resume_position
        else:
            return False
    return all(rest.any_number for rest in pattern[at:])
