"""Values as JavaScript writes them: figures, patterns, lists and structures of other values."""

import re
from abc import ABC, abstractmethod
from typing import Final

from app.core.classify.code.found import UnreadError
from app.core.classify.code.javascript_project import DATA, RESULT, Kind, Project, Value
from app.core.classify.code.javascript_tokens import LEADS_OUT

# A pattern, where a value begins; not with the flag that gives brackets another meaning.
_PATTERN: Final = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[dgimsuy]*(?!\w)")


class Literals(Project, ABC):
    """Reads what is written there; what stands inside of it is read by whoever reads all values."""

    def __init__(self, text: str) -> None:
        self.known: dict[str, Value] = {}
        super().__init__(text)

    @abstractmethod
    def expression(self) -> Value:
        """Any value, with what is done to it."""

    def data(self, found: Value) -> Value:
        """A value from which nothing but values come."""
        if found.kind is not Kind.DATA:
            raise UnreadError("a part of `fs`, or of the project's code")
        return DATA

    def shown(self, found: Value) -> Value:
        """A value that is shown or compared, and not kept."""
        return RESULT if found.kind is Kind.RESULT else self.data(found)

    def either(self, one: Value, other: Value) -> Value:
        return RESULT if Kind.RESULT in (self.shown(one).kind, self.shown(other).kind) else DATA

    def spread(self) -> None:
        """`...several` where one value may stand."""
        for _ in range(3 if self.is_mark(".") else 0):
            self.take(".")

    def figure(self) -> Value:
        """`12`, `1.5`, `0xff`, `1e6`, `1_000`."""
        self.next()
        if self.is_mark(".") and self.text[self.at : self.at + 1].isdecimal():
            self.next()
            self.next()
        return DATA

    def collection(self, end: str) -> Value:
        """`[1, ...several]`, `{a: 1, 'b': 2, c}`: of values alone."""
        self.next()
        while not self.is_mark(end):
            if self.is_mark("."):
                self.spread()
                self.data(self.expression())
            elif end == "]":
                self.data(self.expression())
            else:
                self.entry()
            if not self.is_mark(end):
                self.take(",")
        self.next()
        return DATA

    def entry(self) -> None:
        if self.is_text:
            named = self.known_text()
            if named in LEADS_OUT or named[:2] == "__":
                raise UnreadError(f"`{named[:20]}`")
        else:
            named = self.next() if self.word.isdecimal() else self.name()
            if self.is_mark(",", "}"):
                self.data(self.known.get(named, RESULT))
                return
        self.take(":")
        self.data(self.expression())

    def pattern(self) -> Value:
        found = _PATTERN.match(self.text, self.at - 1)
        if found is None:
            raise UnreadError("`/`")
        self.at = found.end()
        self.next()
        return DATA
