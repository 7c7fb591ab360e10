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
from app.core.classify.code.javascript_tokens import LEADS_OUT, Tokens
from app.core.model import EffectKind

_LONGEST: Final = 1_024
_DEEPEST: Final = 16
_JSON: Final = re.compile(r"(?:\.{1,2}/|/)[\w./@-]+\.json", re.ASCII)
_INSTALLED: Final = re.compile(r"(?:@[\w.-]+/)?[\w-][\w.-]*/package\.json", re.ASCII)
_OPERATORS: Final = frozenset(
    ("+", "-", "*", "/", "%", "==", "===", "!=", "!==", "<", "<=", ">", ">=", "&&", "||", "??")
)
_NAMES: Final = r"\w+|\[\s*\w+(?:\s*,\s*\w+)*\s*\]|\{\s*\w+(?:\s*,\s*\w+)*\s*\}"
# A function of one expression.
_ARROW: Final = re.compile(rf"\s*(?:\w+|\((?:\s*(?:{_NAMES})\s*,)*\s*(?:{_NAMES})?\s*\))\s*=>(?!\s*\{{)", re.ASCII)
_LOOP: Final = re.compile(rf"\s*\(\s*(?:const|let)\b\s*(?P<names>{_NAMES})\s+of\b", re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)
_CONSTANTS: Final = frozenset(("true", "false", "null", "undefined"))
# Words that begin something else than a value, or mean something of their own.
_TAKEN: Final = frozenset(
    """
    JSON Object arguments async await break case catch class const console continue debugger default delete do
    else enum eval export extends finally for function get global globalThis if implements import in instanceof
    interface let module new of package private process protected public require return set static super switch
    this throw try typeof var void while with yield
    """.split()  # noqa: SIM905 (a column reads worse)
)
_METHODS: Final = frozenset(
    """
    at concat endsWith flat includes indexOf join padEnd padStart replaceAll replace reverse slice split startsWith
    toFixed toLowerCase toString toUpperCase trim
    """.split()  # noqa: SIM905 (a column reads worse)
)
# Methods that call what they are given for each of several values: a function that is written there, or one of these.
_CALLING: Final = frozenset(("map", "filter", "forEach", "find", "some", "every", "flatMap", "reduce", "sort"))
_CALLED: Final = frozenset(("Boolean", "String", "Number"))
_FUNCTIONS: Final = {
    "console": frozenset(("log", "error", "table")),
    "JSON": frozenset(("parse", "stringify")),
    "Object": frozenset(("keys", "values", "entries")),
}
_PROCESS: Final = frozenset(("version", "versions", "platform", "arch", "argv", "execPath", "pid", "release", "title"))
_FILES: Final = ("fs", "node:fs")
_READS: Final = frozenset(("existsSync", "readFileSync"))
_WRITES: Final = frozenset(("writeFileSync", "appendFileSync"))


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
    return Code(deeds=tuple(reader.deeds), variables=tuple(reader.variables))


