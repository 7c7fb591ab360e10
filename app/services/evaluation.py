"""Evaluating requests: gather facts, decide, record, answer. Whatever went stale in between is decided anew."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from app.core.budget import Budget
from app.core.facts import NOTHING_OFFERED, Offered
from app.core.model import ActionRequest
from app.services import api_key
from app.services.answer import AnswerForm
from app.services.configuration import Configuration, Configurations
from app.services.consumption import used_up
from app.services.errors import RefusedError, UnauthenticatedError, UnavailableError
from app.services.ground import Ground, Grounds
from app.services.judgement import Judgements, Received
from app.services.live_sessions import LiveSessions
from app.services.recording import Salts, record
from app.services.uses import Uses
from app.storage.command import Guard, NotAfter, Receipt, Result, Stale
from app.storage.keys import Key
from app.storage.ledger import Ledger
from app.storage.limits import LimitHolds
from app.storage.sessions import SessionsUnchanged

_TRIES = 5
# Steps for one HTTP request, and what each request of a batch adds to it.
STEPS = 20_000
_STEPS_OF_EACH = 400


class Answered(Struct, frozen=True):
    """A decision's word, and the whole answer as it goes out."""

    decision: str
    body: bytes


class Evaluation:
    """The use case behind `/evaluate`."""

    def __init__(
        self,
        configurations: Configurations,
        sessions: LiveSessions,
        ledger: Ledger,
        uses: Uses,
        recent: Callable[[str], Offered],
    ) -> None:
        """`recent` finds what is to be explained of an agent's delegations; it blocks on the database."""
        self._recent = recent
        self._configurations = configurations
        self._sessions = sessions
        self._ledger = ledger
        self._uses = uses
        self._grounds = Grounds()
        self._judgements = Judgements()
        self._salts = Salts()

    def known_key(self, secret: str) -> Key | None:
        """The live key of this secret, if this process has met it."""
        return self._configurations.current.keys.get(api_key.digest(secret))

    async def key(self, secret: str) -> Key:
        """The live key of this secret; raises UnauthenticatedError. One that is new to this process is looked for."""
        found = self.known_key(secret)
        if found is None and api_key.is_well_formed(secret):
            await self._configurations.refreshed()
            found = self.known_key(secret)
        if found is None:
            raise _unknown_key()
        return found

    def begin(self, key: Key, received: Received) -> "Attempt":
        """Decide one request and hand the decision to the ledger. Raises UnauthenticatedError, RefusedError."""
        return self._attempt(key, received, self._configurations.live(), Budget(STEPS))

    async def evaluate(self, key: Key, received: Received, *, explain: bool = False) -> Answered:
        """Decide one request and record it. Raises UnauthenticatedError, RefusedError, UnavailableError."""
        if explain:
            return (await self.evaluate_all(key, [received], explain=True))[0]
        attempt = self.begin(key, received)
        return await self.settle(attempt, await attempt.written)

    async def evaluate_all(self, key: Key, received: Sequence[Received], *, explain: bool = False) -> list[Answered]:
        """Decide several requests under one budget; answers in order, once all are recorded."""
        budget = Budget(STEPS + _STEPS_OF_EACH * len(received))
        recent: dict[str, Offered] | None = None
        if explain:
            asking = {_asking(key, one.request, explain=True) for one in received}
            recent = {agent: await asyncio.to_thread(self._recent, agent) for agent in asking}
        configuration = self._configurations.live()
        live = _live(key, configuration)
        # Most requests of a batch come from one actor in one session, and stand on one ground.
        speakers = [_speaker(one.request) for one in received]
        grounds = {
            speaker: self._ground(live, one.request, configuration, recent=recent)
            for speaker, one in dict(zip(speakers, received, strict=True)).items()
        }
        attempts = [
            self._record(live, one, grounds[speaker], budget, recent)
            for speaker, one in zip(speakers, received, strict=True)
        ]
        for attempt in attempts:
            with suppress(UnavailableError):  # heard below, once all are known
                await attempt.written
        results = [(attempt, attempt.written.result()) for attempt in attempts]
        # INVARIANT: what goes stale together costs as much again, however much it is and however often it goes stale.
        again = Budget(STEPS + _STEPS_OF_EACH * len(received))
        return [
            await self.settle(attempt, result, again) if isinstance(result, Stale) else attempt.answered(result)
            for attempt, result in results
        ]

    def _attempt(
        self,
        key: Key,
        received: Received,
        configuration: Configuration,
        budget: Budget,
        refused: frozenset[str] = frozenset(),
        *,
        recent: Mapping[str, Offered] | None = None,
    ) -> "Attempt":
        """Decide upon `configuration`, and hand the decision to the ledger; with `recent` it is explained."""
        live = _live(key, configuration)
        ground = self._ground(live, received.request, configuration, refused, recent=recent)
        return self._record(live, received, ground, budget, recent)

    def _ground(
        self,
        live: Key,
        request: ActionRequest,
        configuration: Configuration,
        refused: frozenset[str] = frozenset(),
        *,
        recent: Mapping[str, Offered] | None,
    ) -> Ground:
        """What a request is decided upon. Raises RefusedError."""
        agent = _asking(live, request, explain=recent is not None)
        self._uses.note(live.id)
        stands = self._sessions.standing(agent, live.kind, request)
        explained = recent[agent] if recent is not None else NOTHING_OFFERED
        return self._grounds.of(configuration, live, agent, stands, refused, explained)

    def _record(
        self, live: Key, received: Received, ground: Ground, budget: Budget, recent: Mapping[str, Offered] | None
    ) -> "Attempt":
        explain = recent is not None
        judgement = self._judgements.of(received, ground, budget, explain=explain)
        command = record(judgement.entry, judgement.decision, received.request, ground, self._salts.next())
        return Attempt(live, received, recent, judgement.answer, self._ledger.submit(command))

    async def settle(self, attempt: "Attempt", result: Result, again: Budget | None = None) -> Answered:
        """The answer to an attempt whose result is known; what went stale is attempted again, each time with new steps.

        `again` are the steps for all that a batch attempts again.
        """
        tries, refused = 1, frozenset[str]()
        while isinstance(result, Stale) and tries < _TRIES:
            key = attempt.key
            gone = used_up(result.guard)
            if gone is None:
                tries += 1
            else:
                refused |= {gone}
            if isinstance(result.guard, NotAfter):
                if result.guard.expires_at == key.expires_at:
                    raise UnauthenticatedError("expired_key", "This key has expired.")
                self._sessions.has_passed(result.guard.expires_at)
            configuration = await self._refreshed(result.guard)
            budget = Budget(STEPS) if again is None else again
            attempt = self._attempt(key, attempt.received, configuration, budget, refused, recent=attempt.recent)
            result = await attempt.written
        if isinstance(result, Stale):
            raise UnavailableError("what it rests upon changed too often while this was being decided")
        return attempt.answered(result)

    async def _refreshed(self, failed: Guard) -> Configuration:
        """Look again at what a decision was made upon."""
        if isinstance(failed, LimitHolds):
            return self._configurations.current
        if isinstance(failed, SessionsUnchanged):
            await self._sessions.refreshed()
            return self._configurations.current
        return await self._configurations.refreshed()


