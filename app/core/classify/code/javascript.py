"""JavaScript in a word: the forms in which a project is asked what stands in its JSON files, and these are edited.

INVARIANT: a closed grammar. Nothing is called but what stands in the tables below, with values alone, and no name leads
from a value to a function that does more. What is not of these forms is not understood.
"""

import re
from functools import lru_cache
from posixpath import dirname
from typing import Final

from app.core.budget import Budget
from app.core.classify.code.found import Code, Deed, UnreadError
from app.core.classify.code.javascript_names import (
    CALLED,
    CALLING,
    FILES,
    FUNCTIONS,
    METHODS,
    MOST_SHOWN,
    OF_RESULTS,
    OPERATORS,
    PROCESS,
    READS,
    TAKEN,
    WRITES,
)
from app.core.classify.code.javascript_project import CONSTANTS, DATA, RESULT, Kind, Project, Value
from app.core.classify.code.javascript_tokens import LEADS_OUT
from app.core.model import EffectKind

_LONGEST: Final = 1_024
_DEEPEST: Final = 16
_JSON: Final = re.compile(r"(?:\.{1,2}/|/)[\w./@-]+\.json", re.ASCII)
_INSTALLED: Final = re.compile(r"(?:@[\w.-]+/)?[\w-][\w.-]*/package\.json", re.ASCII)
_NAMES: Final = r"\w+|\[\s*\w+(?:\s*,\s*\w+)*\s*\]|\{\s*\w+(?:\s*,\s*\w+)*\s*\}"
# A function of one expression.
_ARROW: Final = re.compile(rf"\s*(?:\w+|\((?:\s*(?:{_NAMES})\s*,)*\s*(?:{_NAMES})?\s*\))\s*=>(?!\s*\{{)", re.ASCII)
_LOOP: Final = re.compile(rf"\s*\(\s*(?:const|let)\b\s*(?P<names>{_NAMES})\s+of\b", re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)


def read_javascript(text: str, budget: Budget) -> Code:
    """What `text` does. Raises BudgetExceededError."""
    if len(text) > _LONGEST:
        return Code("too long to be read")
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


