"""Short programs in languages that are not parsed: whether all their words are known to compute and to print, no more.

INVARIANT: a closed vocabulary. What the language takes for a text, we take for a text, or nothing is believed: what
could begin another kind of text, a comment or a pattern stands only where it is surely an operator. The words are in
`vocabulary.yaml`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from app.core.classify.code.found import Deed, UnreadError
from app.core.classify.code.perl import PATTERNS
from app.core.model import EffectKind

_LONGEST: Final = 512
_NUMBER: Final = r"(?:0[xb][0-9A-Fa-f]+|[0-9](?:_?[0-9])*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w'])"
_QUOTED: Final = re.compile(r"[\"'](\w[\w./*-]*)[\"']", re.ASCII)
_FILE: Final = r"(?:\"\w[\w./-]*\"|'\w[\w./-]*')"
_GLOB: Final = r"(?:\"\w[\w./*-]*\"|'\w[\w./*-]*')"


class _Told(Struct, frozen=True, forbid_unknown_fields=True):
    """The data of a language: regular expressions, and names separated by blanks.

    text       a text, nothing in which is computed
    opening    what begins a text with a part that is computed, up to the brace before that part
    going      how such a text goes on behind the part: to its end, or to the next brace
    variable   variables, by how they are written
    marks      operators and brackets that mean nothing else, wherever they stand
    between    operators that would begin something else where a value is awaited
    spaced     whether blanks on both sides make operators of those behind any word
    closed     what a closing brace makes of what stands before it
    pattern    what is a pattern, or a name, where a value is awaited; `<patterns>` are Perl's
    phrases    words that are known only together; `reads` and `globs` those that open what they name
    keywords   words behind which a value is awaited; `values`, words that are one; `functions`, with what they are told
    methods    functions of a value, behind `method`
    unless     words that are more than variables, where any others are variables
    """

    text: str
    marks: str
    functions: str
    keywords: str
    values: str
    opening: str = r"(?!)"
    going: str = r"(?!)"
    variable: str = r"(?!)"
    between: str = r"(?!)"
    pattern: str = r"(?!)"
    method: str = r"(?!)"
    phrases: list[str] = []
    reads: list[str] = []
    globs: list[str] = []
    methods: str = ""
    unless: str = ""
    spaced: bool = False
    closed: str = "value"


class _Language(Struct, frozen=True):
    told: _Told
    tokens: re.Pattern[str]
    going: re.Pattern[str]
    words: dict[str, str]


def _language(told: _Told) -> _Language:
    kinds = {
        "blank": r"[ \t\n]+",
        "reads": "|".join(told.reads).replace("<read>", _FILE) or r"(?!)",
        "globs": "|".join(told.globs).replace("<glob>", _GLOB) or r"(?!)",
        "phrase": "|".join(told.phrases) or r"(?!)",
        "pattern": told.pattern.replace("<patterns>", PATTERNS),
        "text": told.text,
        "opening": told.opening,
        "number": _NUMBER,
        "variable": told.variable,
        "method": told.method,
        "mark": told.marks,
        "between": told.between,
        "word": r"[A-Za-z_]\w*[?!]?(?:::[A-Z]\w*)*",
    }
    words = {
        **dict.fromkeys(told.unless.split(), "unless"),
        **dict.fromkeys(told.functions.split(), "function"),
        **dict.fromkeys(told.keywords.split(), "keyword"),
        **dict.fromkeys(told.values.split(), "value"),
        **{f".{name}": "value" for name in told.methods.split()},
    }
    tokens = "|".join(f"(?P<{kind}>{regex})" for kind, regex in kinds.items())
    return _Language(told, re.compile(tokens, re.ASCII), re.compile(told.going, re.ASCII), words)


_LANGUAGES: Final = {
    name: _language(told)
    for names, told in msgspec.yaml.decode(
        Path(__file__).with_name("vocabulary.yaml").read_bytes(), type=dict[str, _Told]
    ).items()
    for name in names.split(", ")
}


@lru_cache(maxsize=256)
def computes(told: str, text: str) -> tuple[Deed, ...] | None:
    """What `text` reads, told to a program by a flag (`ruby -e`), if it does that and computes, no more; else None."""
    language = _LANGUAGES.get(told)
    if language is None or len(text) > _LONGEST or not all(char.isprintable() or char == "\n" for char in text):
        return None
    if "\n=" in f"\n{text}":
        # INVARIANT: by such a line begins what Ruby and Perl pass over.
        return None
    try:
        return tuple(_deeds(language, text))
    except UnreadError:
        return None


def _deeds(language: _Language, text: str) -> Iterator[Deed]:
    at, before = 0, "keyword"
    braces: list[str] = []
    while at < len(text):
        found = language.tokens.match(text, at)
        if found is None:
            raise UnreadError(text[at:])
        kind, said, at = found.lastgroup or "", found[0], found.end()
        if kind == "blank":
            continue
        if kind == "opening" or said in ("{", "}"):
            at = _brace(language, text, at, braces, kind if kind == "opening" else said)
        if kind in ("reads", "globs") and (named := _QUOTED.search(said)):
            yield Deed(EffectKind.READ, named[1], wild=kind == "globs")
        spaced = text[found.start() - 1 : found.start()] == " " == text[found.end() : found.end() + 1]
        before = _after(language, kind, said, before, spaced=spaced)
    if braces:
        raise UnreadError("a brace that is not closed")


def _brace(language: _Language, text: str, at: int, braces: list[str], said: str) -> int:
    """Opens or closes a brace; where a part of a text is closed, the text goes on."""
    if said != "}":
        braces.append(said)
    elif not braces:
        raise UnreadError("a brace that was not opened")
    elif braces.pop() == "opening":
        going = language.going.match(text, at)
        if going is None:
            raise UnreadError("a text without an end")
        if going[0].endswith("{"):
            braces.append("opening")
        return going.end()
    return at


def _after(language: _Language, kind: str, said: str, before: str, *, spaced: bool) -> str:
    """What stands before what follows now: a `value`, a `word` that may be one, or a `keyword`, which awaits one."""
    match kind:
        case "word":
            known = language.words.get(said, "variable" if language.told.unless and said.islower() else "")
            if not known or known == "unless":
                raise UnreadError(said)
            return known if known in ("value", "keyword") else "word"
        case "method" if f".{said.lstrip('.&:->')}" not in language.words:
            raise UnreadError(said)
        case "method" | "phrase":
            return "word"
        case "between" if before != "value" and not (before == "word" and language.told.spaced and spaced):
            raise UnreadError(said)
        case "pattern" if before != "keyword":
            raise UnreadError(said)
        case "mark" if said == "(" and before == "value":
            # INVARIANT: `'system'('id')` calls what a text names.
            raise UnreadError(said)
        case "mark" if said == "}":
            return language.told.closed
        case "mark" | "between" | "opening" if said not in (")", "]"):
            return "keyword"
        case _:
            return "value"