class _Reader(Tokens):
    """Reads one statement after the other. A value is data, or the module of files where `is_files` holds."""

    def __init__(self, text: str) -> None:
        self.depth = 0
        self.deeds: list[Deed] = []
        self.variables: list[str] = []
        self.known: dict[str, bool] = {}
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
        else:
            self.expression()
            if self.is_mark("="):
                self.given()
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
        if not (self.is_text or self.word.isdecimal() or self.word in _CONSTANTS):
            raise UnreadError("a part that is given what is not written there")
        self.next()

    def binding(self) -> None:
        names = []
        apart = self.is_mark("{")
        if apart:
            while self.is_mark("{", ","):
                self.next()
                names.append(self.name())
            self.take("}")
        else:
            names.append(self.name())
        self.take("=")
        is_files = self.expression()
        if apart:
            self.data(is_files)
        self.bound(names, is_files=is_files)

    def bound(self, names: list[str], *, is_files: bool = False) -> list[str]:
        for name in names:
            if name in LEADS_OUT or name[:2] == "__" or not name.isidentifier():
                raise UnreadError(f"`{name[:20]}`")
            if name in _TAKEN or name in _CONSTANTS or name in self.known:
                raise UnreadError(f"`{name[:20]}`, given a meaning of its own")
            self.known[name] = is_files
        return names

    def forget(self, names: list[str]) -> None:
        for name in names:
            del self.known[name]

    # Values ----------------------------------------------------------------------------------------------------

    def expression(self) -> bool:
        """Whether it is the module of files; anything else is data."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadError("nested too deeply")
        found = self.chain()
        while self.is_mark(*_OPERATORS):
            self.next()
            self.data(self.chain())
            self.is_part = False
            found = self.data(found)
        self.depth -= 1
        return found

    def chain(self) -> bool:
        while self.is_mark("!"):
            self.next()
        has_name = not self.is_text and self.word in self.known
        found = self.first()
        self.is_part = False
        while self.is_mark(".", "[", "?."):
            if self.next() == "[":
                if self.is_text and (self.word in LEADS_OUT or self.word[:2] == "__"):
                    raise UnreadError(f"`[{self.word[:20]}]`")
                if self.is_text or not self.word.isdecimal():
                    self.known_text()
                else:
                    self.next()
                self.take("]")
                found = self.data(found)
                self.is_part = has_name
                continue
            name = self.name()
            self.is_part = False
            if not self.is_mark("("):
                found = self.data(found)
                self.is_part = has_name
            elif found and name in (_READS | _WRITES):
                self.next()
                found = self.file(name)
            elif not found and name in _CALLING:
                self.calls()
            elif not found and name in _METHODS:
                self.values()
            else:
                raise UnreadError(f"`.{name[:20]}()`")
        return found

    def data(self, found: bool) -> bool:  # noqa: FBT001 (what a value is)
        if found:
            raise UnreadError("a part of `fs`")
        return False

    def values(self) -> None:
        self.take("(")
        while not self.is_mark(")"):
            self.data(self.expression())
            if not self.is_mark(")"):
                self.take(",")
        self.next()

    def calls(self) -> None:
        """What is called for each of several values, and perhaps what it begins with."""
        self.take("(")
        if found := _ARROW.match(self.text, self.start):
            names = self.bound(_WORD.findall(found[0]))
            self.at = found.end()
            self.next()
            self.data(self.expression())
            self.forget(names)
        elif self.is_mark(*_CALLED):
            self.next()
        if self.is_mark(","):
            self.next()
            self.data(self.expression())
        self.take(")")

    def file(self, name: str) -> bool:
        """A file that is read or written, by a name that stands there."""
        self.deeds.append(Deed(EffectKind.WRITE if name in _WRITES else EffectKind.READ, self.known_text()))
        if name in _WRITES:
            self.take(",")
            self.data(self.expression())
        if self.is_mark(","):
            self.next()
            # An option could say that the file is emptied, or which one is meant.
            self.known_text()
        self.take(")")
        return False

    def first(self) -> bool:
        if self.is_text or self.word.isdecimal() or self.word in _CONSTANTS:
            self.next()
            return False
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
        if word in _FUNCTIONS:
            self.take(".")
            if self.word not in _FUNCTIONS[word] or self.is_text:
                raise UnreadError(f"`{word}.{self.word[:20]}`")
            self.next()
            self.values()
            return False
        raise UnreadError(f"`{word[:20]}`")

    def required(self) -> bool:
        self.take("(")
        name = self.known_text()
        self.take(")")
        if name in _FILES:
            return True
        if not (_JSON.fullmatch(name) or _INSTALLED.fullmatch(name)):
            raise UnreadError(f"`require('{name[:20]}')`")
        path = name if _JSON.fullmatch(name) else f"node_modules/{name}"
        # Where no such file is, Node looks for `package.json.js`, and runs it.
        self.deeds.append(Deed(EffectKind.RUN, dirname(name) if path == name else "."))
        self.deeds.append(Deed(EffectKind.READ, path))
        return False

    def process(self) -> bool:
        self.take(".")
        if self.is_text or self.word not in (*_PROCESS, "cwd", "env"):
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
        return False
