"""Whether two patterns have something in common."""

from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def overlap(
    left: Sequence[A],
    right: Sequence[B],
    many: tuple[Callable[[A], bool], Callable[[B], bool]],
    meet: Callable[[A, B], bool],
) -> bool:
    """Whether some sequence fits both `left` and `right`.

    `many` says of an item whether it stands for any number of items, `meet` whether two items have one in common.
    Takes len(left) * len(right) steps.
    """
    left_many, right_many = many
    closed = [right_many(item) for item in right]
    # `reached` holds the positions in `right` where what fits the beginning of `left` can end.
    reached = _onward({0}, closed)
    for item in left:
        if not reached:
            return False
        if left_many(item):
            reached = set(range(min(reached), len(right) + 1))
            continue
        step = {at if closed[at] else at + 1 for at in reached if at < len(right) and meet(item, right[at])}
        reached = _onward(step, closed)
    return len(right) in reached


def _onward(positions: set[int], many: Sequence[bool]) -> set[int]:
    """The positions and those that follow when what stands for any number stands for none."""
    found = set(positions)
    for at in positions:
        end = at
        while end < len(many) and many[end]:
            end += 1
            found.add(end)
    return found
