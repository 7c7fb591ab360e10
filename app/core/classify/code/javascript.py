"""JavaScript in a word: the forms in which a project is asked what stands in its JSON files.

INVARIANT: a closed grammar. Nothing is called but what stands in the tables below, with values alone, and no name leads
from a value to a function that does more. What is not of these forms is not understood.
"""

import re
from functools import lru_cache
from posixpath import dirname
from typing import Final

from app.core.budget import Budget
from app.core.classify.code.found import Code, Deed, UnreadError
from app.core.model import EffectKind

_LONGEST: Final = 1_024
_DEEPEST: Final = 16
_TOKEN: Final = re.compile(
    r"""\s*(?:(["'`])(?P<text>(?:(?!\1)[^\\\n$])*)\1|(?P<word>\w+)|(?P<mark>===|!==|[-+*(){}\[\].,;=]))""", re.ASCII
)
_JSON: Final = re.compile(r"(?:\.{1,2}/|/)[\w./@-]+\.json", re.ASCII)
_INSTALLED: Final = re.compile(r"(?:@[\w.-]+/)?[\w-][\w.-]*/package\.json", re.ASCII)
_OPERATORS: Final = ("+", "-", "*", "===", "!==")
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
# What leads from a value to what made it.
_LEADS_OUT: Final = frozenset(("constructor", "prototype"))
_METHODS: Final = frozenset(
    """
    at concat endsWith flat includes indexOf join padEnd padStart reverse slice sort split startsWith toFixed
    toLowerCase toString toUpperCase trim
    """.split()  # noqa: SIM905 (a column reads worse)
)
_FUNCTIONS: Final = {
    "console": frozenset(("log", "error", "table")),
    "JSON": frozenset(("parse", "stringify")),
    "Object": frozenset(("keys", "values", "entries")),
}
_PROCESS: Final = frozenset(("version", "versions", "platform", "arch", "argv", "execPath", "pid", "release", "title"))
_FILES: Final = ("fs", "node:fs")
_READS: Final = frozenset(("existsSync", "readFileSync"))


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


class _Reader:
    """Reads one token after the other. A value is data, or the module of files where `is_files` holds."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.word = ""
        self.depth = 0
        self.deeds: list[Deed] = []
        self.variables: list[str] = []
        self.known: dict[str, bool] = {}
        self.next()

    def next(self) -> str:
        """The token at hand, a text without its quotes; the one behind it is looked at."""
        token = self.word
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

    def name(self) -> str:
        """A name that leads from a value to another one."""
        if self.is_text or not self.word.isidentifier() or self.word in _LEADS_OUT or self.word[:2] == "__":
            raise UnreadError(f"`.{self.word[:20]}`")
        return self.next()

    # Statements ------------------------------------------------------------------------------------------------

    def program(self) -> None:
        while not self.ended:
            if self.is_mark("const", "let", "var"):
                self.next()
                self.binding()
            else:
                self.expression()
            if not self.ended:
                self.take(";")

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
        for name in names:
            if name in _TAKEN or name in _CONSTANTS or name in self.known:
                raise UnreadError(f"`{name[:20]}`, given a meaning of its own")
            self.known[name] = is_files

    # Values ----------------------------------------------------------------------------------------------------

    def expression(self) -> bool:
        """Whether it is the module of files; anything else is data."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadError("nested too deeply")
        found = self.chain()
        while self.is_mark(*_OPERATORS):
            self.next()
            self.chain()
            found = False
        self.depth -= 1
        return found

    def chain(self) -> bool:
        found = self.first()
        while self.is_mark(".", "["):
            if self.next() == "[":
                if self.is_text and (self.word in _LEADS_OUT or self.word[:2] == "__"):
                    raise UnreadError(f"`[{self.word[:20]}]`")
                if not self.is_text and not self.word.isdecimal():
                    raise UnreadError("a name that is made while it runs")
                self.next()
                self.take("]")
                found = self.data(found)
                continue
            name = self.name()
            if not self.is_mark("("):
                found = self.data(found)
            elif found and name in _READS:
                self.next()
                found = self.file()
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

    def file(self) -> bool:
        """A file that is read, by a name that stands there."""
        if not self.is_text:
            raise UnreadError("a file whose name is made while it runs")
        self.deeds.append(Deed(EffectKind.READ, self.next()))
        if self.is_mark(","):
            self.next()
            if not self.is_text:
                # One of them says that the file is emptied, or that it is another one.
                raise UnreadError("options that are made while it runs")
            self.next()
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
        if not self.is_text:
            raise UnreadError("a module whose name is made while it runs")
        name = self.next()
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
