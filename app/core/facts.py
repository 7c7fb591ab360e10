"""Facts: everything besides the request itself that a decision is made upon, frozen before deciding."""

from msgspec import Struct

from app.core.approval import Approval
from app.core.decision import Finding
from app.core.delegation import Delegation
from app.core.delegations import Delegations
from app.core.scope import Scopes
from app.core.session import APART, Standing
from app.core.stops import NOTHING_STOPPED, Stops
from app.core.trust import KeyKind, Trust


class Profile(Struct, frozen=True):
    """What operators have laid down about an agent.

    scopes         what it may do at all; None: scopes do not restrict it
    monitored      whether denials and asks are only recorded
    highest_trust  that its requests may be given, whatever its key attests
    needs_session  whether a call outside of a session is denied
    """

    scopes: Scopes | None = None
    monitored: bool = False
    highest_trust: Trust = Trust.USER_DIRECT
    needs_session: bool = False


class Caller(Struct, frozen=True):
    """Who asks: the agent and the key by which it proved itself."""

    agent: str
    key: str
    kind: KeyKind
    profile: Profile = Profile()


class Offered(Struct, frozen=True):
    """The grants that are there for the caller.

    delegations  those of the caller's agent that are live
    recent       the newest delegations, those that have ended too: to be explained
    now          when that is explained, in microseconds
    approval     a yes to exactly this request
    refusal      why nobody is asked about it: a no to exactly this request, or too many that wait already
    """

    delegations: Delegations | None = None
    recent: tuple[Delegation, ...] = ()
    now: int = 0
    approval: Approval | None = None
    refusal: Finding | None = None


NOTHING_OFFERED = Offered()


class Facts(Struct, frozen=True):
    """What is known when a request is decided.

    workspaces  the roots that an operator registered: clean absolute paths
    session     where the request stands among the agent's sessions
    offered     what may answer an ask
    stops       what operators have stopped
    refused     what was found out a moment ago: grants that are used up or ended, limits that are reached
    """

    caller: Caller
    workspaces: tuple[str, ...] = ()
    session: Standing = APART
    offered: Offered = NOTHING_OFFERED
    stops: Stops = NOTHING_STOPPED
    refused: frozenset[str] = frozenset()
