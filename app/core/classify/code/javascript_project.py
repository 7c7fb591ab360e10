"""What JavaScript calls of the project's own code: modules by where they lie, functions with constants."""

import re
from enum import Enum, auto
from posixpath import dirname
from typing import Final

from msgspec import Struct

from app.core.classify.code.found import Deed, UnreadError
from app.core.classify.code.javascript_names import CONSTANTS, FILES, MODULES, NODE_OWN
from app.core.classify.code.javascript_tokens import Tokens
from app.core.classify.code.project import computes, is_ordinary, opened
from app.core.model import EffectKind

_MODULE: Final = re.compile(r"\.{1,2}(?:/[\w-][\w.-]*)+", re.ASCII)
_PACKAGE: Final = re.compile(r"(?:@[a-z][\w-]*/)?[a-z][\w-]*", re.ASCII)
_SUFFIX: Final = re.compile(r"(?:/index)?(?:\.[cm]?[jt]sx?)?")
_DEEPEST: Final = 8


class Kind(Enum):
    """What a value is."""

    DATA = auto()
    FILES = auto()  # the module of files
    NODE = auto()  # another of Node's own modules
    PURE = auto()  # a function of such a module that changes nothing
    MODULE = auto()  # the project's own
    PACKAGE = auto()  # one that it has installed: asked for its version, no more
    FUNCTION = auto()  # of such a module
    RESULT = auto()  # what such a function gave: shown, never handed on


class Value(Struct, frozen=True):
    """What is known of a value: of a text all that it says, of the project's own code its dotted name."""

    kind: Kind
    text: str = ""
    name: str = ""


DATA: Final = Value(Kind.DATA)
RESULT: Final = Value(Kind.RESULT)


class Project(Tokens):
    """Reads what leads to the project's own code."""

    def __init__(self, text: str) -> None:
        self.deeds: list[Deed] = []
        self.modules: list[str] = []
        super().__init__(text)

    def module(self, path: str) -> Value:
        """A module of Node's own, one of the project's, or a package that it has, which is run where it is loaded."""
        if path in FILES:
            return Value(Kind.FILES)
        if path.removeprefix("node:") in MODULES:
            return Value(Kind.NODE, name=path.removeprefix("node:"))
        name = ".".join([part for part in _SUFFIX.sub("", path).split("/") if part not in (".", "..")])
        is_package = _PACKAGE.fullmatch(path) is not None and path not in NODE_OWN
        if not (_MODULE.fullmatch(path) or is_package) or not is_ordinary(name):
            raise UnreadError(f"`{path[:20]}`, loaded")
        self.modules.append(name)
        self.deeds.append(Deed(EffectKind.RUN, "."))
        if is_package:
            return Value(Kind.PACKAGE)
        self.deeds.append(Deed(EffectKind.RUN, dirname(path)))
        return Value(Kind.MODULE, name=name)

    def called(self, function: Value) -> Value:
        """INVARIANT: a function by a name that says that it computes, of constants alone."""
        # A module that is a function bears its file's name.
        name = function.name
        texts: set[str] = set()
        count = self.constants(")", texts)
        if function.kind is Kind.MODULE:
            name = f"{name}.{name.rpartition('.')[2]}"
        if count == 0 or not computes(name, (), texts):
            raise UnreadError(f"`{name[:40]}()`, of which it is not known that it only computes")
        self.deeds += [Deed(EffectKind.READ, text) for text in opened(texts)]
        return RESULT

    def constants(self, end: str, texts: set[str], depth: int = 0) -> int:
        """How many there are up to a bracket that closes them; `texts` are all that stand among them."""
        self.next()
        count = 0
        while not self.is_mark(end):
            if end == "}":
                texts.add(self.known_text() if self.is_text else self.name())
                self.take(":")
            self.constant(texts, depth)
            count += 1
            if not self.is_mark(end):
                self.take(",")
        self.next()
        return count

    def constant(self, texts: set[str], depth: int) -> None:
        if self.is_text:
            texts.add(self.known_text())
        elif self.is_mark("[", "{"):
            if depth == _DEEPEST:
                raise UnreadError("nested too deeply")
            self.constants("]" if self.word == "[" else "}", texts, depth + 1)
        elif self.word in CONSTANTS:
            self.next()
        else:
            self.number()

    def number(self) -> None:
        if self.is_mark("-"):
            self.next()
        self.digits()
        if self.is_mark("."):
            self.next()
            self.digits()

    def digits(self) -> None:
        if self.is_text or not self.word.isdecimal():
            raise UnreadError(f"`{self.word[:20]}`, which is no constant")
        self.next()
