"""The `path:` of a rule: a set of path patterns, asked whether it touches or covers a path.

A pattern begins with `/`, with `**`, with a drive, with `~` (somebody's home) or with `$workspace` (a root that
an operator registered).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from app.core.policy.glob import Item, Pattern, covers, pattern, touches, touches_any
from app.core.policy.located import HOME, TREE, WORKSPACE, Located, many, split
from app.core.policy.wildcard import ends
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


class PathSet:
    """Several patterns, found by what each demands: a literal segment, or how the last one begins or ends."""

    def __init__(self, patterns: Iterable[PathPattern]) -> None:
        self._patterns = tuple(patterns)
        self._by_segment: dict[str, list[Pattern]] = {}
        self._by_name: list[Pattern] = []
        self._begins: tuple[str, ...] = ()
        self._ends: tuple[str, ...] = ()
        self._always: list[Pattern] = []
        for one in self._patterns:
            self._file(one.folded)

    def _file(self, pattern: Pattern) -> None:
        """Put a pattern where it is found."""
        literals = [item.text for item in pattern[1:] if not item.wild]
        begin, end = ends(pattern[-1].text)
        if literals:
            self._by_segment.setdefault(max(literals, key=len), []).append(pattern)
        elif begin or end:
            self._by_name.append(pattern)
            # The longer one is the rarer.
            self._begins += (begin,) if len(begin) > len(end) else ()
            self._ends += (end,) if len(begin) <= len(end) else ()
        else:
            self._always.append(pattern)

    @property
    def keys(self) -> frozenset[str] | None:
        """Folded segments of which a path must have one to match; None when there is no such thing."""
        return None if self._always or self._by_name else frozenset(self._by_segment)

    def touches(self, path: Located) -> bool:
        """Whether some pattern matches some reading of `path`."""
        if path.wild:
            return any(_may_touch(one.folded, reading) for one in self._patterns for reading in path.folded)
        found = self._always
        for segment in self._by_segment.keys() & path.names:
            found = found + self._by_segment[segment]
        for reading in path.folded:
            name = reading[-1]
            if name.startswith(self._begins) or name.endswith(self._ends):
                found = found + self._by_name
                break
        return any(touches(one, reading) for one in found for reading in path.folded)

    def covers(self, path: Located) -> bool:
        """Whether some pattern matches all that `path` stands for, exactly as spelt."""
        return any(covers(one.exact, reading) for one in self._patterns for reading in path.exact)


def _may_touch(pattern: Pattern, reading: Sequence[str]) -> bool:
    # Who looks through a tree does not open every file that a pattern means wherever it lies (`**/.env`); what a
    # pattern names in its place (`~/.ssh/**`) is touched.
    if reading[-1] == TREE and pattern[0].any_number and len(pattern) > 1:
        reading = reading[:-1]
    return touches_any(pattern, reading, many, _meet)


def _meet(item: Item, segment: str) -> bool:
    return segment == TREE or item.touches(segment)
