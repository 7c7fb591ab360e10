"""Facts: everything besides the request itself that a decision is made upon, frozen before deciding."""

from msgspec import Struct

from app.core.trust import KeyKind, Trust


class Caller(Struct, frozen=True):
    """Who asks: the agent and the key by which it proved itself."""

    agent: str
    key: str
    kind: KeyKind


class Facts(Struct, frozen=True):
    """What is known when a request is decided.

    workspaces     the roots that an operator registered: clean absolute paths
    session_trust  the least trust of the caller's session, None without one
    tainted        whether that session has seen external content
    """

    caller: Caller
    workspaces: tuple[str, ...] = ()
    session_trust: Trust | None = None
    tainted: bool = False
