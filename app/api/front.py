"""The front door: every request passes here first, as plain ASGI.

It checks whom a request is addressed to, answers the hot path itself, and hands everything else to the application
with a body that was read under the same limits and has one meaning.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.bodies import check_json, read_body
from app.api.head import Head, Heads
from app.api.hot import PATHS, Hot, key_of, once_of
from app.api.problem import problem
from app.api.response import Response, with_headers
from app.services.errors import InvalidError, ProblemError, RefusedError

_HOST = re.compile(rb"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")
# Headers that two readers would understand differently if they stood twice: one takes the first, another the last.
_SINGLE = frozenset(
    (
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"origin",
        b"transfer-encoding",
    )
)


class Foreign(Protocol):
    """Answers POST at an address of its own, in words that are not ours: refusals too."""

    async def respond(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, refused: ProblemError | None, /
    ) -> Response:
        """Answer one request; `refused` says why it is not let in. Never raises."""


class Front:
    """The outermost ASGI application."""

    def __init__(
        self,
        app: ASGIApp,
        hot: Hot,
        hosts: frozenset[str],
        pages: ASGIApp,
        foreign: Mapping[str, Foreign],
    ) -> None:
        """`hosts` are the names that requests may be addressed to, lower case, without port.

        `pages` answer at /console: they take forms, and see to it themselves whose pages these come from. `foreign`
        goes by address; one that ends in a slash has all that is beneath it.
        """
        self._app = app
        self._pages = pages
        self._foreign = foreign
        self._hot = hot
        self._hosts = hosts
        self.heads = Heads()
        self._seen: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["method"] == "POST" and scope["path"] in PATHS:
            await (await self.answer(scope, headers, receive)).send(send)
            return
        refused = self._refused(scope["headers"], headers)
        foreign = self._foreign_at(scope["path"]) if scope["method"] == "POST" else None
        if foreign is not None:
            await (await foreign.respond(scope, headers, receive, refused)).send(send)
        elif refused is not None:
            await self._hot.refusal(problem(refused)).send(send)
        else:
            await self._to_app(scope, headers, receive, send)

    def begin(self, head: Head, body: bytes, answered: Callable[[Response], None]) -> bool:
        """Begin to answer a plain request of `/evaluate`; False where it takes `answer` instead."""
        if head.refused is None:
            return self._hot.begin(head.key, body, answered, head.once)
        answered(self._hot.refusal(problem(head.refused)))
        return True

    def head(self, given: list[tuple[bytes, bytes]], *, keep_alive: bool) -> Head:
        """What these headers of a plain request say."""
        headers = dict(given)
        # What depends on the connection is left out: the head may come again on others.
        scope = {"type": "http", "method": "POST", "path": "/evaluate", "query_string": b"", "headers": given}
        length = int(headers[b"content-length"])
        refused = self._refused(given, headers)
        try:
            return Head(scope, headers, length, keep_alive, refused, key_of(headers), once_of(headers))
        except InvalidError:
            # Without a key it is answered where what is wrong with it is said in its turn.
            return Head(scope, headers, length, keep_alive, refused, None)

    async def answer(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> Response:
        """The answer to a request of the hot path."""
        refused = self._refused(scope["headers"], headers)
        if refused is not None:
            return self._hot.refusal(problem(refused))
        return await self._hot.respond(scope, headers, receive)

    def _foreign_at(self, path: str) -> Foreign | None:
        return self._foreign.get(path) or self._foreign.get(path[: path.find("/", 1) + 1])

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        # INVARIANT: nothing but HTTP comes in, so nothing comes in past the checks below.
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    def _refused(self, given: Sequence[tuple[bytes, bytes]], headers: Mapping[bytes, bytes]) -> ProblemError | None:
        if not self._is_for_us(headers.get(b"host", b"")):
            return RefusedError("unknown_host", "The Host header names no host of this service.")
        if len(given) != len(headers):
            names = [name for name, _ in given if name in _SINGLE]
            if len(names) != len(set(names)):
                return InvalidError("duplicate_header", "A header that may stand once stands there twice.")
        return None

    def _is_for_us(self, host: bytes) -> bool:
        """Whether the Host header is ours: a page elsewhere whose name was pointed at us bears its own."""
        if host in self._seen:
            return True
        match = _HOST.fullmatch(host.lower())
        if match is None or match[1].decode("latin-1") not in self._hosts:
            return False
        if len(self._seen) < 64:
            self._seen.add(host)
        return True

    async def _to_app(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
        is_page = scope["path"] == "/console" or scope["path"].startswith("/console/")
        try:
            body = await read_body(headers, receive)
            if body and not is_page:
                check_json(headers, body)
        except ProblemError as error:
            await self._hot.refusal(problem(error)).send(send)
        else:
            await (self._pages if is_page else self._app)(scope, _replay(body, receive), with_headers(send))


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, then whatever comes."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
