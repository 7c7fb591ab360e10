"""What Python opens, reads and writes: functions and methods that are given a path."""

from __future__ import annotations

import ast
from abc import abstractmethod
from typing import Final

from msgspec.structs import replace

from app.core.classify.code.found import CALLABLE, DATA, FILE, PATH, Kind, UnreadError, Value
from app.core.classify.code.python_names import PATH_ROLES, ROLES
from app.core.classify.code.scope import Scope, named
from app.core.classify.code.texts import at_home, below
from app.core.model import EffectKind

# Arguments by name of functions that open something; others could say what is done with it.
_KEYWORDS: Final = frozenset(
    """
    encoding errors newline buffering recursive exist_ok parents missing_ok ignore_errors sep delimiter header nrows
    usecols lines index_col names dtype doraise quiet
    """.split()  # noqa: SIM905 (a column reads worse)
)
_MODES: Final = frozenset(f"{mode}{kind}{plus}" for mode in "rwax" for kind in ("", "b", "t") for plus in ("", "+"))
# Functions with these roles may be handed on, for whoever gets them calls them with values only.
_HANDED: Final = frozenset(("pure", "text", "keeps"))
_BY_ROLE: Final = {
    "read": EffectKind.READ, "write": EffectKind.WRITE, "delete": EffectKind.DELETE, "tree": EffectKind.DELETE,
    "looks": EffectKind.READ, "glob": EffectKind.READ,
}  # fmt: skip


