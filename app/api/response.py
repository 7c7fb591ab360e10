"""A whole HTTP answer in plain bytes, and the headers that every answer bears."""

from functools import lru_cache
from http import HTTPStatus

from msgspec import Struct
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Send

Header = tuple[bytes, bytes]

# INVARIANT: no answer is kept by a cache or read as something that it does not say it is; none is for other origins.
ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Response(Struct, frozen=True):
    """A status, a body, and the headers that only this answer has."""

    status: int
    body: bytes
    headers: tuple[Header, ...]

    async def send(self, send: Send) -> None:
        headers = [*self.headers, (b"content-length", b"%d" % len(self.body)), *ALWAYS]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def wire(self, more: tuple[Header, ...]) -> bytes:
        """The same as it goes over a connection, with `more` headers."""
        length = b"content-length: %d\r\n\r\n" % len(self.body)
        return b"".join(
            (_STATUS_LINES[self.status], _lines(self.headers), _lines(more), _lines(ALWAYS), length, self.body)
        )

    def for_starlette(self) -> StarletteResponse:
        """The same as a route returns it."""
        response = StarletteResponse(self.body, self.status)
        response.raw_headers = [*self.headers, (b"content-length", b"%d" % len(self.body))]
        return response


# Answers bear the same few, and a date that changes once a second.
@lru_cache(maxsize=64)
def _lines(headers: tuple[Header, ...]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def with_headers(send: Send) -> Send:
    """A `send` that adds what every answer bears, where the answer does not say something else."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(header for header in ALWAYS if header[0] not in own)]
        await send(message)

    return sending
