"""What a wrapper runs."""

from msgspec import Struct

from app.core.classify.shell.state import Arg, State


class Inner(Struct, frozen=True, kw_only=True):
    """Words, or shell text to be read again; `moves` when it changes the shell that runs the line (`eval`)."""

    state: State
    args: tuple[Arg, ...] = ()
    text: str | None = None
    moves: bool = False
