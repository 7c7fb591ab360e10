"""The `path:` of a rule: a set of path patterns, asked whether it touches or covers a path.

A pattern begins with `/`, with `**`, with a drive, with `~` (somebody's home) or with `$workspace` (a root that
an operator registered).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from app.core.policy.glob import Pattern, covers, pattern, touches, touches_any
from app.core.policy.located import HOME, WORKSPACE, Located, Segments, many, split
from app.core.policy.wildcard import ends, is_wild, says
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

    def __init__(self, patterns: Sequence[PathPattern]) -> None:
        self._exact = [one.exact for one in patterns]
        # Each with the longest literal segment that it demands, if any, and how the last one begins and ends.
        self._folded = [(one.folded, _demand(one.folded), _last(one.folded)) for one in patterns]
        self._by_segment: dict[str, list[Pattern]] = {}
        self._by_name: list[Pattern] = []
        self.beginnings: tuple[str, ...] = ()
        self.endings: tuple[str, ...] = ()
        self._always: list[Pattern] = []
        self._by_root: dict[str, list[Pattern]] = {}
        for one in self._folded:
            self._file(*one)

    @property
    def patterns(self) -> list[Pattern]:
        """The patterns, folded."""
        return [folded for folded, _, _ in self._folded]

    def __len__(self) -> int:
        return len(self._folded)

    def _file(self, pattern: Pattern, demand: str, last: tuple[str, str]) -> None:
        """Put a pattern where it is found."""
        if not pattern[0].any_number:
            self._by_root.setdefault(pattern[0].text, []).append(pattern)
        begin, end = last
        if demand:
            self._by_segment.setdefault(demand, []).append(pattern)
        elif begin or end:
            self._by_name.append(pattern)
            # The longer one is the rarer.
            self.beginnings += (begin,) if len(begin) > len(end) else ()
            self.endings += (end,) if len(begin) <= len(end) else ()
        else:
            self._always.append(pattern)

    @property
    def segments(self) -> Iterable[str]:
        """To match, a path without wildcards must have one of these folded segments, or its last segment must begin or
        end with one of `beginnings` and `endings`; unless some pattern has nothing like that.
        """
        return self._by_segment

    @property
    def always(self) -> bool:
        """Whether some pattern demands none of these."""
        return bool(self._always)

    def touches(self, path: Located, *, looks: bool = False) -> bool:
        """Whether some pattern matches some reading of `path`; `looks` when it is only read."""
        remembered = path.looked if looks else path.touched
        known = remembered.get(self)
        if known is None:
            known = remembered[self] = self._touches(path, looks=looks)
        return known

    def covers(self, path: Located) -> bool:
        """Whether some pattern matches all that `path` stands for, exactly as spelt."""
        known = path.covered.get(self)
        if known is None:
            known = path.covered[self] = any(covers(one, reading) for one in self._exact for reading in path.exact)
        return known

    def _touches(self, path: Located, *, looks: bool) -> bool:
        if path.wild:
            return any(self._may_touch(reading, looks=looks) for reading in path.folded)
        # Who looks through a tree does not open every file that a pattern means wherever it lies (`**/.env`); what a
        # pattern names in its place (`~/.ssh/**`) is touched.
        if path.tree and any(_reaches(one, root) for root in path.folded for one in self._by_root.get(root[0], ())):
            return True
        found = self._always
        for segment in self._by_segment.keys() & path.names:
            found = found + self._by_segment[segment]
        for reading in path.folded:
            if reading[-1].startswith(self.beginnings) or reading[-1].endswith(self.endings):
                found = found + self._by_name
                break
        return any(touches(one, reading) for one in found for reading in path.folded)

    def _may_touch(self, reading: Segments, *, looks: bool) -> bool:
        """The same for a reading with wildcards in it, whose segments may stand for any name."""
        wild = [ends(segment) for segment in reading if is_wild(segment)]
        last = ("", "") if many(reading[-1]) else ends(reading[-1])
        # Most patterns demand a name that is not there, which is cheaper to see than whether they overlap.
        return any(
            _agree(name, last)
            and (not demand or demand in reading or any(_agree((demand, demand), one) for one in wild))
            and _begins_alike(pattern, reading)
            and touches_any(pattern, reading, many)
            and not (pattern[0].any_number and _by_chance(pattern, reading, looks=looks))
            for pattern, demand, name in self._folded
        )


def _reaches(pattern: Pattern, tree: Segments) -> bool:
    """Whether a pattern goes on below a tree; one that ends there or above it is matched as for any path."""
    return len(pattern) > len(tree) and all(
        item.any_number or item.touches(segment) for item, segment in zip(pattern, tree, strict=False)
    )


def _demand(pattern: Pattern) -> str:
    return max((item.text for item in pattern[1:] if not item.wild), key=len, default="")


def _last(pattern: Pattern) -> tuple[str, str]:
    return ("", "") if pattern[-1].any_number else ends(pattern[-1].text)


def _begins_alike(pattern: Pattern, reading: Segments) -> bool:
    """Whether what comes before the first item or segment that stands for several can be the same."""
    for item, segment in zip(pattern, reading, strict=False):
        if item.any_number or many(segment):
            return True
        if not item.touches(segment):
            return False
    return True


def _by_chance(pattern: Pattern, reading: Segments, *, looks: bool) -> bool:
    """Whether a name that is meant wherever it lies may be met, but not by what the reading says of names.

    Who looks at `*`, `*.json` or `README*` looks through a folder. Who writes `*` or `i*` may write `id_rsa`; that
    `README*` may be a `*.pem`, nobody means.
    """
    return not all(
        any(item.touches(segment) and _is_meant(item.text, segment, looks=looks) for segment in reading)
        for item in pattern
        if item.text.strip("*")
    )


def _is_meant(name: str, segment: str, *, looks: bool) -> bool:
    if many(segment) or not is_wild(segment):
        return not many(segment)
    rest = segment.lstrip("*")
    if rest != segment and (not rest or (rest[0] == "." and rest[1:].isalnum())):
        # A kind of files says nothing of one of them.
        return name.lstrip("?*") == rest != "" or not (looks or is_wild(name))
    return says(segment, name) or not (looks or name[0] in "*?")


def _agree(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether some name may have the beginnings and ends of both."""
    return (one[0].startswith(other[0]) or other[0].startswith(one[0])) and (
        one[1].endswith(other[1]) or other[1].endswith(one[1])
    )
