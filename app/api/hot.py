"""The hot path: `POST /evaluate` and `POST /evaluate/batch`, from bytes to bytes.

No routing, no dependency injection and no log line here: a decision costs less than what a framework would add to it.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from math import ceil
from typing import Any
from urllib.parse import parse_qsl

import structlog
from msgspec import ValidationError, convert, structs
from starlette.types import Receive, Scope

from app.api.bodies import read_body
from app.api.problem import Problem, problem
from app.api.rate_limit import RateLimit
from app.api.response import Response
from app.core.model import ActionRequest
from app.core.strict_json import InvalidJsonError, elements, parse
from app.services import api_key
from app.services.decided import Answered, Decided
from app.services.errors import InvalidError, TooManyError, UnauthenticatedError
from app.services.evaluation import Evaluation
from app.services.judgement import Received
from app.services.once import Once
from app.services.room import waiting
from app.storage.command import Result, Stale
from app.storage.keys import Key
from app.telemetry.metrics import Metrics

MOST_IN_BATCH = 1_000
_LONGEST_REMEMBERED = 4_096
# What the library says of a name, and what people understand: all patterns of a request mean the same.
_PATTERN = re.compile(r"Expected `str` matching regex '.*'(?= - at |$)")
_VISIBLE = "Expected one line of visible text, without characters that hide or turn it round"
PATHS = frozenset(("/evaluate", "/evaluate/batch"))

_JSON = ((b"content-type", b"application/json"),)
_log = structlog.get_logger()


class Hot:
    """Answers the routes that evaluate."""

    def __init__(self, evaluation: Evaluation, limit: RateLimit, metrics: Metrics) -> None:
        self._evaluation = evaluation
        self._limit = limit
        self._metrics = metrics

    def begin(self, digest: bytes | None, body: bytes, answered: Callable[[Response], None], once: Once | None) -> bool:
        """Begin to answer one request of `/evaluate` that came whole; `answered` hears the answer. Never raises.

        `digest` is that of its key, `once` its own name.

        False where it takes more than one try to find the key or to be decided: then nothing has begun.
        """
        # Whoever waits for people is not answered at once. One that says so in other letters does not wait.
        key = None if digest is None else self._evaluation.known_key(digest)
        if key is None or b'"wait_ms"' in body:
            return False
        try:
            self.check_rate(key)
            decided = self._evaluation.begin(key, understood(body), once)
        except Exception as error:  # noqa: BLE001 - INVARIANT: as in `respond`
            answered(self._failure(error))
        else:
            self._evaluation.write(decided).add_done_callback(partial(self._written, decided, answered))
        return True

    def _written(self, decided: Decided, answered: Callable[[Response], None], written: asyncio.Future[Result]) -> None:
        try:
            result = written.result()
            if isinstance(result, Stale):
                settling = asyncio.ensure_future(self._settled(decided, result))
                settling.add_done_callback(lambda settled: answered(settled.result()))
                return
            response = self._success(decided.answered(result[0]))
        except Exception as error:  # noqa: BLE001 - INVARIANT: as in `respond`
            response = self._failure(error)
        answered(response)

    async def _settled(self, decided: Decided, result: Result) -> Response:
        try:
            return self._success(await self._evaluation.settle(decided, result))
        except Exception as error:  # noqa: BLE001 - INVARIANT: as in `respond`
            return self._failure(error)

    def _success(self, answer: Answered) -> Response:
        self._metrics.decided(answer.decision)
        return Response(200, answer.body, _JSON)

    def _failure(self, error: Exception) -> Response:
        answer = problem(error)
        if answer.status == 500:
            _log.error("evaluate.failed", exc_info=error)
        return self.refusal(answer)

    async def respond(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> Response:
        """Answer one request. Never raises: whatever goes wrong is answered with `allowed: false`."""
        try:
            return await self._evaluate(scope, headers, receive)
        except Exception as error:  # noqa: BLE001 - INVARIANT: an unforeseen error must not leave a client without a no
            return self._failure(error)

    def refusal(self, answer: Problem) -> Response:
        """An answer that is no decision: counted, not recorded."""
        self._metrics.refused(answer.code)
        return Response(answer.status, answer.body(), answer.headers())

    async def _evaluate(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> Response:
        key = await self.caller(headers)
        once, explain = once_of(headers), _explain(scope["query_string"])
        is_one = scope["path"] == "/evaluate"
        if once is not None and (explain or not is_one):
            detail = "An Idempotency-Key goes with one request to /evaluate, without explain; leave it out here."
            raise InvalidError("idempotency_key_not_here", detail)
        body = await read_body(headers, receive)
        if is_one:
            received = understood(body)
            if not received.request.wait_ms:
                return self._success(await self._evaluation.evaluate(key, received, explain=explain, once=once))
            return self._success(await self.waited(key, received, scope, receive, explain=explain, once=once))
        requests = _batch(body)
        self._limit.owe(key.id, len(requests) - 1)
        answers = await self._evaluation.evaluate_all(key, requests, explain=explain)
        for decision, count in Counter([answer.decision for answer in answers]).items():
            self._metrics.decided(decision, count)
        return Response(200, b'{"results":[%b]}' % b",".join([answer.body for answer in answers]), _JSON)

    async def waited(
        self,
        key: Key,
        received: Received,
        scope: Scope,
        receive: Receive,
        *,
        explain: bool = False,
        once: Once | None = None,
    ) -> Answered:
        """Wait for people, if there is room. A client that has hung up could not hear of a yes, so none is used."""
        with waiting(scope, key.id) as may_wait:
            if not may_wait:
                received = structs.replace(received, request=structs.replace(received.request, wait_ms=0))
            evaluating = asyncio.ensure_future(self._evaluation.evaluate(key, received, explain=explain, once=once))
            gone = asyncio.ensure_future(_gone(receive))
            try:
                await asyncio.wait((evaluating, gone), return_when=asyncio.FIRST_COMPLETED)
                if not evaluating.done():
                    raise InvalidError("hung_up", "The connection ended before the answer.")
                return evaluating.result()
            finally:
                evaluating.cancel()
                gone.cancel()

    async def caller(self, headers: Mapping[bytes, bytes]) -> Key:
        """The live key that a request bears. Raises UnauthenticatedError, TooManyError."""
        secret = _secret(headers)
        if secret is None:
            raise UnauthenticatedError("no_key", "Send the agent's key: Authorization: Bearer asudo_…")
        key = await self._evaluation.key(secret)
        self.check_rate(key)
        return key

    def check_rate(self, key: Key) -> None:
        """Raises TooManyError when the key asks more often than it may."""
        wait = self._limit.take(key.id)
        if wait:
            raise TooManyError("rate_limited", "This key asks more often than it may.", ceil(wait))


async def _gone(receive: Receive) -> None:
    """Until the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def key_of(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The digest of the key that a request bears, if it bears one."""
    secret = _secret(headers)
    return None if secret is None else api_key.digest(secret)


def once_of(headers: Mapping[bytes, bytes]) -> Once | None:
    """The name that a request bears, if it bears one. Raises InvalidError."""
    name = headers.get(b"idempotency-key")
    return None if name is None else Once.of(name)


def _secret(headers: Mapping[bytes, bytes]) -> str | None:
    given = headers.get(b"authorization", b"")
    return given[7:].strip().decode("latin-1") if given[:7].lower() == b"bearer " else None


def understood(body: bytes) -> Received:
    """The request in a body; what was understood once is remembered."""
    return _remembered(body) if len(body) <= _LONGEST_REMEMBERED else received_of(*_parsed(body))


@lru_cache(maxsize=1_024)
def _remembered(body: bytes) -> Received:
    return received_of(*_parsed(body))


def _parsed(body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        return parse(body)
    except InvalidJsonError as error:
        raise InvalidError("invalid_json", str(error)) from None


def received_of(value: Any, canonical: bytes) -> Received:
    """The request that a JSON value makes. Raises InvalidError."""
    try:
        request = convert(value, ActionRequest)
    except ValidationError as error:
        raise InvalidError("invalid_request", _PATTERN.sub(_VISIBLE, str(error))) from None
    if request.tool is None and request.action is None:
        raise InvalidError("invalid_request", "A request names at least its `tool` or its `action`.")
    return Received.of(request, canonical)


def _batch(body: bytes) -> list[Received]:
    try:
        texts = elements(body, "requests")
    except InvalidJsonError as error:
        raise InvalidError("invalid_json", str(error)) from None
    if texts is None:
        _parsed(body)
        raise InvalidError("invalid_request", 'A batch is {"requests": [...]} and nothing else.')
    if not 1 <= len(texts) <= MOST_IN_BATCH:
        raise InvalidError("invalid_request", f"A batch holds 1 to {MOST_IN_BATCH} requests.")
    found: list[Received] = []
    for at, text in enumerate(texts):
        try:
            received = understood(text)
        except InvalidError as error:
            if not text.startswith(b"{"):
                raise InvalidError("invalid_request", f"requests[{at}]: Expected an object.") from None
            raise InvalidError(error.code, f"requests[{at}]: {error.detail}") from None
        if received.request.wait_ms:
            raise InvalidError("invalid_request", f"requests[{at}]: A batch does not wait: leave `wait_ms` out.")
        found.append(received)
    return found


def _explain(query: bytes) -> bool:
    if not query:
        return False
    match parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        case [("explain", "true" | "1")]:
            return True
        case [("explain", "false" | "0")]:
            return False
        case _:
            raise InvalidError("invalid_query", "The only query parameter here is explain=true.")