class Files(Scope):
    """Reads the calls that go to files; what an expression is, `Expressions` says."""

    __slots__ = ()

    @abstractmethod
    def value(self, node: ast.expr) -> Value:
        """What an expression is."""

    # Values ----------------------------------------------------------------------------------------------------

    def data(self, value: Value) -> Value:
        """A value from which nothing but values come."""
        match value.kind:
            case Kind.DATA | Kind.FILE | Kind.CALLABLE:
                return value
            case Kind.ROLE if ROLES[value.name] in _HANDED:
                return CALLABLE
            case Kind.ROLE | Kind.MODULE | Kind.FOREIGN:
                raise UnreadError(f"`{value.name.removeprefix('builtins.')}`, handed on")
            case _:
                raise UnreadError("a value that is handed on to what is not known")

    def seen(self, value: Value) -> None:
        """A value that is shown, measured or compared, and not kept."""
        if value.kind is Kind.ROLE:
            self.data(value)
        elif value.kind is Kind.ENVIRON:
            self.variables[""] = None
        elif value.kind is Kind.FOREIGN and value.texts is None:
            raise UnreadError(f"`{value.name}`, of which it is not known what it holds")

    def item(self, value: Value) -> Value:
        """What each of several values is."""
        if value.of is not None:
            return value.of
        if value.kind is Kind.RESULT:
            return value
        if value.kind in (Kind.SHARED, Kind.ENVIRON):
            self.seen(value)
            return DATA
        self.data(value)
        return replace(DATA, made=value.made)

    def variable(self, names: list[Value]) -> Value:
        """A variable of the environment, by the first of these."""
        for text in names[0].texts or ("",) if names else ():
            self.variables[text] = None
        return DATA

    def under(self, values: list[Value], kind: Kind) -> Value:
        for value in values:
            if value.kind is not Kind.PATH:
                self.data(value)
        return below(values, kind)

    # What opens, reads and writes ------------------------------------------------------------------------------

    def positional(self, node: ast.Call, role: str) -> list[Value]:
        for keyword in node.keywords:
            if keyword.arg == "mode" and role == "open":
                continue
            if keyword.arg not in _KEYWORDS:
                raise UnreadError(f"`{keyword.arg}=`")
            self.data(self.value(keyword.value))
        if any(isinstance(one, ast.Starred) for one in node.args):
            raise UnreadError("arguments that are not told")
        return [self.value(one) for one in node.args]

    def on_path(self, role: str, values: list[Value], node: ast.Call) -> Value:  # noqa: C901, PLR0912 (one case each)
        """What a function with such a role does to the paths that it is given; a method's own stands first."""
        match role, values:
            case "cwd", []:
                return Value(Kind.PATH, (".",))
            case "home", []:
                return Value(Kind.PATH, ("~",))
            case "path", _:
                return self.under(values or [Value(Kind.DATA, (".",))], Kind.PATH)
            case "join", [first, *_]:
                return self.under(values, first.kind if first.kind is Kind.PATH else Kind.DATA)
            case "expand", [path]:
                return at_home(path)
            case "same", [path]:
                # Relative no longer, perhaps: nothing can be put before it.
                return Value(Kind.PATH, named(path), wild=path.wild)
            case "other", _:
                return PATH
            case "open", [path, *rest]:
                return self._opened(path, rest, node)
            case "copy", [source, target]:
                self.on(EffectKind.READ, source)
                self.on(EffectKind.WRITE, target)
                for text in named(source) if not source.wild else ():
                    self.on(EffectKind.WRITE, below([target, Value(Kind.DATA, (text.rpartition("/")[2],))], Kind.PATH))
                return DATA
            case "glob", [pattern]:
                found = Value(Kind.DATA, named(pattern), wild=True)
                self.on(EffectKind.READ, found)
                return Value(Kind.MANY, of=found)
            case "looks", []:
                self.does(EffectKind.READ, ".")
                return DATA
            case "read" | "write" | "delete" | "tree" | "looks", [path]:
                self.on(_BY_ROLE[role], path)
                if role == "tree":
                    self.on(EffectKind.DELETE, below([path, Value(Kind.DATA, ("**",), wild=True)], Kind.PATH))
                return DATA
            case _:
                raise UnreadError("arguments that are not read")

    def _opened(self, path: Value, rest: list[Value], node: ast.Call) -> Value:
        mode = next((keyword.value for keyword in node.keywords if keyword.arg == "mode"), None)
        modes = self.value(mode) if mode is not None else rest[0] if rest else Value(Kind.DATA, ("r",))
        for text in modes.texts or ("",):
            if text not in _MODES:
                raise UnreadError("a file opened in a way that is not known")
            if text[0] == "r" or "+" in text:
                self.on(EffectKind.READ, path)
            if text[0] != "r" or "+" in text:
                self.on(EffectKind.WRITE, path)
            if text[0] == "w":
                self.emptied.append(path)
        for value in rest[1:]:
            self.data(value)
        return FILE

    # Methods ---------------------------------------------------------------------------------------------------

    def of_folders(self, name: str, node: ast.Call) -> Value:
        """The folders in which Python looks for modules; what is put among them is code that may be run."""
        values = self.positional(node, "")
        self.settled = False
        if (name == "append" and len(values) == 1) or (name == "insert" and len(values) == 2):
            self.data(values[0])
            self.on(EffectKind.RUN, values[-1])
            return DATA
        raise UnreadError(f"`sys.path.{name}`")

    def of_path(self, path: Value, name: str, node: ast.Call) -> Value:
        role = PATH_ROLES.get(name)
        if role is None:
            raise UnreadError(f"`.{name}()` of a path")
        if role == "text":
            for value in [self.value(one) for one in node.args]:
                self.seen(value)
            return DATA
        values = self.positional(node, role)
        match role:
            case "glob":
                return self._found(path, values, name)
            case "looks":
                self.on(EffectKind.READ, path)
                return Value(Kind.MANY, of=Value(Kind.PATH, tuple([f"{text}/*" for text in named(path)]), wild=True))
            case "write" if name[:6] == "write_" and len(values) == 1:
                self.data(values[0])
                self.on(EffectKind.WRITE, path)
                if values[0].texts == ("",):
                    self.on(EffectKind.DELETE, path)
                return DATA
            case _:
                return self.on_path(role, [path, *values], node)

    def _found(self, path: Value, values: list[Value], name: str) -> Value:
        if len(values) != 1:
            raise UnreadError("a pattern that is not told")
        patterns = named(values[0])
        if any(text[:1] in ("/", "~") or ".." in text for text in patterns):
            raise UnreadError("a pattern that leads elsewhere")
        deep = [Value(Kind.DATA, ("**",))] if name == "rglob" else []
        found = below([Value(Kind.PATH, named(path)), *deep, Value(Kind.DATA, patterns)], Kind.PATH)
        self.on(EffectKind.READ, path)
        return Value(Kind.MANY, of=Value(Kind.PATH, named(found), wild=True))