class Attempt(Struct, frozen=True):
    """One decision on its way into the log."""

    key: Key
    received: Received
    recent: Mapping[str, Offered] | None
    answer: AnswerForm
    written: asyncio.Future[Result]

    def answered(self, written: tuple[Receipt, ...]) -> Answered:
        """The answer, now that it is recorded."""
        return Answered(self.answer.decision, self.answer.filled(written[0]))


def _speaker(request: ActionRequest) -> tuple[str | None, str | None, str | None]:
    """All of a request that its ground depends on."""
    return request.actor, request.session_id, request.provenance.session_id


def _live(key: Key, configuration: Configuration) -> Key:
    live = configuration.keys.get(key.digest)
    if live is None:
        raise _unknown_key()
    return live


def _asking(key: Key, request: ActionRequest, *, explain: bool) -> str:
    """The agent that asks. Raises RefusedError for what the key does not allow."""
    if explain and not key.may_explain:
        raise RefusedError("explain_not_allowed", "This key may not ask for explanations.")
    # INVARIANT: the key says who may ask; a name in the request chooses among its agents, or names a part of one.
    if request.actor is None:
        if key.also:
            raise RefusedError("actor_needed", "This key speaks for several agents: name one of them as `actor`.")
        return key.agent
    named, slash, part = request.actor.partition("/")
    if named not in key.agents or (slash and not part):
        raise RefusedError("actor_mismatch", f"This key of the agent {key.agent!r} does not speak for this actor.")
    return named


def _unknown_key() -> UnauthenticatedError:
    return UnauthenticatedError("unknown_key", "This key is not known, has expired or was revoked.")
