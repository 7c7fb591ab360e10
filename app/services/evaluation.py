"""Evaluating requests: gather facts, decide, record, answer. Whatever went stale in between is decided anew."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from msgspec import structs

from app.audit_log.entry import Draft
from app.core.approval_digest import digest
from app.core.budget import Budget
from app.core.facts import NOTHING_OFFERED, Offered
from app.core.model import ActionRequest
from app.services import api_key, asking
from app.services.configuration import Configuration, Configurations
from app.services.consumption import used_up
from app.services.decided import Answered, Asked, Decided, together
from app.services.errors import RefusedError, UnauthenticatedError, UnavailableError
from app.services.ground import Ground, Grounds
from app.services.judgement import Judgement, Judgements, Received
from app.services.live_approvals import LiveApprovals, Pending
from app.services.live_sessions import LiveSessions
from app.services.once import Once
from app.services.recording import form_of, salts
from app.services.replays import Replays
from app.services.uses import Uses
from app.storage.approval_changes import ApprovalLives, FewerPending, IsPending, NothingOpen
from app.storage.command import Guard, NotAfter, Result, Stale
from app.storage.keys import Key
from app.storage.ledger import Ledger
from app.storage.limits import LimitHolds
from app.storage.replays import StandsFor
from app.storage.sessions import SessionsUnchanged

_TRIES = 5
# Steps for one HTTP request, and what each request of a batch adds to it.
STEPS = 20_000
_STEPS_OF_EACH = 400
_OF_APPROVALS = (ApprovalLives, FewerPending, IsPending, NothingOpen)


class Evaluation:
    """The use case behind `/evaluate`."""

    def __init__(
        self,
        configurations: Configurations,
        sessions: LiveSessions,
        approvals: LiveApprovals,
        ledger: Ledger,
        uses: Uses,
        recent: Callable[[str], Offered],
        *,
        replays: Replays,
        url: str,
    ) -> None:
        """`recent` finds what is to be explained of an agent's delegations; it blocks on the database.

        `url` is where people reach the service.
        """
        self._recent = recent
        self._replays = replays
        self._approvals = approvals
        self._url = url
        self._configurations = configurations
        self._sessions = sessions
        self._ledger = ledger
        self._uses = uses
        self._grounds = Grounds()
        self._judgements = Judgements()
        self._answered_judgements = Judgements()  # of requests that people have answered
        self._salts = salts()

    def known_key(self, digest: bytes) -> Key | None:
        """The live key whose secret has this digest, if this process has met it."""
        return self._configurations.current.keys.get(digest)

    async def key(self, secret: str) -> Key:
        """The live key of this secret; raises UnauthenticatedError. One that is new to this process is looked for."""
        digest = api_key.digest(secret)
        found = self.known_key(digest)
        if found is None and api_key.is_well_formed(secret):
            await self._configurations.refreshed()
            found = self.known_key(digest)
        if found is None:
            raise _unknown_key()
        return found

    def begin(self, key: Key, received: Received, once: Once | None = None) -> Decided:
        """Decide one request, still to be written. Raises UnauthenticatedError, RefusedError.

        With `once`, its name, it counts once, however often it comes.
        """
        decided = self._begun(key, received)
        return decided if once is None else structs.replace(decided, once=once)

    def _begun(self, key: Key, received: Received) -> Decided:
        configuration = self._configurations.live()
        known = self._judgements.known(key.id, received)
        if known is not None and self._holds(known, configuration):
            self._uses.note(key.id)
            return self._recorded(key, received, known, Budget(STEPS), None)
        return self._decide(key, received, configuration, Budget(STEPS))

    def write(self, decided: Decided) -> asyncio.Future[Result]:
        """Hand a decision to the ledger."""
        return self._ledger.submit(decided.command)

    def _holds(self, judgement: Judgement, configuration: Configuration) -> bool:
        """Whether it would be judged just so again, by the same key."""
        ground = judgement.ground
        # INVARIANT: time alone changes nothing here but through the guards, by which the ledger holds it to them.
        return (
            ground.lasts
            and ground.configuration is configuration
            and ground.sessions == self._sessions.epoch()
            and judgement.steps <= STEPS
        )

    async def evaluate(
        self, key: Key, received: Received, *, explain: bool = False, once: Once | None = None
    ) -> Answered:
        """Decide one request and record it, and wait for people for as long as it says.

        Raises UnauthenticatedError, RefusedError, ConflictError, UnavailableError.
        """
        now = asyncio.get_running_loop().time
        until = now() + received.request.wait_ms / 1_000
        answered = await self._evaluated(key, received, once, explain=explain)
        while (pending := answered.pending) is not None and await self._is_answered(pending, until - now()):
            # INVARIANT: whoever was woken is decided anew, by what holds now; a yes is one of the things that hold.
            answered = await self._evaluated(key, received, once, explain=explain)
        return answered

    async def _evaluated(self, key: Key, received: Received, once: Once | None, *, explain: bool) -> Answered:
        if explain:
            return (await self.evaluate_all(key, [received], explain=True))[0]
        decided = self.begin(key, received, once)
        return await self.settle(decided, await self.write(decided))

    async def _is_answered(self, pending: Pending, seconds: float) -> bool:
        """Wait so long at most; whether somebody said yes or no."""
        return seconds > 0 and await self._approvals.answer(pending, seconds) in ("approved", "denied")

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
        spoken = {one.speaker: one.request for one in received}
        grounds = {
            speaker: self._ground(live, request, configuration, recent=recent) for speaker, request in spoken.items()
        }
        judged = [self._judgements.of(live.id, one, grounds[one.speaker], budget, explain=explain) for one in received]
        decided = [
            self._recorded(live, one, found, budget, recent) for one, found in zip(received, judged, strict=True)
        ]
        groups = [(self._ledger.submit(command), group) for command, group in together(decided)]
        for written, _ in groups:
            with suppress(UnavailableError):  # heard below, once all are known
                await written
        results = [(written.result(), group) for written, group in groups]
        # INVARIANT: what goes stale together costs as much again, however much it is and however often it goes stale.
        again = Budget(STEPS + _STEPS_OF_EACH * len(received))
        answered: list[Answered] = []
        for result, group in results:
            if isinstance(result, Stale):
                answered += [await self.settle(one, result, again) for one in group]
            else:
                # What shares a command has one entry each; what has one for itself is told of its first.
                answered += [one.answered(receipt) for one, receipt in zip(group, result, strict=False)]
        return answered

    def _decide(
        self,
        key: Key,
        received: Received,
        configuration: Configuration,
        budget: Budget,
        refused: frozenset[str] = frozenset(),
        *,
        recent: Mapping[str, Offered] | None = None,
        full: bool = False,
    ) -> Decided:
        """Decide upon `configuration`; with `recent` it is explained.

        `full`: so many requests of this agent wait that nobody is asked about another one.
        """
        live = _live(key, configuration)
        ground = self._ground(live, received.request, configuration, refused, recent=recent)
        judgement = self._judgements.of(live.id, received, ground, budget, explain=recent is not None)
        return self._recorded(live, received, judgement, budget, recent, full=full)

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

    def _recorded(
        self,
        live: Key,
        received: Received,
        judgement: Judgement,
        budget: Budget,
        recent: Mapping[str, Offered] | None,
        *,
        full: bool = False,
    ) -> Decided:
        if judgement.decision.demand is not None and not received.request.dry_run:
            return self._ask(live, received, judgement, budget, recent, full=full)
        return Decided(live, received, recent, judgement, Draft(judgement.entry, next(self._salts)))

    def _ask(
        self,
        key: Key,
        received: Received,
        judgement: Judgement,
        budget: Budget,
        recent: Mapping[str, Offered] | None,
        *,
        full: bool,
    ) -> Decided:
        """What people are asked about: they may have answered already, else an approval is opened or joined."""
        ground = judgement.ground
        caller = ground.facts.caller
        name = digest(caller.agent, received.canonical)
        known = self._approvals.known(name)
        if full and known is not None and known.stored.status == "approved":
            known = None  # a new one was needed, and there is no room for it: so this yes does not do
        answered = self._grounds.answered(ground, name, known, full=full)
        if answered is not ground:
            ground, explain = answered, recent is not None
            judgement = self._answered_judgements.of(key.id, received, ground, budget, explain=explain)
        decision, entry, ask = judgement.decision, judgement.entry, None
        if decision.demand is not None:
            ask = asking.ask(decision, name, received.canonical, known, caller=caller, session=ground.facts.session.id)
            entry = form_of(
                decision, received.request, received.canonical, caller, ground.configuration, approval=ask.id
            )
        about = Asked(name, self._url, ask, known if ask is None else None)
        return Decided(key, received, recent, judgement, Draft(entry, next(self._salts)), about)

    async def settle(self, decided: Decided, result: Result, again: Budget | None = None) -> Answered:
        """The answer to what was decided, once its result is known; what went stale is decided anew, with new steps.

        `again` are the steps for all of a batch that is decided anew.
        """
        tries, refused, full = 1, frozenset[str](), False
        while isinstance(result, Stale) and tries < _TRIES:
            key, failed, once = decided.key, result.guard, decided.once
            if once is not None and isinstance(failed, StandsFor):
                found = await self._replays.of(decided, once)
                if isinstance(found, Answered):
                    return found
                once = found
            gone = used_up(failed)
            if gone is None:
                tries += 1
            else:
                refused |= {gone}
            if isinstance(failed, NotAfter):
                if failed.expires_at == key.expires_at:
                    raise UnauthenticatedError("expired_key", "This key has expired.")
                self._sessions.has_passed(failed.expires_at)
            # Once full is full for this request: else two guards that fail in turn would use up its tries.
            full |= isinstance(failed, FewerPending)
            configuration = await self._refreshed(failed, decided.asked)
            budget = Budget(STEPS) if again is None else again
            decided = self._decide(
                key,
                decided.received,
                configuration,
                budget,
                refused,
                recent=decided.recent,
                full=full,
            )
            if once is not None:
                decided = structs.replace(decided, once=once)
            result = await self.write(decided)
        if isinstance(result, Stale):
            raise UnavailableError("what it rests upon changed too often while this was being decided")
        return decided.answered(result[0])

    async def _refreshed(self, failed: Guard, asked: Asked | None) -> Configuration:
        """Look again at what a decision was made upon."""
        if asked is not None and isinstance(failed, _OF_APPROVALS):
            await self._approvals.refreshed(asked.digest)
            return self._configurations.current
        if isinstance(failed, (LimitHolds, StandsFor)):
            return self._configurations.current
        if isinstance(failed, SessionsUnchanged):
            await self._sessions.refreshed()
            return self._configurations.current
        return await self._configurations.refreshed()


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
