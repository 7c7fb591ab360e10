"""Calls of Python: what each function does by its role in the tables, and what it gives.

pure     takes values and gives one; nothing that it can be handed makes it do more. It may call what it is given
bare     the same, but only without arguments: with some it runs a program
text     shows or measures anything, and keeps nothing of it
keeps    makes one collection of another
map      calls what it is given for each of several values
about    says what something is
help     the same, with the constants of a module
type     gives a class, which nothing calls
maker    gives a function that does no harm
read, write, delete, tree, looks, glob, copy, open   do that to the path that stands first
path, join, same, expand, cwd, home                  make a path of texts
environ, getenv                                      the environment
"""

from __future__ import annotations

import ast
from abc import abstractmethod

from msgspec.structs import replace

from app.core.classify.code.formats import is_plain_format
from app.core.classify.code.found import CALLABLE, CLASS, DATA, Kind, UnreadError, Value
from app.core.classify.code.python_names import FILE_METHODS, METHODS, READING_METHODS, ROLES, STANDARD
from app.core.classify.code.python_project import Project


class Calls(Project):
    """Reads calls; what an expression is, `Expressions` says."""

    __slots__ = ()

    @abstractmethod
    def starred(self, node: ast.expr) -> Value:
        """The same, or what each of the values behind a star is."""

    @abstractmethod
    def attribute(self, of: Value, name: str) -> Value:
        """What an attribute of a value is."""

    @abstractmethod
    def function(self, node: ast.Lambda, each: Value) -> Value:
        """A lambda that is called with such values; what it gives is a value, too."""

    # Calls -----------------------------------------------------------------------------------------------------

    def call(self, node: ast.Call) -> Value:
        if any(keyword.arg is None for keyword in node.keywords):
            raise UnreadError("arguments by names that are not told")
        if isinstance(node.func, ast.Attribute):
            of = self.value(node.func.value)
            self.at = node.func
            match of.kind:
                case Kind.DATA | Kind.FILE | Kind.PATH | Kind.SHARED | Kind.ENVIRON | Kind.MANY | Kind.RESULT:
                    return self._method(of, node.func, node)
                case _:
                    found = self.attribute(of, node.func.attr)
        else:
            found = self.value(node.func)
        self.at = node.func
        match found.kind:
            case Kind.ROLE:
                return self._role(found.name, ROLES[found.name], node)
            case Kind.CALLABLE:
                self._values(node)
                return DATA
            case Kind.FOREIGN:
                return self.of_project(found.name, node, self._arguments(node))
            case _:
                raise UnreadError("a call of what is not known")

    def _arguments(self, node: ast.Call) -> list[Value]:
        """All arguments; functions written among them take what the others hold."""
        given = [*node.args, *[keyword.value for keyword in node.keywords]]
        found = {id(one): self.starred(one) for one in given if not isinstance(one, ast.Lambda)}
        many = next((one.of for one in found.values() if one.kind is Kind.MANY and one.of is not None), DATA)
        for one in given:
            if isinstance(one, ast.Lambda):
                found[id(one)] = self.function(one, many)
        values = [found[id(one)] for one in given]
        if any(value.kind is Kind.FILE for value in values):
            self.wrote = True
        return values

    def _values(self, node: ast.Call) -> list[Value]:
        return [self.data(value) for value in self._arguments(node)]

    def _variable(self, node: ast.Call) -> Value:
        """The variable that a call asks for, if its first argument is not given by a name behind another."""
        values = self._values(node)
        return self.variable(values if node.args or not values else [DATA])

    def _role(self, name: str, role: str, node: ast.Call) -> Value:
        match role:
            case "pure":
                return self._pure(name, node)
            case "bare":
                if node.args or node.keywords:
                    raise UnreadError(f"`{name}` with arguments")
                return DATA
            case "text":
                self._shown(name, node)
                return DATA
            case "keeps":
                return self._kept(name, node)
            case "map":
                return self._mapped(node)
            case "about" | "help":
                return self._explained(role, self._arguments(node))
            case "type":
                if len(node.args) != 1 or node.keywords:
                    raise UnreadError("`type` with several arguments")
                self._arguments(node)
                return CLASS
            case "maker":
                self._values(node)
                return CALLABLE
            case "getenv":
                return self._variable(node)
            case _:
                return self.on_path(role, self.positional(node, role), node)

    def _pure(self, name: str, node: ast.Call) -> Value:
        values = self._arguments(node)
        if (made := self.of_role(name, node, values)) is not None:
            return made
        for value in values:
            self.data(value)
        return DATA

    def _shown(self, name: str, node: ast.Call) -> None:
        for keyword in node.keywords:
            # What is printed into something else calls that.
            if keyword.arg in ("file", "stream") and self.value(keyword.value).kind is not Kind.FILE:
                raise UnreadError(f"`{name.removeprefix('builtins.')}` into what is no file")
        for value in self._arguments(node):
            self.seen(value)

    def _explained(self, role: str, values: list[Value]) -> Value:
        """INVARIANT: `help` prints what modules and classes hold: the environment, or a secret of the project."""
        for value in values if role == "help" else ():
            root, *parts = value.name.split(".")
            if root not in STANDARD or "os" in (root, *parts):
                raise UnreadError("`help` on what may hold more than functions")
        if role == "help" and not values:
            raise UnreadError("`help` that asks what for")
        return DATA

    def _kept(self, name: str, node: ast.Call) -> Value:
        whole = DATA
        values = self._arguments(node)
        self._check_called(node, values)
        if (made := self.of_role(name, node, values)) is not None:
            return made
        for value in values:
            if value.kind is Kind.MANY:
                whole = value
            elif value.kind in (Kind.SHARED, Kind.ENVIRON):
                self.seen(value)
            else:
                self.data(value)
        return whole

    def _mapped(self, node: ast.Call) -> Value:
        values = self._arguments(node)
        self._check_called(node, values)
        for value in values[:1] if len(values) == 2 and values[1].kind is Kind.MANY else values:
            self.data(value)
        return DATA

    def _check_called(self, node: ast.Call, values: list[Value]) -> None:
        """INVARIANT: what was read as a function of values is not called with paths, whose methods are others."""
        if all(value.kind is not Kind.MANY or value.of is None or value.of.kind is Kind.DATA for value in values):
            return
        written = sum(isinstance(one, ast.Lambda) for one in (*node.args, *[one.value for one in node.keywords]))
        if sum(value.kind is Kind.CALLABLE for value in values) > written:
            raise UnreadError("a function that is called with files")
        for value in values:
            if value.kind is Kind.ROLE and ROLES[value.name] != "text":
                raise UnreadError(f"`{value.name.removeprefix('builtins.')}`, called with files")

    # Methods ---------------------------------------------------------------------------------------------------

    def _method(self, of: Value, function: ast.Attribute, node: ast.Call) -> Value:
        name = function.attr
        match of.kind:
            case Kind.SHARED:
                return self.of_folders(name, node)
            case Kind.ENVIRON if name == "get":
                return self._variable(node)
            case Kind.PATH:
                return self.of_path(of, name, node)
            case Kind.RESULT:
                return self.of_result(name, self._arguments(node))
            case Kind.FILE if name in FILE_METHODS:
                given = self._values(node)
                blank = len(given) == 1 and given[0].texts is not None and not any(map(str.strip, given[0].texts))
                self.wrote = self.wrote or (name in ("write", "writelines") and not blank)
                return DATA
            case Kind.ENVIRON if name in ("items", "keys", "values", "copy"):
                self._values(node)
                self.seen(of)
                return DATA
            case Kind.DATA if name in METHODS:
                return self._of_data(of, name, node)
            case Kind.DATA if name == "format" and isinstance(function.value, ast.Constant):
                self._values(node)
                if not is_plain_format(function.value.value):
                    raise UnreadError("`.format` with fields that look into what they show")
                return DATA
            case _:
                raise UnreadError(f"`.{name}()`")

    def _of_data(self, of: Value, name: str, node: ast.Call) -> Value:
        self.data(of)
        values = self._arguments(node)
        if name == "join" and len(values) == 1 and values[0].kind in (Kind.SHARED, Kind.MANY, Kind.RESULT):
            return DATA
        if name in READING_METHODS and not values:
            return replace(DATA, made=of.made)
        for value in values:
            self.data(value)
        return DATA
