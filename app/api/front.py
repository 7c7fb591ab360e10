"""The front door: every request passes here first, as plain ASGI.

It checks whom a request is addressed to, answers the hot path itself, and hands everything else to the application
with a body that was read under the same limits and has one meaning.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.bodies import read_body
from app.api.hot import PATHS, Hot, Response
from app.api.problem import problem
from app.core.strict_json import InvalidJsonError, parse
from app.services.errors import InvalidError, ProblemError, RefusedError


class Front:
    """The outermost ASGI application."""

    def __init__(self, app: ASGIApp, hot: Hot, hosts: frozenset[str]) -> None:
        """`hosts` are the names that requests may be addressed to, lower case, without port."""
        self._app = app
        self._hot = hot
        self._hosts = hosts
        self._seen: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        evaluates = scope["path"] in PATHS
        if not self._is_for_us(headers):
            error = RefusedError("unknown_host", "The Host header names no host of this service.")
            await _send(self._hot.refusal(problem(error, evaluating=evaluates)), send)
        elif evaluates and scope["method"] == "POST":
            await _send(await self._hot.respond(scope, headers, receive), send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        else:
            await self._with_body(scope, headers, receive, send)

    def _is_for_us(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the Host header is ours: a page elsewhere whose name was pointed at us bears its own."""
        host = headers.get(b"host", b"")
        if host in self._seen:
            return True
        name, colon, port = host.decode("latin-1").lower().rpartition(":")
        if not colon or not port.isdigit():
            name = host.decode("latin-1").lower()
        if name not in self._hosts:
            return False
        if len(self._seen) < 64:
            self._seen.add(host)
        return True

    async def _with_body(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
        try:
            body = await read_body(headers, receive)
            if body:
                parse(body)
        except InvalidJsonError as error:
            answer = problem(InvalidError("invalid_json", str(error)))
            await _send(self._hot.refusal(answer), send)
        except ProblemError as error:
            await _send(self._hot.refusal(problem(error)), send)
        else:
            await self._app(scope, _replay(body, receive), send)


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


async def _send(response: Response, send: Send) -> None:
    headers = [*response.headers, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
