"""The words, texts and marks of JavaScript, as far as they are read."""

import re
from typing import Final

from app.core.classify.code.found import UnreadError

_TOKEN: Final = re.compile(
    r"""\s*(?:(["'`])(?P<text>(?:(?!\1)[^\\\n$]|\\[nt'"\\])*)\1|(?P<word>\w+)"""
    r"""|(?P<mark>[=!]==?|&&|\|\||\?[?.]?|[<>]=?|[-+*%/!(){}\[\].,;:=]))""",
    re.ASCII,
)
# What leads from a value to what made it.
LEADS_OUT: Final = frozenset(("constructor", "prototype"))


class Tokens:
    """Goes from one token to the next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        # Where the token at hand begins, with what stands before it.
        self.start = 0
        self.word = ""
        self.next()

    def next(self) -> str:
        """The token at hand, a text without its quotes; the one behind it is looked at."""
        token = self.word
        self.start = self.at
        found = _TOKEN.match(self.text, self.at)
        if found is None and (rest := self.text[self.at :].strip()):
            raise UnreadError(f"`{rest[:20]}`")
        self.is_text = found is not None and found["text"] is not None
        self.word = "" if found is None else found["text"] or found["word"] or found["mark"] or ""
        self.ended = found is None
        self.at = self.at if found is None else found.end()
        return token

    def is_mark(self, *marks: str) -> bool:
        return not self.is_text and not self.ended and self.word in marks

    def take(self, mark: str) -> None:
        if not self.is_mark(mark):
            raise UnreadError(f"`{self.word[:20]}`")
        self.next()

    def known_text(self) -> str:
        """A text that says what is meant, every character of it."""
        if not self.is_text or "\\" in self.word:
            raise UnreadError("a name that is made while it runs")
        return self.next()

    def name(self) -> str:
        """A name that leads from a value to another one."""
        if self.is_text or not self.word.isidentifier() or self.word in LEADS_OUT or self.word[:2] == "__":
            raise UnreadError(f"`.{self.word[:20]}`")
        return self.next()

    def is_new_line(self) -> bool:
        return not self.is_text and "\n" in self.text[self.start : self.at]
