"""The `path:` of a rule: a set of path patterns, asked whether it touches or covers a path.

A pattern begins with `/`, with `**`, with a drive, with `~` (somebody's home) or with `$workspace` (a root that
an operator registered).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from app.core.policy.glob import Pattern, covers, pattern, touches
from app.core.policy.located import HOME, WORKSPACE, Located, Segments, split
from app.core.policy.path_overlap import Demand, Overlaps, demand
from app.core.spelling import fold

_ANCHORS = {"~": HOME, "$workspace": WORKSPACE}


class PathPattern(Struct, frozen=True):
    """One pattern, in the exact spelling and folded for comparison against any spelling."""

    exact: Pattern
    folded: Pattern


def path_pattern(text: str) -> PathPattern:
    """Compile one pattern; raises ValueError when it has no anchor."""
    first, *rest = split(text)
    if first not in _ANCHORS and first not in ("", "**") and (len(first) != 2 or first[1] != ":"):
        raise ValueError(f"path pattern {text!r} must begin with /, **, a drive, ~ or $workspace")
    if "." in rest or ".." in rest:
        raise ValueError(f"path pattern {text!r} must not hold . or ..")
    if "" in rest[:-1] or (rest[-1:] == [""] and text != "/"):
        raise ValueError(f"path pattern {text!r} must not hold // or end in /")
    segments = [_ANCHORS.get(first, first), *rest]
    return PathPattern(pattern(segments, "**"), pattern([fold(item) for item in segments], "**"))


class _Exact:
    """Patterns that a path must match exactly as spelt: most of them spell out a path, or all that is below one."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._paths: set[Segments] = set()
        self._trees: dict[str, list[Segments]] = {}
        # The others, by how they begin; those that begin with `**` may begin anywhere.
        self._anchored: dict[str, list[Pattern]] = {}
        self._anywhere: list[Pattern] = []
        for one in patterns:
            self._file(one)

    def _file(self, one: Pattern) -> None:
        root, *others = [item.text for item in one]
        wild = [item.wild for item in one]
        if wild[0]:
            self._anywhere.append(one)
        elif not any(wild):
            self._paths.add((root, *others))
        elif one[-1].any_number and not any(wild[:-1]):
            self._trees.setdefault(root, []).append((root, *others[:-1]))
        else:
            self._anchored.setdefault(root, []).append(one)

    def cover(self, readings: Iterable[Segments]) -> bool:
        """Whether some pattern matches all that some reading stands for."""
        for reading in readings:
            if reading in self._paths:
                return True
            root = reading[0]
            for tree in self._trees.get(root, ()):
                if reading[: len(tree)] == tree:
                    return True
            if (root in self._anchored or self._anywhere) and any(
                covers(one, reading) for one in (*self._anchored.get(root, ()), *self._anywhere)
            ):
                return True
        return False


class PathSet:
    """Several patterns, found by what each demands: a literal segment, or how the last one begins or ends."""

    def __init__(self, patterns: Sequence[PathPattern]) -> None:
        self._exact = _Exact([one.exact for one in patterns])
        self._folded = [demand(one.folded) for one in patterns]
        self._overlaps = Overlaps(self._folded)
        self._by_segment: dict[str, list[Pattern]] = {}
        self._by_name: list[Pattern] = []
        self.beginnings: tuple[str, ...] = ()
        self.endings: tuple[str, ...] = ()
        self._always: list[Pattern] = []
        for one in self._folded:
            self._file(one)

    @property
    def patterns(self) -> list[Pattern]:
        """The patterns, folded."""
        return [one.pattern for one in self._folded]

    def __len__(self) -> int:
        return len(self._folded)

    def _file(self, one: Demand) -> None:
        """Put a pattern where it is found."""
        begin, end = one.last
        if one.segment:
            self._by_segment.setdefault(one.segment, []).append(one.pattern)
        elif begin or end:
            self._by_name.append(one.pattern)
            # The longer one is the rarer.
            self.beginnings += (begin,) if len(begin) > len(end) else ()
            self.endings += (end,) if len(begin) <= len(end) else ()
        else:
            self._always.append(one.pattern)

    @property
    def segments(self) -> Iterable[str]:
        """To match, a path without wildcards must have one of these folded segments, or its last segment must begin or
        end with one of `beginnings` and `endings`; unless some pattern has nothing like that.
        """
        return self._by_segment

    @property
    def keys(self) -> frozenset[str] | None:
        """Segments of which a path must have one to match; None when some pattern demands none."""
        return None if self._always or self._by_name else frozenset(self._by_segment)

    @property
    def always(self) -> bool:
        """Whether some pattern demands none of these."""
        return bool(self._always)

    def touches(self, path: Located, *, meant: bool = False) -> bool:
        """Whether some pattern matches some reading of `path`; `meant` when not by chance, as `*` fits any name."""
        remembered = path.meant if meant else path.touched
        known = remembered.get(self)
        if known is None:
            known = remembered[self] = self._touches(path, meant=meant)
        return known

    def names(self, path: Located) -> bool:
        """Whether some pattern matches what `path` says, and not only what its wildcards may fit by chance."""
        return any(map(self._overlaps.named, path.shapes)) if path.wild else self.touches(path, meant=True)

    def covers(self, path: Located) -> bool:
        """Whether some pattern matches all that `path` stands for, exactly as spelt."""
        known = path.covered.get(self)
        if known is None:
            known = path.covered[self] = self._exact.cover(path.exact)
        return known

    def _touches(self, path: Located, *, meant: bool) -> bool:
        if path.wild:
            return any(self._overlaps.touch(one, meant=meant) for one in path.shapes)
        # Who looks through a tree does not open every file that a pattern means wherever it lies (`**/.env`); what a
        # pattern names in its place (`~/.ssh/**`) is touched.
        if path.tree and any(self._overlaps.reach_below(root) for root in path.folded):
            return True
        found = self._always
        for segment in self._by_segment.keys() & path.names:
            found = found + self._by_segment[segment]
        for reading in path.folded:
            if reading[-1].startswith(self.beginnings) or reading[-1].endswith(self.endings):
                found = found + self._by_name
                break
        return any(touches(one, reading) for one in found for reading in path.folded)
