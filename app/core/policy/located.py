"""A path as rules see it: its segments, from every root that rules may name, in every spelling.

For a rule that loosens there is one reading: the path exactly as spelt. For a rule that tightens there are as many
as a file system may have for it: other cases and forms, `/proc/self/root`, Windows drives seen from Linux, homes.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from app.core.policy.wildcard import ends, is_wild, matches
from app.core.spelling import fold

# First segments of paths below a root that a pattern names; no path holds NUL.
HOME = "\0home"
WORKSPACE = "\0workspace"

Segments = tuple[str, ...]
# The literal texts that all begins and ends with which a segment may stand for.
Ends = tuple[str, str]

# Folded beginnings behind which the whole file system, or a drive, is seen again; `*` is any one name.
_SEEN_AGAIN: tuple[tuple[Segments, Segments], ...] = (
    (("", "proc", "*", "root"), ("",)),
    (("", "proc", "*", "task", "*", "root"), ("",)),
    (("", "private"), ("",)),
    (("", "system", "volumes", "data"), ("",)),
    (("", "host"), ("",)),
    (("", "hostfs"), ("",)),
    (("", "rootfs"), ("",)),
    *((("", *mount, drive), (f"{drive}:",)) for drive in "cd" for mount in ((), ("mnt",), ("cygdrive",))),
)
_SEEN_AGAIN_FIRST = frozenset(before[1] for before, _ in _SEEN_AGAIN)
# Folded beginnings behind which a path goes on from a directory that is not known.
_SOMEWHERE: tuple[Segments, ...] = (("", "proc", "*", "cwd"), ("", "proc", "*", "task", "*", "cwd"))
_HOMES = frozenset(("home", "users"))
_ROOTS_HOMES: tuple[tuple[str, Segments], ...] = ((HOME, ("", "root")), (HOME, ("", "var", "root")))
# Homes lie near the top: `/home/x`, `/export/home/x`, `/mnt/c/users/x`.
_HOMES_LOOKED_AT = 2


class _Anchors:
    """Directories and what they are called in patterns."""

    def __init__(self, named: Iterable[tuple[str, Segments]]) -> None:
        self._named = tuple(named)
        self._by_length: dict[int, dict[Segments, list[str]]] = {}
        for anchor, root in self._named:
            self._by_length.setdefault(len(root), {}).setdefault(root, []).append(anchor)

    def __iter__(self) -> Iterator[tuple[str, Segments]]:
        return iter(self._named)

    def below(self, segments: Segments) -> list[Segments]:
        """A path as seen from each of them that holds it."""
        found: list[Segments] = []
        for length, roots in self._by_length.items():
            if (root := segments[:length]) in roots:
                found += [(anchor, *segments[length:]) for anchor in roots[root]]
        return found


class Roots(Struct, frozen=True, eq=False):
    """What `$workspace` and `~` stand for: registered roots, and the caller's home if its word may be believed.

    Equal ones are the same object while `roots` remembers them. `folded` has the superuser's homes besides, which
    are nobody's for a rule that loosens.
    """

    exact: _Anchors
    folded: _Anchors


@lru_cache(maxsize=256)
def roots(workspaces: tuple[str, ...], home: str = "") -> Roots:
    """`workspaces` and `home` are clean absolute paths; an empty home is not known."""
    named = [(WORKSPACE, root) for root in workspaces] + ([(HOME, home)] if home else [])
    return Roots(
        _Anchors((anchor, split(root)) for anchor, root in named),
        _Anchors([*((anchor, split(fold(root))) for anchor, root in named), *_ROOTS_HOMES]),
    )


class Shape(Struct, frozen=True):
    """A reading with wildcards: how each wild segment but `**` begins and ends, and the last one, whatever it is.

    `deep` when some segment stands for any number of them.
    """

    segments: Segments
    wild: tuple[Ends, ...]
    last: Ends
    deep: bool


def shape(reading: Segments) -> Shape:
    """What its wildcards leave of a reading."""
    wild = tuple([ends(segment) for segment in reading if is_wild(segment) and not many(segment)])
    last = ("", "") if many(reading[-1]) else ends(reading[-1])
    return Shape(reading, wild, last, any(map(many, reading)))


class Located:
    """One path. `exact` are its readings for rules that loosen, `folded` for rules that tighten.

    A `tree` stands for a directory with all that is below it, `wild` for whatever its wildcards match: its folded
    readings are `shapes` then. `meant`, `touched` and `covered` hold what sets of patterns have found out about it.
    """

    __slots__ = ("covered", "exact", "folded", "last", "meant", "names", "shapes", "touched", "tree", "wild")

    def __init__(self, path: str, roots: Roots) -> None:
        segments = split(path)
        # A tree whose directory is spelt out is read as that directory.
        self.tree = segments[-1] == "**" and len(segments) > 1 and not is_wild(path[:-3])
        self.wild = not self.tree and is_wild(path)
        # Most that allows speaks of what lies below a root, so that stands first.
        self.exact = [*_below_exactly(segments, roots, wild=self.wild), segments]
        self.folded = _readings(fold(path[:-3] if self.tree else path), roots, wild=self.wild)
        if self.tree or self.wild:
            self.folded = [one for one in self.folded if not _is_project(one, self.folded[0], roots)]
        if self.tree:
            self.folded += [root for reading in self.folded for root in _held(reading, roots)]
        self.shapes = [shape(reading) for reading in self.folded] if self.wild else []
        self.names = frozenset().union(*self.folded)
        self.last = {reading[-1] for reading in self.folded}
        self.meant: dict[object, bool] = {}
        self.touched: dict[object, bool] = {}
        self.covered: dict[object, bool] = {}


# Reading a path takes longer than all that rules ask about it, and agents come back to the same few.
LONGEST_REMEMBERED = 256


def locate(path: str, roots: Roots) -> Located:
    """The path as seen from `roots`."""
    return _remembered(path, roots) if len(path) <= LONGEST_REMEMBERED else Located(path, roots)


@lru_cache(maxsize=4_096)
def _remembered(path: str, roots: Roots) -> Located:
    return Located(path, roots)


def split(path: str) -> Segments:
    """The segments of a path; one that begins with `/` has an empty first."""
    return tuple(path.split("/"))


def many(segment: str) -> bool:
    """Whether a segment stands for any number of them, as `**` does in shells that expand it."""
    return segment == "**"


def _below_exactly(segments: Segments, roots: Roots, *, wild: bool) -> list[Segments]:
    # INVARIANT: a path with `..` left in it, or a wildcard that may become one, lies below no root.
    if ".." in segments or (wild and any(_may_climb(segment) for segment in segments)):
        return []
    return roots.exact.below(segments)


def _readings(path: str, roots: Roots, *, wild: bool) -> list[Segments]:
    """Every way to read a folded path."""
    plain = split(path)
    readings = [plain]
    if ":" in path or " " in path or "./" in path or path[-1:] == ".":
        readings.append((plain[0], *[_trimmed(segment) for segment in plain[1:]]))
    if wild and any(_may_climb(segment) for segment in plain):
        readings.append(_climbed(plain))
    if len(plain) > 1 and plain[1] in _SEEN_AGAIN_FIRST:
        readings += [again for one in readings if (again := _seen_again(one)) != one]
    for one in readings.copy():
        readings += _below(one, roots, wild=wild)
    return readings


def _trimmed(segment: str) -> str:
    """As Windows reads a name: without trailing dots and spaces, and without the name of a stream."""
    return segment if segment in ("", "..") else segment.partition(":")[0].rstrip(" .")


def _may_climb(segment: str) -> bool:
    return segment[:1] == "." and is_wild(segment) and matches(segment, "..")


def _climbed(segments: Segments) -> Segments:
    kept: list[str] = []
    for segment in segments:
        if not _may_climb(segment):
            kept.append(segment)
        elif len(kept) > 1:
            kept.pop()
        elif not kept:
            kept.append("..")
    return tuple(kept)


def _seen_again(segments: Segments) -> Segments:
    """The path without what only leads round to it."""
    while len(segments) > 1 and segments[0] == "" and segments[1] in _SEEN_AGAIN_FIRST:
        for before, root in _SEEN_AGAIN:
            if _begins(segments, before):
                segments = root + segments[len(before) :]
                break
        else:
            break
    return segments


def _begins(segments: Segments, before: Segments) -> bool:
    return len(segments) >= len(before) and all(
        name in ("*", segment) for name, segment in zip(before, segments, strict=False)
    )


def _below(segments: Segments, roots: Roots, *, wild: bool) -> list[Segments]:
    """The path as seen from every root that may hold it."""
    found: list[Segments] = []
    first = segments[0]
    if first[:1] == "~":
        found.append((HOME, *segments[1:]))
    elif first and first[1:] != ":":
        found += _anywhere(segments)
    for before in _SOMEWHERE if segments[1:2] == ("proc",) else ():
        if _begins(segments, before):
            found += _anywhere(segments[len(before) :])
    if wild:
        found += [
            (anchor, *rest) for anchor, root in roots.folded if (rest := _may_lie_below(segments, root)) is not None
        ]
    else:
        found += roots.folded.below(segments)
    if wild or not _HOMES.isdisjoint(segments):
        found += _in_homes(segments)
    return found


def _in_homes(segments: Segments) -> Iterator[Segments]:
    """The path from within anybody's home."""
    homes = [at for at, segment in enumerate(segments) if _may_be_homes(segment, at)]
    for at in homes[:_HOMES_LOOKED_AT]:
        if many(segments[at]):
            yield (HOME, *segments[at:])
        elif len(segments) > at + 1:
            rest = segments[at + 1 if many(segments[at + 1]) else at + 2 :]
            if at <= 1 or segments[at] in _HOMES or _names_something(rest):
                yield (HOME, *rest)


