"""Substitutions that print nothing but a number: `$(wc -l < a)`, `$(grep -c x a)`, `$(grep -n x a | cut -d: -f1)`."""

import re
from collections.abc import Container, Sequence

from app.core.classify.shell.tree import Node, Pipeline, Simple, literal
from app.core.policy.wildcard import is_wild

_COUNT = re.compile(r"wc -[lwcm]")
_FIRST_FIELD = re.compile(r"cut -d ?: -f ?1")
_SIEVE = re.compile(r"(head|tail)( -n ?[0-9]+| -[0-9]+)?|sort -[nr]+")
_COUNTS = re.compile(r"-[civwFEx]*c[ivwFEx]*")
_NUMBERS = re.compile(r"-[invwFEx]*n[ivwFEx]*")


def prints_a_number(items: Sequence[Node], functions: Container[str]) -> bool:
    """Whether all that the commands of a substitution print are digits, and white space between them."""
    if len(items) == 1 and isinstance(items[0], Pipeline):
        items = items[0].items
    elif len(items) != 1:
        return False
    lines: list[list[str]] = []
    for item in items:
        if not isinstance(item, Simple) or item.assignments or not item.words or item.words[0].source in functions:
            return False
        lines.append([literal(word) for word in item.words])
    *before, last = lines
    if _COUNT.fullmatch(" ".join(last)):
        return True
    # `grep -n` before a cut, perhaps with a sieve between them.
    if before and _FIRST_FIELD.fullmatch(" ".join(last)):
        first, *sieves = before
        return _searches_one_file(first, _NUMBERS) and all(_SIEVE.fullmatch(" ".join(line)) for line in sieves)
    return _searches_one_file(last, _COUNTS)


def _searches_one_file(words: list[str], flag: re.Pattern[str]) -> bool:
    """INVARIANT: of one file that is named, grep prints no name, which whoever made the file has chosen."""
    if len(words) != 4 or words[0] != "grep" or not flag.fullmatch(words[1]):
        return False
    return not any(word[:1] in ("-", "?", "") for word in words[2:]) and not is_wild(words[3])
