"""What Python calls of the project's own code, and what is done with that which it gives."""

from __future__ import annotations

import ast
from typing import Final

from msgspec.structs import replace

from app.core.classify.code.found import DATA, RESULT, Kind, UnreadError, Value, made_of
from app.core.classify.code.project import computes, opened
from app.core.classify.code.python_files import Files
from app.core.classify.code.python_names import BUILDS, MODULES, PROPERTIES, RESULT_METHODS, SHOWS
from app.core.model import EffectKind

# `json.dumps(found, default=str)`
_TEXT: Final = Value(Kind.ROLE, name="builtins.str")


class Project(Files):
    """Reads calls of what was imported from outside Python."""

    __slots__ = ()

    def of_project(self, name: str, node: ast.Call, values: list[Value]) -> Value:
        """INVARIANT: a function that an import brought, by a name that says that it computes, of constants alone."""
        module = name.rpartition(".")[0]
        texts = made_of(values)
        given = [keyword.arg for keyword in node.keywords if keyword.arg]
        # What a module has imported itself is no part of it: `app.calc.os`.
        if module not in self.modules or name.partition(".")[0] in MODULES or not values or texts is None:
            raise UnreadError(f"`{name}()`")
        if not computes(name, given, texts):
            raise UnreadError(f"`{name}()`, of which it is not known that it only computes")
        for text in opened(texts):
            self.does(EffectKind.READ, text)
        return RESULT

    def of_result(self, name: str, values: list[Value]) -> Value:
        """A method of what the project's code gave."""
        if name not in RESULT_METHODS or made_of(values) is None:
            raise UnreadError(f"`.{name}()` of what the project's code gives")
        return RESULT

    def of_role(self, name: str, node: ast.Call, values: list[Value]) -> Value | None:
        """What some functions make of results, or of constants; nothing, if there is more to it."""
        texts = made_of(values)
        if texts is not None:
            return replace(DATA, made=texts) if name in BUILDS else None
        # By a name it may be given what it calls.
        named = values[len(node.args) :]
        if name not in SHOWS or any(value.kind is Kind.RESULT for value in named):
            return None
        others = [value for value in values if value.kind is not Kind.RESULT and value != _TEXT]
        return RESULT if made_of(others) is not None else None

    def property_of_result(self, name: str) -> Value:
        if name not in PROPERTIES:
            raise UnreadError(f"`.{name}` of what the project's code gives")
        return RESULT
