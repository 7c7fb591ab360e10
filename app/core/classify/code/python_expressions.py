"""Expressions of Python: what each one is, as far as that is known."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from typing import Final

from app.core.classify.code.found import CALLABLE, DATA, FILE, NUMBER, RESULT, Kind, UnreadError, Value, joined, made_of
from app.core.classify.code.python_calls import Calls
from app.core.classify.code.python_names import (
    FILE_PROPERTIES,
    METHODS,
    MODULES,
    PATH_PROPERTIES,
    PROPERTIES,
    ROLES,
    TELLS,
)
from app.core.classify.code.texts import added, of_parent, put_together

# What is a value by itself, where it is not called.
_CONSTANTS: Final = {"data": DATA, "file": FILE, "shared": Value(Kind.SHARED), "environ": Value(Kind.ENVIRON)}
# What may be shown in a text.
_SHOWN: Final = frozenset(
    (Kind.DATA, Kind.PATH, Kind.CLASS, Kind.MODULE, Kind.FILE, Kind.CALLABLE, Kind.SHARED, Kind.RESULT)
)


class Expressions(Calls):
    """Reads one expression at a time."""

    __slots__ = ()

    @abstractmethod
    def target(self, node: ast.expr, found: Value, bind: Callable[[str, Value], None]) -> None:
        """Gives a value to a name, or to each of several."""

    def value(self, node: ast.expr) -> Value:
        before, self.at = self.at, node
        found = self._value(node)
        self.at = before
        return found

    def _value(self, node: ast.expr) -> Value:  # noqa: C901, PLR0912 (one case for each kind of node)
        match node:
            case ast.Constant(value=str(text)):
                return Value(Kind.DATA, (text,), made=frozenset((text,)))
            case ast.Constant(value=None | bool() | int() | float()):
                return NUMBER
            case ast.Constant():
                return DATA
            case ast.Name(id=name):
                return self.known(name)
            case ast.Attribute():
                return self.attribute(self.value(node.value), node.attr)
            case ast.Call():
                return self.call(node)
            case ast.JoinedStr(values=values):
                return put_together([self._part(value) for value in values])
            case ast.BinOp(left=left, op=operator, right=right):
                return self._binary(self.value(left), operator, self.value(right))
            case ast.BoolOp(values=values):
                return self._either(values)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                self.value(test)
                return self._either([body, otherwise])
            case ast.UnaryOp(op=operator, operand=operand):
                found = self.value(operand)
                return DATA if isinstance(operator, ast.Not) else self.data(found)
            case ast.Compare(left=left, comparators=others):
                for one in (left, *others):
                    found = self.value(one)
                    if found.kind is not Kind.ENVIRON:
                        self.seen(found)
                return DATA
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._several(items)
            case ast.Dict(keys=keys, values=values):
                return self._collected([self.value(each) for each in (*keys, *values) if each is not None])
            case ast.Subscript(value=of, slice=index):
                return self._item(self.value(of), index)
            case ast.Slice(lower=lower, upper=upper, step=step):
                for part in (lower, upper, step):
                    if part is not None:
                        self.data(self.value(part))
                return DATA
            case ast.ListComp(elt=item, generators=loops) | ast.SetComp(elt=item, generators=loops):
                return self._comprehended([item], loops)
            case ast.GeneratorExp(elt=item, generators=loops):
                return self._comprehended([item], loops)
            case ast.DictComp(key=key, value=item, generators=loops):
                found = self._comprehended([key, item], loops)
                return found if found.kind is Kind.RESULT else self.data(found)
            case ast.Lambda():
                return self.function(node, DATA)
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value)
                self.bind(target.id, found)
                return found
            case _:
                raise UnreadError(type(node).__name__.lower())

    # Parts -----------------------------------------------------------------------------------------------------

    def _part(self, node: ast.expr) -> Value:
        """A part of an f-string."""
        if not isinstance(node, ast.FormattedValue):
            return self.value(node)
        found = self.value(node.value)
        if found.kind not in _SHOWN:
            raise UnreadError("what is shown here is not known")
        if node.format_spec is not None:
            self.value(node.format_spec)
        plain = node.format_spec is None and node.conversion == -1 and found.kind is Kind.DATA
        return Value(Kind.DATA, found.texts, wild=found.wild) if plain else DATA

    def _binary(self, left: Value, operator: ast.operator, right: Value) -> Value:
        if left.made == right.made == frozenset():
            return NUMBER
        if isinstance(operator, ast.Div) and Kind.PATH in (left.kind, right.kind):
            return self.under([left, right], Kind.PATH)
        if isinstance(operator, ast.Mod) and right.kind in (Kind.PATH, Kind.RESULT):
            self.data(left)
            return DATA
        if isinstance(operator, ast.Add):
            return added(self.data(left), self.data(right))
        self.data(left)
        self.data(right)
        return DATA

    def _either(self, nodes: list[ast.expr]) -> Value:
        first, *others = [self.value(node) for node in nodes]
        for other in others:
            first = joined(first, other)
        return first

    def _several(self, nodes: list[ast.expr]) -> Value:
        items = [self.starred(node) for node in nodes]
        if not items or any(item.kind is Kind.RESULT for item in items):
            return self._collected(items)
        whole, *others = [item if item.kind is Kind.PATH else self.data(item) for item in items]
        for other in others:
            whole = joined(whole, other)
        return Value(Kind.MANY if whole.kind is Kind.PATH else Kind.DATA, of=whole, made=made_of(items))

    def _collected(self, items: list[Value]) -> Value:
        """What is put into a collection; with results, it is as little known as they are."""
        results = [item for item in items if item.kind is Kind.RESULT]
        for item in items:
            if item.kind is not Kind.RESULT:
                self.data(item)
        return RESULT if results else Value(Kind.DATA, made=made_of(items))

    def starred(self, node: ast.expr) -> Value:
        """One of several values; behind a star stand all that it has."""
        if isinstance(node, ast.Starred):
            return self.item(self.value(node.value))
        return self.value(node)

    def _item(self, of: Value, index: ast.expr) -> Value:
        if of.kind is Kind.ENVIRON:
            return self.variable([self.data(self.value(index))])
        at = self.data(self.value(index))
        match of.kind:
            case Kind.MANY:
                return of if isinstance(index, ast.Slice) else self.item(of)
            case Kind.SHARED:
                return DATA
            case Kind.RESULT:
                return RESULT
            case _:
                self.data(of)
                # More than one character of a text is another text.
                return DATA if at.made is None else Value(Kind.DATA, made=of.made)

    def _comprehended(self, items: list[ast.expr], loops: list[ast.comprehension]) -> Value:
        before = self.within(())
        for loop in loops:
            self.target(loop.target, self.item(self.value(loop.iter)), self.inside)
            for test in loop.ifs:
                self.value(test)
        values = [self.value(item) for item in items]
        self.leave(before)
        if values[-1].kind is Kind.PATH:
            return Value(Kind.MANY, of=values[-1])
        return self._collected(values)

    # Attributes ------------------------------------------------------------------------------------------------

    def attribute(self, of: Value, name: str) -> Value:
        """An attribute that is looked at, or handed on as a function."""
        match of.kind:
            case Kind.MODULE:
                return self._member(of.name, name)
            case Kind.FOREIGN:
                return DATA if name in TELLS else Value(Kind.FOREIGN, name=f"{of.name}.{name}")
            case Kind.ROLE:
                return self._of_role(of.name, name)
            case Kind.FILE if name in FILE_PROPERTIES:
                return FILE if name == "buffer" else DATA
            case Kind.RESULT:
                return self.property_of_result(name)
            case Kind.PATH if name in PATH_PROPERTIES:
                return DATA
            case Kind.PATH if name == "parent":
                return of_parent(of)
            case Kind.DATA if name in PROPERTIES:
                return DATA
            case Kind.DATA if name in METHODS:
                return CALLABLE
            case Kind.CLASS | Kind.CALLABLE if name in ("__name__", "__doc__"):
                return DATA
            case _:
                raise UnreadError(f"`.{name}`")

    def _member(self, module: str, name: str) -> Value:
        whole = f"{module}.{name}"
        role = ROLES.get(whole)
        if role is not None:
            return _CONSTANTS.get(role) or Value(Kind.ROLE, name=whole)
        if whole in MODULES:
            return Value(Kind.MODULE, name=whole)
        if name in TELLS:
            return DATA
        # What Python brings and no table knows is looked at, too, and never called.
        return Value(Kind.FOREIGN, name=whole)

    def _of_role(self, role: str, name: str) -> Value:
        whole = f"{role}.{name}"
        if whole in ROLES:
            return _CONSTANTS.get(ROLES[whole]) or Value(Kind.ROLE, name=whole)
        if ROLES[role] in ("pure", "text", "keeps") and name in METHODS:
            return CALLABLE
        if name in ("__name__", "__doc__"):
            return DATA
        raise UnreadError(f"`{whole}`")

    def member(self, module: str, name: str) -> Value:
        """What `from module import name` brings."""
        return self._member(module, name)
