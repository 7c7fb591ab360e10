"""What a wrapper runs."""

from collections.abc import Callable

from msgspec import Struct

from app.core.classify.shell.act import Act
from app.core.classify.shell.state import Arg, State


class Inner(Struct, frozen=True, kw_only=True):
    """Words, or shell text to be read again; `moves` when it changes the shell that runs the line (`eval`).

    Text that is not known to its end is `guessed`: what it holds is read, and its wrapper says that it is opaque.
    """

    state: State
    args: tuple[Arg, ...] = ()
    text: str | None = None
    moves: bool = False
    guessed: bool = False


# How a program that runs others tells of its words what it runs.
Wrapper = Callable[[Act], tuple[Inner, ...]]
