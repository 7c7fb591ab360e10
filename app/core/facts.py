"""Facts: everything besides the request itself that a decision is made upon, frozen before deciding."""

from msgspec import Struct

from app.core.session import APART, Standing
from app.core.trust import KeyKind


class Caller(Struct, frozen=True):
    """Who asks: the agent and the key by which it proved itself."""

    agent: str
    key: str
    kind: KeyKind


class Facts(Struct, frozen=True):
    """What is known when a request is decided.

    workspaces  the roots that an operator registered: clean absolute paths
    session     where the request stands among the agent's sessions
    """

    caller: Caller
    workspaces: tuple[str, ...] = ()
    session: Standing = APART
