"""Texts and paths that are known, and what is made of them."""

import posixpath
from itertools import product
from pathlib import PurePosixPath
from typing import Final

from app.core.classify.code.found import PATH, Kind, Value

# More than these are no knowledge.
_MOST: Final = 16


def _known(values: list[Value]) -> list[tuple[str, ...]] | None:
    """Each way in which the texts of several values can stand together."""
    count = 1
    each: list[tuple[str, ...]] = []
    for value in values:
        if value.texts is None:
            return None
        count *= len(value.texts)
        each.append(value.texts)
    return list(product(*each)) if count <= _MOST else None


def put_together(values: list[Value]) -> Value:
    """One text after the other."""
    known = _known(values)
    if known is None:
        return Value(Kind.DATA)
    return Value(Kind.DATA, tuple(["".join(parts) for parts in known]), wild=any(value.wild for value in values))


def added(left: Value, right: Value) -> Value:
    """`left + right`, where a known value is always a text."""
    return put_together([left, right])


def below(values: list[Value], kind: Kind) -> Value:
    """Parts of a path as Python joins them: an absolute one replaces what stands before it."""
    known = _known(values)
    if known is None:
        return Value(kind)
    return Value(kind, tuple([posixpath.join(*parts) for parts in known]), wild=any(value.wild for value in values))


def of_parent(path: Value) -> Value:
    """The folder of a path; what a pattern's is, is not said."""
    paths = [PurePosixPath(text) for text in path.texts or ()]
    if not paths or path.wild or any(".." in one.parts or str(one) in (".", "~") for one in paths):
        return PATH
    return Value(Kind.PATH, tuple([str(one.parent) for one in paths]))


def at_home(value: Value) -> Value:
    """`~` made a home. Only where it begins the text as it stands; `./~` becomes a home for some."""
    texts = value.texts if value.texts and not value.wild else ()
    known = bool(texts) and all(text[:1] == "/" or text == "~" or text[:2] == "~/" for text in texts)
    return Value(Kind.PATH, texts if known else None)