def _names_something(rest: Segments) -> bool:
    """Whether `rest` says what lies in a home. `packages/*/a.json` and what is below it are in one by chance alone."""
    named = [segment for segment in rest if not is_wild(segment)]
    return bool(named) and (named[0] == rest[0] or named[0][:1] == ".")


def _is_project(reading: Segments, tree: Segments, roots: Roots) -> bool:
    """Whether a folder that is read as somebody's home holds nobody's: `/srv/home/x`, registered as a project.

    Whatever is named below it is still read as below a home.
    """
    at = len(tree) - len(reading) - 1
    return (
        reading[0] == HOME
        and not _names_something(reading[1:])
        and at > 1
        and tree[at] in _HOMES
        # INVARIANT: a project that lies within a home makes no project of the home.
        and any(
            anchor == WORKSPACE and len(root) <= at + 2 and root == tree[: len(root)] for anchor, root in roots.folded
        )
        # (A home that holds the folder says that no homes lie in it: `~/home/x`, or a home that is called so itself.)
        and not any(
            anchor == HOME and len(root) > at + 1 and tree[: len(root)] == root for anchor, root in roots.folded
        )
    )


def _held(tree: Segments, roots: Roots) -> list[Segments]:
    """The roots that lie below a tree."""
    found: list[Segments] = [(anchor,) for anchor, root in roots.folded if root[: len(tree)] == tree]
    return [*found, (HOME,)] if tree == ("",) or tree[-1] in _HOMES else found


def _anywhere(segments: Segments) -> Iterator[Segments]:
    """A path from a directory that is not known: it may be any of the roots."""
    climbs = next((at for at, segment in enumerate(segments) if segment != ".."), len(segments))
    for root in ("", HOME, WORKSPACE):
        yield (root, *segments[climbs:])


def _may_lie_below(segments: Segments, root: Segments) -> Segments | None:
    """What remains of a path with wildcards below `root`, if it may lie there."""
    for at, name in enumerate(root):
        segment = segments[at] if at < len(segments) else ""
        if many(segment):
            return segments[at:]
        if segment != name and not (is_wild(segment) and matches(segment, name)):
            return None
    return segments[len(root) :]


def _may_be_homes(segment: str, at: int) -> bool:
    if many(segment):
        return at <= 1
    return segment in _HOMES or (is_wild(segment) and any(matches(segment, name) for name in _HOMES))
