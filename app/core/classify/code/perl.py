"""Perl in a word: whether all that it does is to change, choose and print the lines that it is given.

INVARIANT: a closed grammar. In what Perl puts together from variables stands no variable but those of a match and of
the line, none of them with a subscript, which may hold any code; and no pattern has code of its own.
"""

import re
from typing import Final

_LONGEST: Final = 512

# Not `\N{…}` and `\p{…}`, which load modules.
_ESCAPED: Final = r"\\(?:[bBdDsSwWntrfezZAhHvVRK0-9]|[^\sA-Za-z0-9])"
_GROUP: Final = r"\((?!\s*[?*])|\(\?(?::|=|!|<=|<!|i\)|i:)"
_FOLLOWED: Final = r"(?![\w':]*(?:->|[\[{]))"
_BEHIND: Final = r"(?!\w)"


# What Perl may be given between slashes, it may be given between others.
_ENDS: Final = ("/", r"\|", ",", "!", r"\#")
_OF_MATCH: Final = r"[1-9&]|\{[1-9]\}"


def _pattern(end: str) -> str:
    return rf"(?:[^\\$@(`\n{end}]|{_ESCAPED}|\$(?=[)\|{end}])|{_GROUP})*"


def _made(end: str, variables: str) -> str:
    r"""A text with variables: `$1`, which may be written `\1`, and `\U$1` for its capitals."""
    return rf"(?:[^\\$@`\n{end}]|\\(?:[ntrULEul]|[^\sA-Za-z0-9])|(?:\\[0-9]|\$(?:{variables})){_FOLLOWED})*"


def _letters(end: str) -> str:
    return rf"(?:[^\\\n{end}]|\\(?:[ntr0-9]|[^\sA-Za-z0-9]))*"


_CHANGES: Final = "|".join(
    [rf"s{end}{_pattern(end)}{end}{_made(end, _OF_MATCH)}{end}[gimsx]*{_BEHIND}" for end in _ENDS]
    + [rf"(?:tr|y){end}{_letters(end)}{end}{_letters(end)}{end}[cds]*{_BEHIND}" for end in _ENDS]
)
_MATCHES: Final = "|".join(
    [rf"/{_pattern('/')}/[imsx]*{_BEHIND}", *[rf"m{end}{_pattern(end)}{end}[imsx]*{_BEHIND}" for end in _ENDS]]
)
_TEST: Final = rf"(?:!?(?:{_MATCHES})|\$\. ?(?:[=!]=|[<>]=?) ?[0-9]+|[0-9]+|eof)"
_TESTS: Final = rf"{_TEST}(?:\s*(?:&&|\|\||\band\b|\bor\b|\.\.)\s*{_TEST})*"
_FIELD: Final = r"F\[-?[0-9]\]"
_TEXT: Final = '"' + _made('"', rf"{_OF_MATCH}|[_.]|ARGV|{_FIELD}") + '"'
_STATEMENT: Final = (
    rf"(?:{_CHANGES}|print(?: ?{_TEXT}| \$(?:[_&1-9]|{_FIELD}))?|next|last|chomp)(?:\s+(?:if|unless)\s*{_TESTS})?"
)
_PROGRAM: Final = re.compile(rf"\s*(?:{_STATEMENT}\s*;\s*)*(?:{_STATEMENT}\s*)?", re.ASCII)


# A pattern, or what changes by one: where code that does more than to edit may hold one, too.
PATTERNS: Final = f"{_CHANGES}|{_MATCHES}"


def perl_only_edits(text: str) -> bool:
    """The text does nothing but to the line at hand."""
    shown = all(char.isprintable() or char in "\n\t" for char in text)
    return shown and len(text) <= _LONGEST and _PROGRAM.fullmatch(text) is not None
