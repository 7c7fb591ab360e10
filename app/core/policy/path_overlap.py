"""Whether a path with wildcards in it, or a tree, may hold one that a pattern means.

Most patterns begin elsewhere or demand a name that is not there, which is cheaper to see than whether they overlap.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from app.core.policy.glob import Pattern, touches_any
from app.core.policy.located import Ends, Segments, Shape, many
from app.core.policy.wildcard import ends, is_wild, says

# So many ways in which a last segment may begin and end are remembered.
_REMEMBERED = 256


class Demand(Struct, frozen=True):
    """A pattern of folded segments, the longest literal one that it demands, and how its last one begins and ends."""

    pattern: Pattern
    segment: str
    last: Ends


def demand(pattern: Pattern) -> Demand:
    """What a pattern demands; empty texts where it demands nothing."""
    segment = max((item.text for item in pattern[1:] if not item.wild), key=len, default="")
    return Demand(pattern, segment, ("", "") if pattern[-1].any_number else ends(pattern[-1].text))


class Overlaps:
    """Several patterns, found by how they begin."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        # Those that are meant wherever they lie, all and by the segment that they demand.
        self._anywhere: list[Demand] = []
        self._by_segment: dict[str, list[Demand]] = {}
        # On any drive.
        self._drives: list[Demand] = []
        self._by_root: dict[str, list[Demand]] = {}
        # By two literal segments, or by the root alone where the second is none.
        self._by_two: dict[tuple[str, str], list[Demand]] = {}
        self._second_open: dict[str, list[Demand]] = {}
        for one in demands:
            root, *others = one.pattern
            if root.any_number:
                self._anywhere.append(one)
                if one.segment:
                    self._by_segment.setdefault(one.segment, []).append(one)
                continue
            if root.wild:
                self._drives.append(one)
                continue
            self._by_root.setdefault(root.text, []).append(one)
            if others and not others[0].wild:
                self._by_two.setdefault((root.text, others[0].text), []).append(one)
            else:
                self._second_open.setdefault(root.text, []).append(one)
        self._like: dict[tuple[Ends, ...], list[Demand]] = {}

    def reach_below(self, tree: Segments) -> bool:
        """Whether a pattern goes on below a tree from its root; one that ends there or above is matched as any path."""
        return any(
            len(one.pattern) > len(tree)
            and all(item.any_number or item.touches(segment) for item, segment in zip(one.pattern, tree, strict=False))
            for one in self._rooted(tree)
        )

    def touch(self, shape: Shape, *, meant: bool) -> bool:
        """Whether a pattern and a reading, whose wild segments may stand for any name, have a path in common."""
        reading, last = shape.segments, shape.last
        for one in self._meant(shape):
            if not _by_chance(one.pattern, reading, meant=meant) and touches_any(one.pattern, reading, many):
                return True
        return any(
            _agree(one.last, last)
            and (shape.deep or one.segment in reading or _may_be(one.segment, shape.wild))
            and _begins_alike(one.pattern, reading)
            and touches_any(one.pattern, reading, many)
            for one in (*self._drives, *self._rooted(reading))
        )

    def named(self, shape: Shape) -> bool:
        """Whether they have one in common that the wild segments say, or that is known to lie there."""
        reading = shape.segments
        return any(
            not _by_chance(items, reading, meant=True) and touches_any(one.pattern, reading, many)
            for one, items in (
                *((one, one.pattern) for one in self._meant(shape)),
                *((one, _open(one.pattern)) for one in (*self._drives, *self._rooted(reading))),
            )
        )

    def _rooted(self, reading: Segments) -> Sequence[Demand]:
        """The patterns that have a root and may begin as a reading does."""
        root = reading[0]
        if is_wild(root):
            return [one for some in self._by_root.values() for one in some]
        if len(reading) < 2 or is_wild(reading[1]):
            return self._by_root.get(root, ())
        return self._by_two.get((root, reading[1]), []) + self._second_open.get(root, [])

    def _meant(self, shape: Shape) -> Iterator[Demand]:
        """The patterns without a root whose demands some segment, other than `**`, may meet."""
        for segment in self._by_segment.keys() & shape.segments:
            yield from [one for one in self._by_segment[segment] if _agree(one.last, shape.last)]
        key = (*shape.wild, shape.last)
        found = self._like.get(key)
        if found is None:
            if len(self._like) >= _REMEMBERED:
                self._like.clear()
            found = [one for one in self._anywhere if _agree(one.last, shape.last) and _may_be(one.segment, shape.wild)]
            self._like[key] = found
        yield from found


def _begins_alike(pattern: Pattern, reading: Segments) -> bool:
    """Whether what comes before the first item or segment that stands for several can be the same."""
    for item, segment in zip(pattern, reading, strict=False):
        if item.any_number or many(segment):
            return True
        if not item.touches(segment):
            return False
    return True


def _open(pattern: Pattern) -> Pattern:
    """The items of a pattern in its place that leave open what lies there."""
    return tuple([item for item in pattern if item.wild and not item.any_number])


def _by_chance(pattern: Pattern, reading: Segments, *, meant: bool) -> bool:
    """Whether a name that is meant wherever it lies may be met, but not by what the reading says of names.

    Who looks at `*`, `*.json` or `README*` looks through a folder. Who writes `*` or `i*` may write `id_rsa`; that
    `README*` may be a `*.pem`, nobody means.
    """
    return not all(
        any(_is_meant(item.text, segment, meant=meant) and item.touches(segment) for segment in reading)
        for item in pattern
        if item.text.strip("*")
    )


def _is_meant(name: str, segment: str, *, meant: bool) -> bool:
    if many(segment) or not is_wild(segment):
        return not many(segment)
    rest = segment.lstrip("*")
    if rest != segment and (not rest or (rest[0] == "." and rest[1:].isalnum())):
        # A kind of files says nothing of one of them.
        return name.lstrip("?*") == rest != "" or not (meant or is_wild(name))
    return says(segment, name) or not (meant or name[0] in "*?")


def _may_be(name: str, wild: Iterable[Ends]) -> bool:
    """Whether one of some wild segments may be the one that is demanded, if any is."""
    return not name or any(name.startswith(begin) and name.endswith(end) for begin, end in wild)


def _agree(one: Ends, other: Ends) -> bool:
    """Whether some name may have the beginnings and ends of both."""
    return (one[0].startswith(other[0]) or other[0].startswith(one[0])) and (
        one[1].endswith(other[1]) or other[1].endswith(one[1])
    )
