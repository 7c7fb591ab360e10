"""Reads one word of shell source into its parts, by bash's rules and independently of the grammar.

The grammar says where a word begins and ends and where substitutions lie in it; this scanner finds the word's end
by itself. Where the two do not agree, the line is not understood: `DisagreementError`.

Offsets are byte offsets; the source is a text with one character per byte (latin-1), so both readers count alike.
"""

import re
from collections.abc import Callable

from app.core.classify.shell.tree import Literal, Part, Puzzle, Sum, Variable, Word

META = frozenset(" \t\n;&|()<>")

# One character class each, so every match is linear.
_PLAIN = re.compile(r"[^ \t\n;&|()<>'\"\\$`]+")
_WHOLE = re.compile(r"[^ \t\n;&|()<>'\"\\$`]++(?=[ \t\n;&|)]|\Z)")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])\}")
# Defaults, cut prefixes and suffixes, replacements, case: with nothing inside that is itself expanded.
_DERIVED = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(:?[-+?]|%%?|##?|//?|\^\^?|,,?)[^$`\"'\\{}()<>\[\];&|]*\}")
_LENGTH = re.compile(r"\$\{#[A-Za-z_][A-Za-z0-9_]*\}")
_STATUS = re.compile(r"\$\{PIPESTATUS\[[0-9]\]\}")
_NUMBERS = re.compile(r"\$\(\((?:0[xX][0-9a-fA-F]+|[0-9]{1,2}#[0-9a-zA-Z]+|[0-9 +*/%()<>=!&|^~?:-])*\)\)", re.ASCII)
_TERM = r"(?:[0-9]{1,9}|\$?[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})"
# Nothing that assigns, and no index.
_SUM = re.compile(rf"\$\(\( *{_TERM}(?: *[-+*/%] *{_TERM})* *\)\)", re.ASCII)

# What is left out here (`\a`, `\e`, `\r` …) has no business in a command that a person is to read.
# Nor `\'`, which ends the string in shells that do not know `$'…'`.
_ANSI = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "?": "?"}
_HISTORY = re.compile(r"![A-Za-z0-9$!?#*:^{-]")
_IN_ANSI = re.compile(r"[^'\\]+")
_ANSI_CODE = re.compile(r"x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}")

# Reads the part of the grammar's tree that begins at an offset: its end and what it is.
Nested = Callable[[int, bool], tuple[int, Part]]


class DisagreementError(Exception):
    """Our reading of the line and the grammar's differ, or it says something that we do not read."""


def decode(text: str) -> str:
    """The real characters of a stretch of source."""
    return text if text.isascii() else text.encode("latin-1").decode()


