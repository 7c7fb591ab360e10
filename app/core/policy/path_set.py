"""The `path:` of a rule: a set of path patterns, asked whether it touches or covers a path.

A pattern begins with `/`, with `**`, with a drive, with `~` (somebody's home) or with `$workspace` (a root that
an operator registered).
"""

from collections.abc import Iterable, Sequence
from typing import Literal
from unicodedata import normalize

from msgspec import Struct

from app.core.policy.glob import Pattern, covers, pattern, touches
from app.core.policy.wildcard import is_wild

WORKSPACE = "$workspace"
Anchor = Literal["", "~", "$workspace"]

# Where homes lie, as segments of folded paths; `None` stands for anybody's name.
_HOMES: tuple[tuple[str | None, ...], ...] = (
    ("", "home", None),
    ("", "users", None),
    ("", "root"),
    ("", "var", "root"),
    ("c:", "users", None),
)


class PathPattern(Struct, frozen=True):
    """One pattern, without its anchor, in the exact spelling and folded for comparison against any spelling."""

    anchor: Anchor
    exact: Pattern
    folded: Pattern


class Roots(Struct, frozen=True):
    """What the anchors stand for in one request: workspace roots and, if it may be believed, the caller's home."""

    workspaces: tuple[tuple[str, ...], ...] = ()
    home: tuple[str, ...] | None = None


def split(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def fold(path: str) -> str:
    """One spelling for what some file systems hold to be the same name: case and compatibility forms."""
    return (path if path.isascii() else normalize("NFKC", path)).casefold()


def path_pattern(text: str) -> PathPattern:
    """Compile one pattern; raises ValueError when it has no anchor."""
    segments = split(text)
    anchor: Anchor = ""
    if segments[0] in ("~", WORKSPACE):
        anchor = "~" if segments[0] == "~" else WORKSPACE
        segments = segments[1:]
    elif segments[0] not in ("", "**") and segments[0][1:] != ":":
        raise ValueError(f"path pattern {text!r} must begin with /, **, ~ or {WORKSPACE}")
    if "." in segments or ".." in segments:
        raise ValueError(f"path pattern {text!r} must not hold . or ..")
    return PathPattern(anchor, pattern(segments, "**"), pattern([fold(item) for item in segments], "**"))


class PathSet:
    """Several patterns, found through one literal segment that each of them demands."""

    def __init__(self, patterns: Iterable[PathPattern]) -> None:
        self.patterns = tuple(patterns)
        self._by_segment: dict[str, list[PathPattern]] = {}
        self._without: list[PathPattern] = []
        for one in self.patterns:
            literals = [item.text for item in one.folded if item.text and not item.wild]
            if literals:
                self._by_segment.setdefault(max(literals, key=len), []).append(one)
            else:
                self._without.append(one)

    def touches(self, path: str, roots: Roots) -> bool:
        """Whether some pattern matches some spelling of `path`, in anybody's home: the reading that tightens."""
        folded = split(fold(path))
        wild = is_wild(path)
        for one in self.patterns if wild else self._candidates(folded):
            if one.anchor == WORKSPACE:
                if any(touches(one.exact, rest) for rest in _below(split(path), roots.workspaces)):
                    return True
            elif one.anchor == "~":
                if any(touches(one.folded, rest) for rest in _in_homes(folded, roots)):
                    return True
            elif touches(one.folded, folded):
                return True
        return False

    def covers(self, path: str, roots: Roots) -> bool:
        """Whether some pattern matches all that `path` stands for, exactly as spelt: the reading that loosens."""
        segments = split(path)
        for one in self.patterns:
            if one.anchor == WORKSPACE:
                if any(covers(one.exact, rest) for rest in _below(segments, roots.workspaces)):
                    return True
            elif one.anchor == "~":
                if roots.home and any(covers(one.exact, rest) for rest in _below(segments, (roots.home,))):
                    return True
            elif covers(one.exact, segments):
                return True
        return False

    def _candidates(self, folded: Sequence[str]) -> list[PathPattern]:
        found = list(self._without)
        for segment in set(folded):
            found += self._by_segment.get(segment, ())
        return found


def _below(segments: Sequence[str], roots: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    """What remains of a path below each root that holds it."""
    # INVARIANT: a path with `..` left in it lies below no root.
    if ".." in segments:
        return []
    return [segments[len(root) :] for root in roots if segments[: len(root)] == root]


def _in_homes(folded: Sequence[str], roots: Roots) -> list[Sequence[str]]:
    tails = [folded[1:]] if folded[0][:1] == "~" else []
    for home in _HOMES:
        if len(folded) >= len(home) and all(
            name is None or name == segment or is_wild(segment) for name, segment in zip(home, folded, strict=False)
        ):
            tails.append(folded[len(home) :])
    if roots.home:
        tails += _below(folded, (tuple(fold(item) for item in roots.home),))
    return tails
