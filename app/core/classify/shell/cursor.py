"""Walks over the source beside the grammar's tree, so that no byte of the line goes unread.

INVARIANT: between two tokens stand only blanks, comments, line breaks where bash allows them, and the bodies of
here-documents. A token that the grammar skipped, or found inside a comment, stops the reading.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.classify.shell.words import META, DisagreementError

_NO_COMMENT = re.compile(r"[;&|`<>]|[^ ]\(")
_OPERATOR = frozenset("<>&|")
# The usual gap. What follows it must not be part of the gap.
_ONE_BLANK = re.compile(r" [^ \t\n\\#]")
# Behind `<&` and `>&` a dash is a word of its own, even where others follow it: `<& --delete` is `<&-` and `-delete`.
_DASH = re.compile(r"&(?:[ \t]|\\\n)*-")
_LOST_DASH = re.compile(r"[ \t]+-[ \t]*")
# Tokens after which a command may begin.
_OPENS = frozenset((
    ";", "&", "&&", "||", "|", "|&", "!", "(", "$(", "<(", ">(", "`", "{", "then", "do", "else", "elif", "if", "while",
    "until", ";;", ";&", ";;&", "in", ")",
))  # fmt: skip


_AFTER_WORD = META | {"", "`"}
# What would make a longer operator of these.
_LONGER = {"&": "&>", "|": "|&", ";": ";&", ";;": "&", "&&": "&", "||": "|", "(": "(", "$(": "(", "|&": "&|"}


class Cursor:
    """`fresh` says that a command may begin here: at the start, after a separator, a line break, an opening word."""

    __slots__ = ("_at", "_here", "_source", "fresh")

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        # The line break before a here-document's body, and where the body ends.
        self._here: tuple[int, int] | None = None
        self.fresh = True

    def begin(self, start: int) -> None:
        """A command or reserved word begins at `start`."""
        self.skip_to(start, lines=True)
        if not self.fresh:
            raise DisagreementError("a command that nothing separates from the last one")

    def token(self, start: int, end: int) -> None:
        """An operator or reserved word."""
        text = self._source[start:end]
        self.skip_to(start, lines=True)
        self.take(start, end)
        self.fresh = text in _OPENS
        following = self._source[end : end + 1]
        if text.isalpha() or text in ("{", "}", "!"):
            # `{a`, `then"x"` and `!(a)` begin with no reserved word, whatever the grammar says.
            wrong = following not in _AFTER_WORD or (text == "!" and following == "(")
        else:
            wrong = following != "" and following in _LONGER.get(text, "")
        if wrong:
            raise DisagreementError("an operator that ends elsewhere")

    def operator(self, start: int, end: int, descriptor: str = "") -> None:
        """A redirection's operator, behind the descriptor that the grammar found."""
        self.skip_to(start)
        # INVARIANT: `0>x` is no word, though the grammar takes it for one; of `10>x` shells see different things.
        if self._digits_before(start) != descriptor or len(descriptor) > 1:
            raise DisagreementError("a descriptor that shells read differently")
        self.take(start, end)
        after = self._source[end : end + 1]
        closes = self._source[end - 1] == "-" and self._source[start:end] != "<<-"
        dash = _DASH.match(self._source, end - 1)
        if dash is not None and self._source[dash.end() : dash.end() + 1] not in _AFTER_WORD:
            raise DisagreementError("a dash that bash takes for a word")
        # `{fd}>f` stores a descriptor in a variable.
        if after in _OPERATOR or self._source[start - 1 : start] == "}" or (closes and after not in _AFTER_WORD):
            raise DisagreementError("a redirection that we do not read")

    def _digits_before(self, start: int) -> str:
        """The digits that stand directly before `start` and are a word by themselves."""
        first = start
        while self._source[first - 1 : first].isdigit():
            first -= 1
        return self._source[first:start] if self._source[first - 1 : first] in _AFTER_WORD else ""

    def dash(self, start: int) -> bool:
        """Whether a lone `-` stands before the here-document at `start`: the grammar loses that word."""
        lost = _LOST_DASH.fullmatch(self._source, self._at, start) is not None
        if lost:
            self._at = start
        return lost

    def touch(self, start: int) -> None:
        """The descriptor just read stands directly before its operator."""
        if self._at != start:
            raise DisagreementError("a descriptor without its redirection")

    def skip_to(self, start: int, *, lines: bool = False) -> None:
        """The next token begins at `start`."""
        if start == self._at or (start == self._at + 1 and _ONE_BLANK.match(self._source, self._at)):
            self._at = start
        elif self.skip(self._at, lines=lines) != start:
            raise DisagreementError("something that the grammar skipped")

    def skip(self, at: int, *, lines: bool) -> int:
        """Where the next token begins at or after `at`.

        INVARIANT: inside a simple command no line ends (`lines` is False); the grammar overlooks some that do.
        """
        source, size = self._source, len(self._source)
        at = max(at, self._at)
        while at < size:
            char = source[at]
            if char in (" ", "\t"):
                at += 1
            elif char == "\n" and lines:
                self.fresh = True
                at = self._after_line(at)
            elif char == "\\" and source[at + 1 : at + 2] == "\n":
                # Without a blank beside it, bash joins what stands before and after.
                if source[at - 1 : at] not in (" ", "\t") and source[at + 2 : at + 3] not in (" ", "\t", ""):
                    raise DisagreementError("a line continued inside a word")
                at += 2
            elif char == "#" and lines and (at == 0 or source[at - 1] in META):
                end = source.find("\n", at)
                end = size if end < 0 else end
                if _NO_COMMENT.search(source, at, end):
                    # An interactive zsh reads comments as words.
                    raise DisagreementError("a comment that holds commands")
                at = end
            else:
                break
        self._at = at
        return at

    def take(self, start: int, end: int) -> None:
        if start < self._at:
            raise DisagreementError("something that the grammar reads twice")
        self._at = end
        self.fresh = False

    def finish(self) -> None:
        self.skip_to(len(self._source), lines=True)
        if self._here is not None:
            raise DisagreementError("a here-document without a body")

    @contextmanager
    def aside(self, start: int) -> Iterator[None]:
        """Reads what is nested in a word or a body, then goes on where the word began."""
        at, here, fresh = self._at, self._here, self.fresh
        self._at, self._here, self.fresh = start, None, True
        yield
        if self._here is not None:
            raise DisagreementError("a here-document without a body")
        self._at, self._here, self.fresh = at, here, fresh

    def here_document(self, delimiter: str, *, tabs: bool) -> tuple[int, int]:
        """The body of the here-document announced on this line: its start and end."""
        if self._here is not None:
            raise DisagreementError("two here-documents on a line")
        source = self._source
        line = source.find("\n", self._at)
        if line < 0:
            raise DisagreementError("a here-document without a body")
        start = at = line + 1
        while True:
            end = source.find("\n", at)
            text = source[at : end if end >= 0 else len(source)]
            if (text.lstrip("\t") if tabs else text) == delimiter:
                self._here = (line, at + len(text))
                return start, at
            if end < 0:
                raise DisagreementError("a here-document that is not closed")
            at = end + 1

    def _after_line(self, at: int) -> int:
        if self._here is None:
            return at + 1
        line, end = self._here
        if line != at:
            raise DisagreementError("a here-document that begins elsewhere")
        self._here = None
        return end
