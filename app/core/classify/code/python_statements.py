"""Statements of Python."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from app.core.classify.code.found import CALLABLE, DATA, FILE, Kind, UnreadError, Value
from app.core.classify.code.python_expressions import Expressions
from app.core.classify.code.python_names import EARLY, INSTALLED, MODULES, SETTLED, STANDARD
from app.core.model import EffectKind

_ANNOTATIONS: Final = frozenset(("str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple"))


class Statements(Expressions):
    """Reads one statement at a time."""

    __slots__ = ()

    def block(self, nodes: list[ast.stmt]) -> None:
        self.deep += 1
        for node in nodes:
            self.at = node
            self._statement(node)
        self.deep -= 1

    def _statement(self, node: ast.stmt) -> None:  # noqa: C901, PLR0912 (one case for each kind of node)
        match node:
            case ast.Expr(value=value):
                self.value(value)
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self.target(target, found, self.bind)
            case ast.AnnAssign(target=target, annotation=ast.Name(id=name), value=ast.expr() as value):
                if name not in _ANNOTATIONS:
                    raise UnreadError(f"`{name}`")
                self.target(target, self.value(value), self.bind)
            case ast.AugAssign(target=target, value=value):
                self.data(self.value(value))
                if isinstance(target, ast.Name):
                    self.data(self.known(target.id))
                self.target(target, DATA, self.bind)
            case ast.For(target=target, iter=several, body=body, orelse=otherwise):
                self.target(target, self.item(self.value(several)), self.bind)
                self.block([*body, *otherwise])
            case ast.If(test=test, body=body, orelse=otherwise) | ast.While(test=test, body=body, orelse=otherwise):
                self.value(test)
                self.block([*body, *otherwise])
            case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=after):
                self.block(body)
                for handler in handlers:
                    self._handler(handler)
                self.block([*otherwise, *after])
            case ast.With(items=items, body=body):
                for item in items:
                    self._opened_for(item)
                self.block(body)
            case ast.Import(names=names):
                for each in names:
                    self._import(each)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                self._import_from(module, names)
            case ast.FunctionDef():
                self._definition(node)
            case ast.Return(value=value):
                if value is not None:
                    self.data(self.value(value))
            case ast.Raise(exc=error, cause=None):
                if error is not None:
                    self.data(self.value(error))
            case ast.Assert(test=test, msg=message):
                self.value(test)
                if message is not None:
                    self.seen(self.value(message))
            case ast.Pass() | ast.Break() | ast.Continue():
                pass
            case _:
                raise UnreadError(type(node).__name__.lower())

    def target(self, node: ast.expr, found: Value, bind: Callable[[str, Value], None]) -> None:
        """Gives a value to a name, or to each of several."""
        match node:
            case ast.Name(id=name):
                bind(name, found)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                one = self.item(found)
                each = one if one.kind is Kind.RESULT else replace(DATA, made=self.data(one).made)
                for item in items:
                    self.target(item.value if isinstance(item, ast.Starred) else item, each, bind)
            case ast.Subscript(value=of, slice=index):
                holder = self.value(of)
                if holder.kind is not Kind.DATA:
                    raise UnreadError("something is put into what is not known")
                self.data(self.value(index))
                self.data(found)
            case _:
                raise UnreadError("an attribute is given another value")

    def _handler(self, handler: ast.ExceptHandler) -> None:
        if handler.type is not None:
            self.data(self.value(handler.type))
        if handler.name is not None:
            self.bind(handler.name, DATA)
        self.block(handler.body)

    def _opened_for(self, item: ast.withitem) -> None:
        found = self.value(item.context_expr)
        if found.kind is not Kind.FILE:
            raise UnreadError("`with` something that is no file")
        if item.optional_vars is not None:
            self.target(item.optional_vars, FILE, self.bind)

    # Functions -------------------------------------------------------------------------------------------------

    def function(self, node: ast.Lambda, each: Value) -> Value:
        """A lambda, called with such values; what it gives is a value, too."""
        before = self.within([(name, each) for name in self._parameters(node.args)])
        found = self.value(node.body)
        self.leave(before)
        self.data(found)
        return CALLABLE

    def _definition(self, node: ast.FunctionDef) -> None:
        if node.decorator_list or node.returns is not None:
            raise UnreadError(f"`{node.name}` with decorators or types")
        self.bind(node.name, CALLABLE)
        for name in self._parameters(node.args):
            self.bind(name, DATA)
        self._later += 1
        self.block(node.body)
        self._later -= 1

    def _parameters(self, arguments: ast.arguments) -> list[str]:
        """The names of what a function takes; the values for what is left out are values as any other."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.data(self.value(default))
        several = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *several]
        if any(one.annotation is not None for one in found):
            raise UnreadError("types of arguments")
        return [one.arg for one in found]

    # Modules ---------------------------------------------------------------------------------------------------

    def _import(self, name: ast.alias) -> None:
        self._loaded(name.name)
        root = name.name.partition(".")[0]
        whole = name.name if name.asname else root
        self.bind(name.asname or root, self._module(whole))

    def _import_from(self, module: str, names: list[ast.alias]) -> None:
        self._loaded(module)
        for name in names:
            if name.name == "*":
                raise UnreadError(f"`from {module} import *`")
            if module in MODULES:
                found = self.member(module, name.name)
            else:
                found = Value(Kind.FOREIGN, name=f"{module}.{name.name}")
            if found.kind is Kind.MODULE or (found.kind is Kind.FOREIGN and module not in MODULES):
                self._loaded(f"{module}.{name.name}")
            self.bind(name.asname or name.name, found)

    def _module(self, name: str) -> Value:
        if name in MODULES:
            return Value(Kind.MODULE, name=name)
        # `print(numpy)` shows where it lies.
        return Value(Kind.FOREIGN, (name,), name)

    def _loaded(self, name: str) -> None:
        """A module is code that is run: Python's own, unless a file of the working directory has its name."""
        if name not in SETTLED or self.deep > 1 or self.changes:
            self.settled = False
        root, *parts = name.split(".")
        if "__main__" in parts or root == "__main__":
            raise UnreadError(f"`{name}`, a program")
        if root in STANDARD:
            if name not in MODULES:
                raise UnreadError(f"`{name}`")
        elif root not in INSTALLED:
            self.modules[name] = None
        if name not in EARLY:
            self.does(EffectKind.RUN, ".")
