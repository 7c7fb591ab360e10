"""What reaches a terminal, and in which form.

Tool names, targets, commands and reasons were written by an agent, or by a page that an agent has read. A terminal
obeys what is printed to it: it can be told to hide lines, to rewrite them, to answer. So nothing from outside is
printed before `safe` has made every such character visible, and no text of ours is ever parsed for markup.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import category
from unicodedata import name as name_of

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

# Characters that command a terminal, turn the direction of writing, or cannot be seen at all.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Letters and symbols by category that leave no ink (Hangul fillers, Khmer vowels, the blank of Braille), and the
# selectors that change how the one before looks.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\u034f") | {
    chr(code) for selectors in (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for code in selectors
}
# Scripts with letters that look like those of another one.
_ALIKE = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL"))
_WORDS_OF_TEXT = re.compile(r"\w+")
# So many accents on one letter are writing; more cover the lines around it.
_MOST_MARKS = 2

_STYLES = {"allow": "green", "ask": "yellow", "ask strong": "bold yellow", "deny": "red", "log": "cyan"}
_WORDS = {"ALLOW": "allow", "REQUIRE_APPROVAL": "ask", "REQUIRE_STRONG_APPROVAL": "ask strong", "DENY": "deny"}


def safe(value: object) -> str:
    """`value` as text of which every character can be seen and none commands the terminal."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        kind = category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        hidden = kind in _UNSEEN or (kind == "Zs" and character != " ") or character in _BLANK or marks > _MOST_MARKS
        shown.append(_escape(character) if hidden else character)
    return "".join(shown)


def _escape(character: str) -> str:
    short = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character)
    if short is not None:
        return short
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def output() -> "Console":
    """Standard output. Markup, emoji names and guesses at what to colour are off: text is text."""
    return _console(stderr=False)


def errors() -> "Console":
    """Standard error, for what is not the answer itself."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=False)


def text(value: object, style: str = "") -> "Text":
    """`value`, made safe, as rich's text."""
    from rich.text import Text

    return Text(safe(value), style)


def verdict(decision: str) -> "Text":
    """A decision in the policy's own word and colour."""
    word = _WORDS.get(decision, decision)
    return text(word, _STYLES.get(word, ""))


def table(*columns: str) -> "Table":
    """An empty table that needs little room; the last column takes what is left."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns[:-1]:
        made.add_column(name, no_wrap=True, overflow="ellipsis")
    made.add_column(columns[-1], overflow="fold")
    return made


def fields(pairs: Iterable[tuple[str, object]]) -> "RenderableType":
    """Names and values, one a line; a value that is rich's own is printed as it is."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(name, value if isinstance(value, (Text, Table)) else text(value))
    return grid


def indented(value: Any) -> "Text":
    """JSON over several lines, whole, each made safe by itself."""
    from rich.text import Text

    # Not `splitlines`: it would also cut, and lose, characters that an agent wrote.
    return Text("\n").join(text(line) for line in json.dumps(value, indent=2, ensure_ascii=False).split("\n"))


def mixed_words(value: Any) -> set[str]:
    """The words in JSON that mix letters of scripts that look alike, each with the letters that do not fit."""
    found: set[str] = set()
    for word in _WORDS_OF_TEXT.findall(json.dumps(value, ensure_ascii=False)):
        scripts = {script for one in word if one.isalpha() and (script := _script(one)) in _ALIKE}
        if len(scripts) > 1:
            odd = [f"U+{ord(one):04X}" for one in word if one.isalpha() and _script(one) in _ALIKE - {"LATIN"}]
            found.add(f"{safe(word[:40])} ({' '.join(odd[:4])})")
    return found


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else name_of(letter, "").partition(" ")[0]


def clock_time(timestamp: str | None) -> str:
    """A time of the log, to the second: `2026-11-21 21:40:12`."""
    return "" if timestamp is None else timestamp[:19].replace("T", " ")


def short(digest: str) -> str:
    """A digest as people compare it: `sha256:20afd85659d5…`."""
    return f"{digest[:19]}…" if digest.startswith("sha256:") else digest


def document(value: Any) -> None:
    """Print one JSON document."""
    print(_json(value, indent=2))


def lines(values: Sequence[Any]) -> None:
    """Print JSONL: one JSON document a line."""
    for value in values:
        print(_json(value))


def _json(value: Any, indent: int | None = None) -> str:
    # ASCII only: a terminal must not be commanded through JSON either. DEL is the one that json leaves as it is.
    return json.dumps(value, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")


def is_interactive() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()
