"""What the shell knows at one point of a line: directory, variables, functions."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.core.classify.paths import Place
from app.core.classify.shell.tree import Node

# More possible directories than this are no knowledge.
_MOST_DIRECTORIES = 4
LOST: Final = "?"


class Arg(Struct, frozen=True):
    """One word after expansion.

    text   its value, or its source when the value is not known
    why    the part that is not known ("" when all is)
    free   not known, but it tells no secret: harmless where only text is wanted
    one    certainly one word, and all of it; otherwise none or several come of the same source
    glob   holds a wildcard that bash expands to the names of files
    loose  begins with one, so a file's name could turn it into a flag
    revision  not known, but it names something that git keeps
    bare   what is left of it where a command in it prints nothing (None where none stands in it)
    """

    text: str
    why: str = ""
    free: bool = False
    one: bool = True
    glob: bool = False
    loose: bool = False
    revision: bool = False
    bare: str | None = None


# Every variable of the environment, which lies in no file that a line could name.
ENVIRONMENT: Final = Arg("/environment")


class State(Struct, frozen=True):
    """`directories` holds every working directory that is possible here: "" when the caller gave none, `LOST` when
    the line went where it does not tell.

    A variable that is missing comes from outside. A function whose body is None is one of several. `listed` are the
    names of files that come in by the pipe, when nothing else does; `printed` are those that a substitution in the
    command's own words becomes. With `silent`, substitutions print nothing. `in_function`, `local` means something.
    """

    directories: tuple[str, ...]
    variables: dict[str, Arg]
    functions: dict[str, Node | None] = {}
    arguments: tuple[Arg, ...] | None = None
    listed: tuple[Arg, ...] = ()
    printed: dict[str, tuple[Arg, ...]] = {}
    silent: bool = False
    in_function: bool = False

    @property
    def home(self) -> str:
        home = self.variables.get("HOME")
        return home.text if home and not home.why else ""

    def assigned(self, name: str, value: Arg) -> "State":
        return replace(self, variables={**self.variables, name: value})

    def defined(self, name: str, body: Node) -> "State":
        return replace(self, functions={**self.functions, name: body})

    def moved(self, directories: tuple[str, ...]) -> "State":
        return replace(self, directories=directories)

    def forgotten(self) -> "State":
        """Nothing is certain any more."""
        return State((LOST,), {name: _several(name) for name in self.variables}, dict.fromkeys(self.functions))


# After success, after failure.
States = tuple[State, State]


@lru_cache(maxsize=256)
def begin(place: Place) -> State:
    """What is known before the line runs."""
    known = {"HOME": place.home, "PWD": place.cwd}
    return State((place.cwd,), {name: Arg(value) for name, value in known.items() if value})


def merged(one: State, other: State) -> State:
    """What is certain when either may hold."""
    if one is other:
        return one
    directories = tuple(dict.fromkeys(one.directories + other.directories))
    if len(directories) > _MOST_DIRECTORIES:
        directories = (LOST,)
    variables = one.variables
    if variables != other.variables:
        names = {**variables, **other.variables}
        variables = {name: _either(name, variables.get(name), other.variables.get(name)) for name in names}
    functions = one.functions
    if functions != other.functions:
        # A name that is a function in one case only may be a program in the other.
        functions = {
            name: functions.get(name) if functions.get(name) == other.functions.get(name) else None
            for name in {**functions, **other.functions}
        }
    listed = one.listed if one.listed == other.listed else ()
    return State(directories, variables, functions, one.arguments, listed, in_function=one.in_function)


def both(state: State) -> States:
    """The same, whatever the outcome."""
    return state, state


def either(states: Sequence[State]) -> State:
    """What is certain whichever of several holds."""
    whole = states[0]
    for state in states[1:]:
        whole = merged(whole, state)
    return whole


def _either(name: str, one: Arg | None, other: Arg | None) -> Arg:
    if one is not None and one == other:
        return one
    # Values that stand in the line are no secrets.
    return _several(name, free=all(value is not None and (value.free or not value.why) for value in (one, other)))


def _several(name: str, *, free: bool = False) -> Arg:
    return Arg("", why=f"${name}: one of several values", free=free)
