"""JavaScript in a word: the forms in which a project is asked what stands in its JSON files, and these are edited.

INVARIANT: a closed grammar. Nothing is called but what stands in the tables below, with values alone, and no name leads
from a value to a function that does more. What is not of these forms is not understood.
"""

import re
from functools import lru_cache
from typing import Final

from app.core.budget import Budget
from app.core.classify.code.found import Code, UnreadError
from app.core.classify.code.javascript_calls import NAMES
from app.core.classify.code.javascript_names import CONSTANTS
from app.core.classify.code.javascript_project import Kind, Value
from app.core.classify.code.javascript_values import Values

_LONGEST: Final = 1_024
_LOOP: Final = re.compile(rf"\s*\(\s*(?:const|let)\b\s*(?P<names>{NAMES})\s+of\b", re.ASCII)
_COUNTING: Final = re.compile(
    r"\s*\(\s*let\s+(?P<name>[a-z])\s*=\s*[0-9]+\s*;\s*(?P=name)\s*[<>]=?(?P<to>[^;{}]+);"
    r"\s*(?:(?P=name)(?:\+\+|--|\s*[+-]=\s*[0-9]+)|(?:\+\+|--)(?P=name))\s*(?=\))",
    re.ASCII,
)
_WORD: Final = re.compile(r"\w+", re.ASCII)


def read_javascript(text: str, budget: Budget) -> Code:
    """What `text` does. Raises BudgetExceededError."""
    if len(text) > _LONGEST:
        return Code("too long to be read")
    if "<!--" in text or "-->" in text:
        # INVARIANT: what JavaScript takes for a comment is none of our marks, so both see the same words.
        return Code("a comment")
    budget.spend(len(text))
    return _read(text)


@lru_cache(maxsize=256)
def _read(text: str) -> Code:
    try:
        reader = _Reader(text)
        reader.program()
    except UnreadError as error:
        return Code(str(error))
    return Code(deeds=tuple(reader.deeds), variables=tuple(reader.variables), modules=tuple(reader.modules))


class _Reader(Values):
    """Reads one statement after the other."""

    def program(self) -> None:
        while not self.ended:
            self.statement()

    def statement(self) -> None:
        if self.is_mark("for"):
            self.loop()
            return
        if self.is_mark("{"):
            # INVARIANT: no value, but a block, behind which a slash would begin a pattern.
            raise UnreadError("a block")
        if self.is_mark("const", "let", "var"):
            self.next()
            self.binding()
        elif self.is_mark("import"):
            self.next()
            self.imported()
        else:
            found = self.expression()
            if self.is_mark("="):
                self.given()
            # `node -p` shows what stands last.
            if found.kind not in (Kind.DATA, Kind.RESULT, Kind.FILES):
                raise UnreadError("all that a module holds")
        # A name cannot go on from a value: on a new line, it begins the next statement.
        if not (self.ended or self.is_mark("}") or (self.is_new_line() and self.word.isidentifier())):
            self.take(";")

    def loop(self) -> None:
        """`for (const x of several)`, `for (let i = 0; i < 3; i++)`, with one statement or several between braces."""
        if counting := _COUNTING.match(self.text, self.at):
            names = self.bound([counting["name"]])
            self.at = counting.start("to")
            self.next()
            self.data(self.expression())
            if self.at != counting.end("to") + 1:
                raise UnreadError("`for`")
            self.at = counting.end()
            self.next()
        elif found := _LOOP.match(self.text, self.at):
            self.at = found.end()
            self.next()
            self.data(self.expression())
            names = self.bound(_WORD.findall(found["names"]))
        else:
            raise UnreadError("`for`")
        self.take(")")
        if self.is_mark("{"):
            self.next()
            while not self.is_mark("}"):
                self.statement()
            self.next()
        else:
            self.statement()
        self.forget(names)

    def given(self) -> None:
        """What stands there is put into a part of a value that has a name."""
        if not self.is_part:
            raise UnreadError("`=`")
        self.next()
        if not (self.is_text or self.word.isdecimal() or self.word in CONSTANTS):
            raise UnreadError("a part that is given what is not written there")
        self.next()

    def binding(self) -> None:
        """What follows `const`: `a = 1, {b, c} = d`."""
        while True:
            apart = self.is_mark("{")
            names = self.apart() if apart else [self.name()]
            self.take("=")
            self.given_to(names, self.expression(), apart=apart)
            if not self.is_mark(","):
                return
            self.next()

    def imported(self) -> None:
        """`import {a, b} from './x'`, `import a from './x'`, `import * as a from './x'`."""
        apart = self.is_mark("{")
        if self.is_mark("*"):
            self.next()
            self.take("as")
        names = self.apart() if apart else [self.name()]
        self.take("from")
        self.given_to(names, self.module(self.known_text()), apart=apart)

    def apart(self) -> list[str]:
        names = []
        while self.is_mark("{", ","):
            self.next()
            names.append(self.name())
        self.take("}")
        return names

    def given_to(self, names: list[str], found: Value, *, apart: bool) -> None:
        for name in names:
            self.bound([name], self.part(found, name) if apart else found)
