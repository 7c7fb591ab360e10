"""`POST /hooks/{harness}`: a coding agent's own events, answered in its own words.

Several of these agents run the tool when a hook is answered with any other status than 200, with nothing, or with words
that they do not know. So whatever goes wrong here is answered with 200 and a denial that says why.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from msgspec import Struct
from msgspec.json import Decoder, Encoder
from starlette.types import Receive, Scope

from app.api.bodies import read_body
from app.api.hooks.came import comes_from_outside
from app.api.hooks.dialect import DIALECTS
from app.api.hooks.event import ALLOW, NOTHING, Event, Phase, Verdict
from app.api.hooks.told import Told, refused, told
from app.api.hot import Hot, received_of
from app.api.problem import Problem, problem
from app.api.response import Response
from app.core.engine import NATIVE_PROMPTS
from app.core.session import RUN
from app.core.strict_json import InvalidJsonError, canonical, parse
from app.services.configuration import Configurations
from app.services.errors import ConflictError, InvalidError, ProblemError, RefusedError
from app.services.live_sessions import LiveSessions
from app.services.outcomes import Outcome, Outcomes
from app.services.sessions import Sessions
from app.storage.keys import Key
from app.telemetry.metrics import Metrics

PREFIX = "/hooks/"
# How long an answer waits for people. Every agent is told by `setup` to wait longer than that for its hook.
HOLD_MS = 50_000
# How long a run is remembered after its last sign of life; afterwards it comes back with the trust it had left.
_LIFE_S = 3_600
# After this it is noted that the run is still there.
_SIGN_S = 300
_LONGEST_PROMPT = 65_536
# Calls that were allowed and have not come back yet.
_MOST_CALLS = 4_096
_SEEN = "tool result"

_JSON = ((b"content-type", b"application/json"),)
_encode = Encoder().encode
_told = Decoder(Told).decode
_log = structlog.get_logger()


class _Address(Struct, frozen=True):
    """What stands in the query: the event, and the home of the user on the machine where the tool would run."""

    event: str = ""
    home: str | None = None


class _Came(Struct, frozen=True):
    """How an event came: what its address says, and the connection that may wait."""

    address: _Address
    scope: Scope
    receive: Receive


class _Call(Struct, frozen=True):
    """A call that was allowed: its evaluation, and whether what comes back is from outside."""

    evaluation: str
    external: bool


class Hooks:
    """Answers the hooks of coding agents."""

    def __init__(
        self,
        hot: Hot,
        configurations: Configurations,
        sessions: Sessions,
        live: LiveSessions,
        outcomes: Outcomes,
        metrics: Metrics,
    ) -> None:
        self._hot = hot
        self._configurations = configurations
        self._sessions = sessions
        self._live = live
        self._outcomes = outcomes
        self._metrics = metrics
        self._calls: dict[bytes, _Call] = {}

    async def respond(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, no: ProblemError | None = None
    ) -> Response:
        """Answer one event. Never raises; `no` is why it is not let in."""
        harness = scope["path"].removeprefix(PREFIX)
        dialect = DIALECTS.get(harness)
        if dialect is None:
            detail = f"There are hooks for {', '.join(DIALECTS)}."
            return self._hot.refusal(Problem("Not Found", 404, "no_such_route", detail))
        name = ""
        try:
            address = _address(scope["query_string"])
            name = address.event
            key = await self._caller(headers, no)
            given = _parsed(await read_body(headers, receive))
            name = dialect.name(name, given)
            event = dialect.event(name, given)
            session = await self._session(key, harness, event.session)
            verdict = await self._verdict(key, session, event, _Came(address, scope, receive))
        except Exception as error:  # noqa: BLE001 - INVARIANT: whatever goes wrong is a denial in the agent's words
            verdict = self._failed(error)
        return Response(200, _encode(dialect.verdict(name, verdict)), _JSON)

    def _failed(self, error: Exception) -> Verdict:
        answer = problem(error)
        if answer.status == 500:
            _log.error("hook.failed", exc_info=error)
        self._metrics.refused(answer.code)
        return refused(answer)

    async def _caller(self, headers: Mapping[bytes, bytes], no: ProblemError | None) -> Key:
        if no is not None:
            raise no
        key = await self._hot.caller(headers)
        # INVARIANT: an event is the word of an enforcement point: it tells what the user said, and what has come back.
        if key.kind != "pep":
            raise RefusedError("pep_key_needed", "Hooks are for keys of kind pep.")
        return key

    async def _verdict(self, key: Key, session: str, event: Event, came: _Came) -> Verdict:
        if event.phase is Phase.PROMPT:
            await self._said(key, session, event.prompt)
            return NOTHING
        call = _digest(key.id, session, event.tool or "", event.call or event.arguments)
        if event.phase is Phase.DONE:
            await self._came_back(key, session, event, self._calls.pop(call, None))
            return NOTHING
        return await self._decided(key, session, event, came, call)

    async def _session(self, key: Key, harness: str, named: str) -> str:
        """The session that this run of the agent is to us; it is opened, or brought back, where it does not live."""
        if not named:
            raise InvalidError("invalid_request", "The event does not say which run of the agent it is from.")
        if key.also:
            raise RefusedError("actor_needed", "This key speaks for several agents; hooks need a key for one.")
        # INVARIANT: what the agent calls its run is text of a stranger: only its digest, under the key's own agent.
        session = f"{RUN}{_digest(key.agent, harness, named).hex()[:32]}"
        if self._live.left(key.agent, session) <= max(0, _LIFE_S - _SIGN_S) * 1_000_000:
            await asyncio.to_thread(self._sessions.resume, key, session, harness, _LIFE_S)
        return session

    async def _said(self, key: Key, session: str, prompt: str) -> None:
        if not prompt:
            return
        try:
            await asyncio.to_thread(self._sessions.prompt, key, session, prompt[:_LONGEST_PROMPT])
        except ConflictError as error:
            # What more the user says is not shown to anybody, and nothing else depends on it.
            if error.code != "session_full":
                raise

    async def _came_back(self, key: Key, session: str, event: Event, call: _Call | None) -> None:
        """Take note of what has come back. What nobody asked about here may have come from anywhere."""
        if call is None or call.external:
            content = json.dumps(event.came, ensure_ascii=True)
            await self._seen(key, session, event, content)
        if call is not None:
            outcome = Outcome(status="error" if event.failed else "ok")
            await self._outcomes.report(key, call.evaluation, outcome)

    async def _seen(self, key: Key, session: str, event: Event, content: str | None) -> None:
        label = event.tool if event.tool is not None and len(event.tool) <= 200 and event.tool.isprintable() else None
        try:
            await asyncio.to_thread(self._sessions.observe, key, session, label, _SEEN, content)
        except ConflictError as error:
            # A session that takes no more notes has long been lowered.
            if error.code != "session_full":
                raise

    async def _decided(self, key: Key, session: str, event: Event, came: _Came, call: bytes) -> Verdict:
        """What is decided of a call, waiting for people where they are asked."""
        request = {
            "tool": event.tool,
            "arguments": event.arguments,
            "source": "agent",
            "session_id": session,
            "cwd": event.cwd,
            "home": came.address.home,
            "wait_ms": HOLD_MS,
        }
        received = received_of(request, canonical(request))
        answered = await self._hot.waited(key, received, came.scope, came.receive)
        self._metrics.decided(answered.decision)
        answer = _told(answered.body)
        if not answer.allowed:
            return Verdict("deny", told(answer))
        configuration = self._configurations.current
        external = comes_from_outside(event.tool or "", answer.effects, configuration.workspaces)
        if external:
            # INVARIANT: trust falls before what lowers it comes in: no later call of the session is ahead of that.
            await self._seen(key, session, event, None)
        self._remember(call, _Call(answer.evaluation_id, external))
        # INVARIANT: where decisions are only watched, the agent's own questions to its user stay.
        is_watched = configuration.callers[key.id, key.agent].profile.monitored
        return NOTHING if is_watched or NATIVE_PROMPTS in answer.obligations else ALLOW

    def _remember(self, name: bytes, call: _Call) -> None:
        if len(self._calls) >= _MOST_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[name] = call


def _address(query: bytes) -> _Address:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() <= {"event", "home"}:
        raise InvalidError("invalid_query", "The only query parameters here are event and home.")
    return _Address(**given)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return parse(body)[0]
    except InvalidJsonError as error:
        raise InvalidError("invalid_json", str(error)) from None


def _digest(*parts: Any) -> bytes:
    return hashlib.sha256(canonical(list(parts))).digest()
