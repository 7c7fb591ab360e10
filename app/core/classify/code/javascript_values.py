"""Values of JavaScript: what is written, what JSON files hold, and what functions that do no harm make of both."""

import re
from posixpath import dirname
from typing import Final

from app.core.classify.code.found import Deed, UnreadError
from app.core.classify.code.javascript_calls import Calls
from app.core.classify.code.javascript_names import (
    ALONE,
    CALLING,
    CONSTANTS,
    FUNCTIONS,
    INTL,
    MAKING,
    METHODS,
    MODULES,
    MOST_SHOWN,
    NEW,
    OF_RESULTS,
    OPERATORS,
    PROCESS,
    READS,
    REPLACING,
    TELLS,
    WRITES,
)
from app.core.classify.code.javascript_project import DATA, RESULT, Kind, Value
from app.core.classify.code.javascript_tokens import LEADS_OUT
from app.core.model import EffectKind

_DEEPEST: Final = 16
_JSON: Final = re.compile(r"(?:\.{1,2}/|/)[\w./@-]+\.json", re.ASCII)
_INSTALLED: Final = re.compile(r"(?:@[\w.-]+/)?[\w-][\w.-]*/package\.json", re.ASCII)
_BEFORE: Final = frozenset(("!", "-", "+", "typeof"))


class Values(Calls):
    """Reads one value after the other."""

    def __init__(self, text: str) -> None:
        self.depth = 0
        self.variables: list[str] = []
        # The value that was read last is a part of one that has a name.
        self.is_part = False
        super().__init__(text)

    def part(self, of: Value, name: str) -> Value:
        """What stands behind a point."""
        match of.kind:
            case Kind.PACKAGE if name in TELLS:
                return DATA
            case Kind.MODULE:
                return Value(Kind.FUNCTION, name=f"{of.name}.{name}")
            case Kind.NODE if name in MODULES[of.name]:
                return Value(Kind.PURE)
            case Kind.RESULT:
                return RESULT
            case _:
                return self.data(of)

    def expression(self) -> Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadError("nested too deeply")
        found = self.chain()
        while self.is_mark(*OPERATORS):
            if self.word == "/" and self.text[self.at : self.at + 1] in ("/", "*"):
                raise UnreadError("a comment")
            self.next()
            other = self.chain()
            self.is_part = False
            found = self.either(found, other)
        if self.is_mark("?"):
            self.shown(found)
            self.next()
            one = self.expression()
            self.take(":")
            found = self.either(one, self.expression())
            self.is_part = False
        self.depth -= 1
        return found

    def chain(self) -> Value:
        turned = self.is_mark(*_BEFORE)
        while self.is_mark(*_BEFORE):
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
        return self.data(found) if turned and found.kind is not Kind.RESULT else found

    def function(self, found: Value) -> Value:
        if found.kind is Kind.PURE:
            return self.values()
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
            case Kind.MODULE | Kind.NODE:
                return self.part(of, name)
            case Kind.DATA if name in CALLING:
                self.calls()
                return DATA
            case Kind.DATA if name in REPLACING:
                self.replaces()
                return DATA
            case Kind.DATA if name in METHODS:
                self.values()
                return DATA
            case Kind.RESULT if name in OF_RESULTS:
                self.constants(")", set())
                return RESULT
            case _:
                raise UnreadError(f"`.{name[:20]}()`")

    def first(self) -> Value:
        if self.is_text:
            text = self.next()
            return Value(Kind.DATA, "" if "\\" in text else text)
        if self.word[:1].isdecimal():
            return self.figure()
        if self.word in CONSTANTS:
            self.next()
            return DATA
        if self.is_mark("("):
            self.next()
            found = self.expression()
            self.take(")")
            return found
        if self.is_mark("[", "{"):
            return self.collection("]" if self.word == "[" else "}")
        if self.is_mark("/"):
            return self.pattern()
        word = self.next()
        if word in self.known:
            return self.known[word]
        if word == "require":
            return self.required()
        if word == "process":
            return self.process()
        if word in MODULES:
            # Node has its own modules at hand in what it is told.
            return Value(Kind.NODE, name=word)
        if word in FUNCTIONS or word in ALONE or word in ("new", "Intl"):
            return self.own(word)
        raise UnreadError(f"`{word[:20]}`")

    def own(self, word: str) -> Value:
        """A function or a class of JavaScript's own."""
        if word == "new":
            self.one_of(NEW)
        elif word == "Intl":
            self.take(".")
            self.one_of(INTL)
        elif word not in ALONE or self.is_mark("."):
            self.take(".")
            name = self.one_of(FUNCTIONS.get(word, frozenset()))
            if word == "Math" and not self.is_mark("("):
                return DATA
            if name in MAKING:
                self.replaces()
                return DATA
        # What stands behind the first may be a function that is called.
        return self.values(MOST_SHOWN if word == "console" else 1)

    def one_of(self, names: frozenset[str]) -> str:
        name = self.word
        if not self.is_text and name == "Intl":
            self.next()
            self.take(".")
            name = f"Intl.{self.word}"
        if self.is_text or name not in names:
            raise UnreadError(f"`{name[:20]}`")
        return self.next()

    def required(self) -> Value:
        self.take("(")
        name = self.known_text()
        self.take(")")
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
