"""What the names of a text of Python stand for, and what it was found to do."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from app.core.classify.code.found import DATA, Deed, Kind, UnreadError, Value, joined
from app.core.classify.code.python_names import FILLING, MODULES, ROLES, TAKEN
from app.core.model import EffectKind

_MOST_DEEDS: Final = 64
# What these say, the call itself tells.
_OWN: Final = frozenset(("__name__", "__file__", "__doc__"))
_CAN_BE_BOUND_AGAIN: Final = frozenset((Kind.DATA, Kind.FILE, Kind.PATH, Kind.CALLABLE, Kind.RESULT))


class Scope:
    """Names are followed without the order in which they are bound: what is known of one holds wherever it stands.

    INVARIANT: a name that is bound more than once has one kind, and is known by that only; unless each of its bindings
    is a statement of the program itself, in no loop, branch or function. Then it is, in these, what it was last.
    """

    __slots__ = (
        "_deeds", "_fills", "_inner", "_later", "_names", "_often", "_straight",
        "at", "deep", "emptied", "modules", "settled", "variables", "wrote",
    )  # fmt: skip

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[str, Value] = {}
        self._often = _bindings(tree)
        self._straight = _straight(tree, self._often)
        self._fills = _fills(tree)
        self._deeds: dict[Deed, None] = {}
        self._inner = 0
        # What is read now may run at any later time.
        self._later = 0
        # In how many statements the one that is being read stands.
        self.deep = 0
        # The node that is being read.
        self.at: ast.expr | ast.stmt | None = None
        # Files that are opened to be written anew, and whether anything is.
        self.emptied: list[Value] = []
        self.variables: dict[str, None] = {}
        self.modules: dict[str, None] = {}
        self.wrote = False
        # Nothing is loaded but Python's own modules, and these first of all.
        self.settled = True

    @property
    def place(self) -> str:
        return f" at {self.at.lineno}:{self.at.col_offset + 1}" if self.at is not None else ""

    # Names -----------------------------------------------------------------------------------------------------

    def bind(self, name: str, value: Value) -> None:
        if name in TAKEN or name.startswith("__"):
            raise UnreadError(f"`{name}` is given another meaning")
        if self._inner:
            raise UnreadError(f"`{name}` is bound inside an expression")
        before = self._names.get(name)
        if value.kind is Kind.DATA:
            # A list that has a name may be changed.
            value = replace(value, of=None, made=value.made if value.texts or not self._fills else None)
        straight = name in self._straight
        if self._often[name] > 1 and value.kind in _CAN_BE_BOUND_AGAIN and not straight:
            value = Value(value.kind)
        if before is not None:
            either = joined(before, value)
            if either.kind is not before.kind:
                raise UnreadError(f"`{name}` is given several meanings")
            value = value if straight and value.kind is before.kind else either
        self._names[name] = value

    def within(self, names: Iterable[tuple[str, Value]]) -> dict[str, Value]:
        """Binds names for what stands inside an expression; gives back what `leave` restores."""
        before = self._names
        self._names = dict(before)
        for name, value in names:
            self.inside(name, value)
        self._inner += 1
        return before

    def inside(self, name: str, value: Value) -> None:
        if name in TAKEN or name.startswith("__"):
            raise UnreadError(f"`{name}` is given another meaning")
        # A list that has a name may be changed, inside an expression, too.
        if value.kind is Kind.DATA:
            value = replace(value, of=None, made=value.made if value.texts or not self._fills else None)
        self._names[name] = value

    def leave(self, before: dict[str, Value]) -> None:
        self._names = before
        self._inner -= 1

    def known(self, name: str) -> Value:
        if name in self._names:
            found = self._names[name]
            later = (self._inner or self._later) and self._often[name] > 1
            return Value(found.kind) if later and found.kind in _CAN_BE_BOUND_AGAIN else found
        if f"builtins.{name}" in ROLES:
            return Value(Kind.ROLE, name=f"builtins.{name}")
        if name in _OWN:
            return DATA
        raise UnreadError(f"`{name}`")

    # Deeds -----------------------------------------------------------------------------------------------------

    @property
    def changes(self) -> bool:
        """Whether anything was done so far but to look and to load."""
        return any(deed.kind not in (EffectKind.READ, EffectKind.RUN) for deed in self._deeds)

    def does(self, kind: EffectKind, text: str, *, wild: bool = False) -> None:
        self._deeds[Deed(kind, text, wild)] = None
        if len(self._deeds) > _MOST_DEEDS:
            raise UnreadError("too many things that it does")

    def on(self, kind: EffectKind, place: Value) -> None:
        """The same to each path that a value can be."""
        for text in named(place):
            if "://" in text:
                self.does(EffectKind.NETWORK, text)
            else:
                self.does(kind, text, wild=place.wild)

    def deeds(self) -> tuple[Deed, ...]:
        """All that was found."""
        if not self.wrote:
            # Nothing is written, so what stood there is gone.
            for place in self.emptied:
                self.on(EffectKind.DELETE, place)
        return tuple(self._deeds)


def named(value: Value) -> tuple[str, ...]:
    """The paths that a value can be, all of which have to be known."""
    if value.texts is None or value.kind not in (Kind.DATA, Kind.PATH):
        raise UnreadError("the name of a file that is not known")
    if not all(text and text.isprintable() for text in value.texts):
        raise UnreadError("a name of a file that is none")
    return value.texts


def _fills(tree: ast.Module) -> bool:
    """Whether anything could be put into a collection that was made before."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ctx=ast.Store()):
                return True
            case ast.AugAssign(value=value) if not (isinstance(value, ast.Constant) and type(value.value) is int):
                return True
            case ast.Attribute(attr=name) if name in FILLING:
                return True
            case ast.ImportFrom(module=module, names=names) if module in MODULES:
                if not FILLING.isdisjoint([name.name for name in names]):
                    return True
            case _:
                pass
    return False


def _straight(tree: ast.Module, often: Counter[str]) -> frozenset[str]:
    """The names that are bound by statements of the program itself, and nowhere else."""
    found: Counter[str] = Counter()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] += 1
    return frozenset([name for name, count in found.items() if count == often[name]])


def _bindings(tree: ast.AST) -> Counter[str]:
    """How often each name is bound, those apart that live inside an expression."""
    often: Counter[str] = Counter()
    nodes = list(ast.walk(tree))
    apart = {
        id(name)
        for node in nodes
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
    }  # fmt: skip
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in apart:
                often[name] += 1
            case ast.alias(name=name, asname=other):
                often[other or name.partition(".")[0]] += 1
            case ast.FunctionDef(name=name, args=arguments):
                often[name] += 1
                often.update(one.arg for one in ast.walk(arguments) if isinstance(one, ast.arg))
            case ast.ExceptHandler(name=str(name)):
                often[name] += 1
            case _:
                pass
    return often