class _Reader(Project):
    """Reads one statement after the other."""

    def __init__(self, text: str) -> None:
        self.depth = 0
        self.variables: list[str] = []
        self.known: dict[str, Value] = {}
        # The value that was read last is a part of one that has a name.
        self.is_part = False
        super().__init__(text)

    # Statements ------------------------------------------------------------------------------------------------

    def program(self) -> None:
        while not self.ended:
            self.statement()

    def statement(self) -> None:
        if self.is_mark("for"):
            self.loop()
            return
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
            if found.kind in (Kind.MODULE, Kind.FUNCTION):
                raise UnreadError("all that the project's code holds")
        # A name cannot go on from a value: on a new line, it begins the next statement.
        if not (self.ended or self.is_mark("}") or (self.is_new_line() and self.word.isidentifier())):
            self.take(";")

    def loop(self) -> None:
        """`for (const x of several)`, with one statement or several between braces."""
        found = _LOOP.match(self.text, self.at)
        if found is None:
            raise UnreadError("`for`")
        self.at = found.end()
        self.next()
        self.data(self.expression())
        self.take(")")
        names = self.bound(_WORD.findall(found["names"]))
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
        apart = self.is_mark("{")
        names = self.apart() if apart else [self.name()]
        self.take("=")
        self.given_to(names, self.expression(), apart=apart)

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

    def part(self, of: Value, name: str) -> Value:
        """What stands behind a point."""
        match of.kind:
            case Kind.MODULE:
                return Value(Kind.FUNCTION, name=f"{of.name}.{name}")
            case Kind.RESULT:
                return RESULT
            case _:
                return self.data(of)

    def bound(self, names: list[str], value: Value = DATA) -> list[str]:
        for name in names:
            if name in LEADS_OUT or name[:2] == "__" or not name.isidentifier():
                raise UnreadError(f"`{name[:20]}`")
            # INVARIANT: what is called by its name alone is JavaScript's own.
            if name in (TAKEN | CALLED | CONSTANTS) or name in self.known:
                raise UnreadError(f"`{name[:20]}`, given a meaning of its own")
            self.known[name] = value
        return names

    def forget(self, names: list[str]) -> None:
        for name in names:
            del self.known[name]

    # Values ----------------------------------------------------------------------------------------------------

    def expression(self) -> Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadError("nested too deeply")
        found = self.chain()
        while self.is_mark(*OPERATORS):
            self.next()
            other = self.chain()
            self.is_part = False
            found = RESULT if Kind.RESULT in (self.shown(found).kind, self.shown(other).kind) else DATA
        self.depth -= 1
        return found

    def chain(self) -> Value:
        negated = self.is_mark("!")
        while self.is_mark("!"):
            self.next()
        has_name = not self.is_text and self.word in self.known
        found = self.first()
        self.is_part = False
        while self.is_mark(".", "[", "?.", "("):
            is_part = False
            if self.is_mark("("):
                found = self.function(found)
            elif self.next() == "[":
                found = self.item(found)
                is_part = has_name
            else:
                name = self.name()
                is_part = has_name and not self.is_mark("(")
                found = self.method(found, name) if self.is_mark("(") else self.part(found, name)
            self.is_part = is_part and found.kind is Kind.DATA
        return self.data(found) if negated and found.kind is not Kind.RESULT else found

    def function(self, found: Value) -> Value:
        if found.kind not in (Kind.MODULE, Kind.FUNCTION):
            raise UnreadError("a call of what is not known")
        return self.called(found)

    def item(self, of: Value) -> Value:
        if self.is_text and (self.word in LEADS_OUT or self.word[:2] == "__"):
            raise UnreadError(f"`[{self.word[:20]}]`")
        if self.is_text or not self.word.isdecimal():
            self.known_text()
        else:
            self.next()
        self.take("]")
        return RESULT if of.kind is Kind.RESULT else self.data(of)

    def method(self, of: Value, name: str) -> Value:
        match of.kind:
            case Kind.FILES if name in (READS | WRITES):
                self.next()
                self.file(name)
                return DATA
            case Kind.MODULE:
                return self.part(of, name)
            case Kind.DATA if name in CALLING:
                self.calls()
                return DATA
            case Kind.DATA if name in METHODS:
                self.values()
                return DATA
            case Kind.RESULT if name in OF_RESULTS:
                self.constants(")", set())
                return RESULT
            case _:
                raise UnreadError(f"`.{name[:20]}()`")

    def data(self, found: Value) -> Value:
        """A value from which nothing but values come."""
        if found.kind is not Kind.DATA:
            raise UnreadError("a part of `fs`, or of the project's code")
        return DATA

    def shown(self, found: Value) -> Value:
        """A value that is shown or compared, and not kept."""
        return RESULT if found.kind is Kind.RESULT else self.data(found)

    def values(self, results: int = 0) -> Value:
        """What a function is given, of which only the first so many may be results; what it makes of these is one."""
        self.take("(")
        whole = DATA
        while not self.is_mark(")"):
            found = self.expression()
            if results > 0 and found.kind is Kind.RESULT:
                whole = RESULT
            else:
                self.data(found)
            results -= 1
            if not self.is_mark(")"):
                self.take(",")
        self.next()
        return whole

    def calls(self) -> None:
        """What is called for each of several values, and perhaps what it begins with."""
        self.take("(")
        if found := _ARROW.match(self.text, self.start):
            names = self.bound(_WORD.findall(found[0]))
            self.at = found.end()
            self.next()
            self.data(self.expression())
            self.forget(names)
        elif self.is_mark(*CALLED):
            self.next()
        if self.is_mark(","):
            self.next()
            self.data(self.expression())
        self.take(")")

    def file(self, name: str) -> None:
        """A file that is read or written, by a name that stands there, or that a constant has."""
        known = self.known.get(self.word, DATA).text if not self.is_text else ""
        self.deeds.append(Deed(EffectKind.WRITE if name in WRITES else EffectKind.READ, known or self.known_text()))
        if known:
            self.next()
        if name in WRITES:
            self.take(",")
            self.data(self.expression())
        if self.is_mark(","):
            self.next()
            # An option could say that the file is emptied, or which one is meant.
            self.known_text()
        self.take(")")

    def first(self) -> Value:
        if self.is_text:
            text = self.next()
            return Value(Kind.DATA, "" if "\\" in text else text)
        if self.word.isdecimal() or self.word in CONSTANTS:
            self.next()
            return DATA
        if self.is_mark("("):
            self.next()
            found = self.expression()
            self.take(")")
            return found
        word = self.next()
        if word in self.known:
            return self.known[word]
        if word == "require":
            return self.required()
        if word == "process":
            return self.process()
        if word in FUNCTIONS:
            self.take(".")
            if self.word not in FUNCTIONS[word] or self.is_text:
                raise UnreadError(f"`{word}.{self.word[:20]}`")
            self.next()
            # What stands behind the first may be a function that is called.
            return self.values(MOST_SHOWN if word == "console" else 1)
        raise UnreadError(f"`{word[:20]}`")

    def required(self) -> Value:
        self.take("(")
        name = self.known_text()
        self.take(")")
        if name in FILES:
            return Value(Kind.FILES)
        if not (_JSON.fullmatch(name) or _INSTALLED.fullmatch(name)):
            return self.module(name)
        path = name if _JSON.fullmatch(name) else f"node_modules/{name}"
        # Where no such file is, Node looks for `package.json.js`, and runs it.
        self.deeds.append(Deed(EffectKind.RUN, dirname(name) if path == name else "."))
        self.deeds.append(Deed(EffectKind.READ, path))
        return DATA

    def process(self) -> Value:
        self.take(".")
        if self.is_text or self.word not in (*PROCESS, "cwd", "env"):
            raise UnreadError(f"`process.{self.word[:20]}`")
        name = self.next()
        if name == "cwd":
            self.take("(")
            self.take(")")
        elif name == "env":
            variable = ""
            if self.is_mark("."):
                self.next()
                variable = self.name()
            self.variables.append(variable)
        return DATA