class Scanner:
    """Reads words of `source`. `nested` reads the substitutions that the grammar found."""

    __slots__ = ("_at", "_nested", "_parts", "_source", "in_backticks")

    def __init__(self, source: str, nested: Nested) -> None:
        self._source = source
        self._nested = nested
        self._at = 0
        self.in_backticks = False
        self._parts: list[Part] = []

    def word(self, start: int) -> tuple[int, Word]:
        """The word that begins at `start`, and where it ends."""
        source = self._source
        # Most words are plain from end to end.
        if plain := _WHOLE.match(source, start):
            text = plain.group() if source.isascii() else decode(plain.group())
            self._check_history(text, plain.end())
            return plain.end(), Word(text, (Literal(text),))
        self._at = start
        self._parts = []
        while self._at < len(source):
            char = source[self._at]
            if (char in META and not self._opens_file(char)) or (char == "`" and self.in_backticks):
                break
            self._unquoted(char)
        if self._at == start or source[self._at : self._at + 1] == "(":
            raise DisagreementError("a word was expected")
        return self._at, Word(decode(source[start : self._at]), tuple(self._parts))

    def text(self, start: int, end: int) -> Word:
        """The body of a here-document: expanded like a double-quoted string, but quotes are ordinary."""
        self._at = start
        self._parts = []
        while self._at < end:
            self._in_double(self._source[self._at], end)
        if self._at != end:
            raise DisagreementError("a here-document that ends inside a substitution")
        return Word(decode(self._source[start:end]), tuple(self._parts))

    def _opens_file(self, char: str) -> bool:
        return char in "<>" and self._source[self._at + 1 : self._at + 2] == "("

    def _unquoted(self, char: str) -> None:
        source = self._source
        if char == "'":
            end = source.find("'", self._at + 1)
            if end < 0:
                raise DisagreementError("a quote that is not closed")
            self._literal(source[self._at + 1 : end], end + 1, quoted=True)
        elif char == '"':
            self._double()
        elif char == "\\":
            following = source[self._at + 1 : self._at + 2]
            if following in ("", "\n"):
                # bash joins the two halves of a word; the grammar makes two words of it.
                raise DisagreementError("a line continued inside a word")
            if following.isascii():
                self._literal(following, self._at + 2, quoted=True)
            else:
                self._at += 1  # nothing above ASCII needs quoting
        elif char == "$":
            self._dollar(quoted=False)
        elif char in "`<>":
            self._substitution(quoted=False)
        else:
            plain = _PLAIN.match(source, self._at)
            assert plain is not None  # noqa: S101 (every other character begins such a run)
            self._check_history(plain.group(), plain.end())
            self._literal(plain.group(), plain.end(), quoted=False)

    def _check_history(self, text: str, end: int) -> None:
        """An interactive shell replaces `!x` by an older line, even between double quotes."""
        if "!" in text and _HISTORY.search(text + self._source[end : end + 1]):
            raise DisagreementError("`!` begins a history expansion in an interactive shell")

    def _double(self) -> None:
        self._at += 1
        if self._source[self._at : self._at + 1] == '"':
            self._literal("", self._at, quoted=True)
        while self._source[self._at : self._at + 1] != '"':
            if self._at >= len(self._source):
                raise DisagreementError("a quote that is not closed")
            self._in_double(self._source[self._at], len(self._source), '"')
        self._at += 1

    def _in_double(self, char: str, end: int, quote: str = "") -> None:
        if char == "\\":
            following = self._source[self._at + 1 : self._at + 2]
            if following == "\n":
                self._at += 2
            elif following and following in "$`\\" + quote:
                self._literal(following, self._at + 2, quoted=True)
            else:
                self._literal("\\", self._at + 1, quoted=True)
        elif char == "$":
            self._dollar(quoted=True)
        elif char == "`":
            self._substitution(quoted=True)
        elif char == '"':
            self._literal('"', self._at + 1, quoted=True)
        else:
            plain = _IN_DOUBLE.match(self._source, self._at, end)
            assert plain is not None  # noqa: S101 (every other character begins such a run)
            self._check_history(plain.group(), plain.end())
            self._literal(plain.group(), plain.end(), quoted=True)

    def _dollar(self, *, quoted: bool) -> None:
        following = self._source[self._at + 1 : self._at + 2]
        if following == "'" and not quoted:
            self._ansi()
        elif following == '"' and not quoted:
            raise DisagreementError('$"…" is translated by the locale')
        elif name := _NAME.match(self._source, self._at + 1):
            self._add(Variable(name.group(), quoted), name.end())
        elif following and following in "({[":
            self._substitution(quoted=quoted)
        else:
            self._literal("$", self._at + 1, quoted=True)

    def _substitution(self, *, quoted: bool) -> None:
        parts = self._parts  # what is nested is read with this same scanner
        until, part = self._nested(self._at, quoted)
        self._parts = parts
        self._add(part, until)

    def _ansi(self) -> None:
        source, at = self._source, self._at + 2
        chars: list[str] = []
        while source[at : at + 1] != "'":
            if plain := _IN_ANSI.match(source, at):
                chars.append(decode(plain.group()))
                at = plain.end()
            elif simple := _ANSI.get(source[at + 1 : at + 2]):
                chars.append(simple)
                at += 2
            elif code := _ANSI_CODE.match(source, at + 1):
                chars.append(_character(code.group()))
                at = code.end()
            else:
                raise DisagreementError("an escape that we do not read, or a quote that is not closed")
        self._add(Literal("".join(chars), quoted=True), at + 1)

    def _literal(self, text: str, end: int, *, quoted: bool) -> None:
        self._add(Literal(decode(text), quoted), end)

    def _add(self, part: Part, end: int) -> None:
        self._parts.append(part)
        self._at = end


def _character(code: str) -> str:
    number = int(code[1:], 16) if code[0] in "xuU" else int(code, 8)
    # Above ASCII, `\x` and octal give single bytes, which may be halves of a character.
    if not 0x20 <= number < (0xD800 if code[0] in "uU" else 0x7F) or not chr(number).isprintable():
        raise DisagreementError("an escape that we do not read")
    return chr(number)


def expansion(source: str, *, quoted: bool) -> Part:
    """`${…}`, `$((…))` or `$[…]`. What could run commands inside it is not read at all."""
    if name := _BRACED.fullmatch(source):
        return Variable(name[1], quoted)
    if _LENGTH.fullmatch(source) or _STATUS.fullmatch(source) or _NUMBERS.fullmatch(source):
        return Puzzle(source, quoted, free=True)
    if _SUM.fullmatch(source):
        return Sum(source, tuple(re.findall(r"[A-Za-z_]\w*", source, re.ASCII)), quoted)
    # INVARIANT: other arithmetic with names is not read: it runs commands from inside their values
    # (`x='a[$(rm f)]'; echo $((x))`), and so do indexes.
    if not _DERIVED.fullmatch(source):
        raise DisagreementError("an expansion that may run commands")
    return Puzzle(source, quoted)
