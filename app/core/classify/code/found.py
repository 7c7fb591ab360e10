"""What code that was read would do, and what its expressions are while it is read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from msgspec import Struct

from app.core.model import EffectKind

# More than these are no knowledge.
_MOST_TEXTS: Final = 16


class Deed(Struct, frozen=True):
    """One thing that code does: to the path `text`, a pattern where `wild`; what it executes is no path."""

    kind: EffectKind
    text: str
    wild: bool = False


class Code(Struct, frozen=True):
    """What a text of code does; `why` names the part that is not understood, and then nothing else is certain.

    `variables` are those of the environment that it looks at, "" being all of them; `modules` those that it loads and
    that do not come with Python. `settled`: it loads nothing but Python's own modules, before it does anything.
    """

    why: str = ""
    deeds: tuple[Deed, ...] = ()
    variables: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    settled: bool = False


class UnreadError(Exception):
    """Something in the code is not surely understood."""


class Kind(Enum):
    """What a value is, as far as it matters for what can be done with it."""

    DATA = auto()  # texts, numbers, collections of them, opened files and functions that change nothing
    CALLABLE = auto()  # a function that changes nothing
    CLASS = auto()  # what `type` says: shown, never called
    FILE = auto()
    PATH = auto()
    MANY = auto()  # several values, each like `of`
    SHARED = auto()  # the folders in which Python looks for modules: shown, never handed on
    ENVIRON = auto()
    MODULE = auto()
    FOREIGN = auto()  # a module from outside Python, or a part of it
    RESULT = auto()  # what a function of the project's own gave: shown, never handed on
    ROLE = auto()  # a function or class with a role in the tables, by its name


class Value(Struct, frozen=True):
    """What is known of a value.

    texts  all that it can be, where it is a text or a path and that is known; patterns where `wild`
    name   of a module or of what stands in it
    of     what each of its items is
    made   the texts of which it is made, where it is made of nothing but constants
    """

    kind: Kind
    texts: tuple[str, ...] | None = None
    name: str = ""
    of: Value | None = None
    wild: bool = False
    made: frozenset[str] | None = None


DATA = Value(Kind.DATA)
FILE = Value(Kind.FILE)
CALLABLE = Value(Kind.CALLABLE)
CLASS = Value(Kind.CLASS)
PATH = Value(Kind.PATH)
RESULT = Value(Kind.RESULT)
NUMBER = Value(Kind.DATA, made=frozenset())


def made_of(values: Iterable[Value]) -> frozenset[str] | None:
    """The texts of all of them, if nothing else is in any."""
    texts: set[str] = set()
    for value in values:
        if value.kind is not Kind.DATA or value.made is None:
            return None
        texts |= value.made
    return frozenset(texts)


def joined(one: Value, other: Value) -> Value:
    """What is certain when a value may be either."""
    if one == other:
        return one
    if one.kind is other.kind and one.kind in (Kind.DATA, Kind.PATH):
        known = one.texts is not None and other.texts is not None and one.wild == other.wild
        texts = (*(one.texts or ()), *(other.texts or ())) if known else None
        kept = texts if texts and len(texts) <= _MOST_TEXTS else None
        return Value(one.kind, kept, wild=one.wild and known, made=made_of([one, other]))
    if {one.kind, other.kind} <= {Kind.DATA, Kind.CALLABLE, Kind.FILE}:
        return DATA
    raise UnreadError("a value of which it is not known what it is")
