"""The project's own functions, as code in a word calls them: which only compute, and of which texts.

Whoever calls `slugify("Hello World")` runs what the project's authors wrote down under that name. INVARIANT: the one
who writes the line chooses the name and the texts, so both are of known forms: by its name a function neither runs,
writes nor sends, and no text is a command, an option, an address or code to anything that it may be handed on to.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final
from unicodedata import is_normalized

import msgspec
from msgspec import Struct


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    computes: str
    measures: str
    numbers: str
    texts: str
    shapes: str
    never: str
    private: str
    packages: str


_NAMES: Final = msgspec.yaml.decode(Path(__file__).with_name("project.yaml").read_bytes(), type=_Names)
_COMPUTES: Final = frozenset(_NAMES.computes.split())
_MEASURES: Final = frozenset(_NAMES.measures.split())
_NUMBERS: Final = frozenset(_NAMES.numbers.split())
_TEXTS: Final = frozenset(_NAMES.texts.split())
_SHAPES: Final = frozenset(_NAMES.shapes.split())
_PRIVATE: Final = frozenset(_NAMES.private.split())
_NEVER: Final = frozenset(_NAMES.never.split()) | _PRIVATE
_PACKAGES: Final = frozenset(_NAMES.packages.split())

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = re.compile(r"[\W_]+")
# A class is made, which is more than to be asked.
_NAME: Final = re.compile(r"[a-z]\w{0,63}", re.ASCII)
_LONGEST_TEXT: Final = 200
_WORD: Final = re.compile(r"\w+")
# No mark that a shell, an interpreter, a template or a query obeys; none that makes a word an option or a path.
_TEXT: Final = re.compile(
    r"""(?:[^\W_]|(?<!_)_(?!_)|[ ,#]
    |(?<=\w)(?:-+|\.{1,3}|[!?]+(?=[ ]|$)|@(?=\w)|:(?=[ ])|'(?=(?:s|t|d|m|re|ll|ve)\b))
    |(?<=\d)(?:[/:](?=\d)|%(?=[ ]|$))
    |(?<![^ ])[-+](?=[\d.]+(?:[ ,]|$))|(?<=[ ])[-+](?=[ ]))+""",
    re.VERBOSE,
)
# What a form would send. Without a blank, what stands behind `&` only gives a value to a name.
_FORM: Final = re.compile(r"\w+=[\w.-]*(?:&\w+=[\w.-]*)*", re.ASCII)


def computes(name: str, given: Iterable[str], texts: Collection[str]) -> bool:
    """Whether a function with a dotted name only computes, given arguments by such names and made of such texts."""
    *place, own = name.split(".")
    words = _words(own)
    if not words or not _NAME.fullmatch(own) or not is_ordinary(".".join(place)):
        return False
    if any(_is_grave(part) for part in (own, *given)):
        return False
    whole = "_".join(words)
    if whole in _NUMBERS:
        return not texts
    if words[0] in _MEASURES or (words[0] == "to" and _SHAPES.issuperset(words[1:]) and len(words) > 1):
        return all(_WORD.fullmatch(text) and is_plain(text) for text in texts)
    return (words[0] in _COMPUTES or whole in _TEXTS) and all(is_plain(text) for text in texts)


@lru_cache(maxsize=1024)
def is_plain(text: str) -> bool:
    """Whether a text means nothing to anything but words, numbers, dates, or what a form would send."""
    # What has another form, too, may become a bracket or a slash.
    if len(text) > _LONGEST_TEXT or not is_normalized("NFKC", text) or _says(text, _PRIVATE):
        return False
    return text == "" or _TEXT.fullmatch(text) is not None or _FORM.fullmatch(text) is not None


def is_ordinary(name: str) -> bool:
    """Whether a module's dotted name says nothing of more than computing."""
    return name != "" and not any(_is_grave(part) or part in _PACKAGES for part in name.split("."))


def opened(texts: Iterable[str]) -> list[str]:
    """What a function might open, if it took its texts for the names of files."""
    return sorted({text.strip() for text in texts if any(map(str.isalpha, text)) and " " not in text.strip()})


def _is_grave(name: str) -> bool:
    return name[:1] == "_" or _says(name, _NEVER)


def _says(name: str, words: frozenset[str]) -> bool:
    """Whether one of these words is in a name, of one thing or of several."""
    return any(word in words or word.removesuffix("s") in words for word in (*_words(name), name.lower()))


def _words(name: str) -> list[str]:
    return [word for word in _BETWEEN.split(_HUMP.sub("_", name).lower()) if word]
