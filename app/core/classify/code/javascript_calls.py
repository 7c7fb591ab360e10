"""What functions of JavaScript are given: values, functions that are written there, and names of files."""

import re
from typing import Final

from app.core.classify.code.found import Deed, UnreadError
from app.core.classify.code.javascript_literals import Literals
from app.core.classify.code.javascript_names import ADDS, CALLED, CONSTANTS, OWN, TAKEN, WRITES
from app.core.classify.code.javascript_project import DATA, RESULT, Kind, Value
from app.core.classify.code.javascript_tokens import LEADS_OUT
from app.core.model import EffectKind

NAMES: Final = r"\w+|\[\s*\w+(?:\s*,\s*\w+)*\s*\]|\{\s*\w+(?:\s*,\s*\w+)*\s*\}"
# A function of one expression.
_ARROW: Final = re.compile(rf"\s*(?:\w+|\((?:\s*(?:{NAMES})\s*,)*\s*(?:{NAMES})?\s*\))\s*=>(?!\s*\{{)", re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)


class Calls(Literals):
    """Reads what stands between the brackets behind a function."""

    def bound(self, names: list[str], value: Value = DATA) -> list[str]:
        for name in names:
            if name in LEADS_OUT or name[:2] == "__" or not name.isidentifier():
                raise UnreadError(f"`{name[:20]}`")
            # INVARIANT: what is called by its name alone is JavaScript's own.
            if name in (TAKEN | OWN | CONSTANTS) or name in self.known:
                raise UnreadError(f"`{name[:20]}`, given a meaning of its own")
            self.known[name] = value
        return names

    def forget(self, names: list[str]) -> None:
        for name in names:
            del self.known[name]

    def values(self, results: int = 0) -> Value:
        """What a function is given, of which only the first so many may be results; what it makes of these is one."""
        self.take("(")
        whole = DATA
        while not self.is_mark(")"):
            self.spread()
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

    def replaces(self) -> None:
        """Several values, and perhaps what is called for each of them."""
        self.take("(")
        self.data(self.expression())
        if self.is_mark(","):
            self.next()
            if not self.arrow():
                self.data(self.expression())
        self.take(")")

    def arrow(self) -> bool:
        """A function that is written there, of one expression."""
        found = _ARROW.match(self.text, self.start)
        if found is not None:
            names = self.bound(_WORD.findall(found[0]))
            self.at = found.end()
            self.next()
            self.data(self.expression())
            self.forget(names)
        return found is not None

    def calls(self) -> None:
        """What is called for each of several values, and perhaps what it begins with."""
        self.take("(")
        if not self.arrow() and self.is_mark(*CALLED):
            self.next()
        if self.is_mark(","):
            self.next()
            self.data(self.expression())
        self.take(")")

    def file(self, name: str) -> None:
        """A file that is read or written, by a name that stands there, or that a constant has."""
        known = self.known.get(self.word, DATA).text if not self.is_text else ""
        path = known or self.known_text()
        self.deeds.append(Deed(EffectKind.WRITE if name in WRITES else EffectKind.READ, path))
        if known:
            self.next()
        if name in WRITES:
            self.take(",")
            if self.is_text and not self.word and name not in ADDS:
                # Nothing is left of it.
                self.deeds.append(Deed(EffectKind.DELETE, path))
            self.data(self.expression())
        if self.is_mark(","):
            self.next()
            # An option could say that the file is emptied, or which one is meant.
            self.known_text()
        self.take(")")
