"""What a decision is made upon besides the request: the facts, and the guards by which the ledger holds it to them."""

from msgspec import Struct, structs

from app.core.facts import NOTHING_OFFERED, Facts, Offered
from app.core.session import Standing
from app.services import asking
from app.services.configuration import Configuration
from app.services.live_approvals import Known
from app.storage.command import EpochIs, Guard, NotAfter
from app.storage.keys import Key
from app.storage.sessions import SessionsUnchanged

# Grounds are few: one for each key, agent and session that calls.
_MOST = 4_096


class Ground(Struct, frozen=True, eq=False):
    """`sessions` is the epoch at which the caller stood so among its agent's sessions.

    `lasts`: at that epoch the caller stands so at any time; else it is to be asked anew for each request.
    """

    configuration: Configuration
    facts: Facts
    sessions: int
    lasts: bool
    guards: tuple[Guard, ...]


class Grounds:
    """The grounds on which this process decides, each made once for as long as nothing changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str | None], Ground] = {}
        self._answered: dict[bytes, tuple[Ground, Known, Ground]] = {}

    def of(
        self,
        configuration: Configuration,
        key: Key,
        agent: str,
        stands: tuple[Standing, int],
        refused: frozenset[str] = frozenset(),
        explained: Offered = NOTHING_OFFERED,
    ) -> Ground:
        """The ground of a request by `key` for `agent`; `refused` are grants and limits that were found used up.

        `explained` are the delegations that are to be explained.
        """
        standing, sessions = stands
        name = (key.id, agent, standing.id)
        known = self._known.get(name)
        if known is not None and (known.configuration is not configuration or known.facts.session != standing):
            known = None
        ordinary = not refused and explained is NOTHING_OFFERED
        if known is not None and known.sessions == sessions and ordinary:
            return known
        # The same facts stay the same object, by which judgements are remembered.
        if known is not None and ordinary:
            facts = known.facts
        else:
            delegations = configuration.delegations.get(agent)
            offered = explained if delegations is None else Offered(delegations, explained.recent, explained.now)
            caller = configuration.callers[key.id, agent]
            facts = Facts(caller, configuration.workspaces, standing, offered, configuration.stops, refused)
        lasts = ordinary and standing.lasts
        ground = Ground(configuration, facts, sessions, lasts, _guards(configuration, key, agent, stands))
        if ordinary:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[name] = ground
        return ground

    def answered(self, ground: Ground, digest: bytes, known: Known | None, *, full: bool) -> Ground:
        """The same ground with what people said to the request of this digest: itself, where they said nothing.

        `full`: so many requests of this agent wait that nobody is asked about another one.
        """
        # Whoever was woken by one answer stands on one ground, by which judgements are remembered.
        made = self._answered.get(digest)
        if made is not None and made[0] is ground and made[1] is known:
            return made[2]
        offered = asking.offered(ground.facts.offered, known, full=full)
        if offered is ground.facts.offered:
            return ground
        found = structs.replace(ground, facts=structs.replace(ground.facts, offered=offered))
        if known is not None:
            if len(self._answered) >= _MOST:
                self._answered.clear()
            self._answered[digest] = (ground, known, found)
        return found


def _guards(configuration: Configuration, key: Key, agent: str, stands: tuple[Standing, int]) -> tuple[Guard, ...]:
    standing, sessions = stands
    guards: tuple[Guard, ...] = (
        EpochIs(configuration.epoch),
        # INVARIANT: no entry after the change of a session rests on what it was before.
        SessionsUnchanged(agent, sessions),
    )
    return guards + tuple(NotAfter(end) for end in (key.expires_at, standing.until) if end is not None)
