"""Bodies of requests: read no further than we are willing to hold, JSON with one meaning, shapes without surprises."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from starlette.types import Message, Receive

from app.core.strict_json import InvalidJsonError, parse
from app.services.errors import InvalidError, ProblemError, TooLargeError

LARGEST = 1_048_576


class Body(BaseModel):
    """What a route takes: nothing that it does not know, and `"1"` is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NotJsonError(ProblemError):
    """The body is said to be something else than JSON."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body. Raises TooLargeError as soon as it is known, InvalidError when the client hangs up."""
    announced = headers.get(b"content-length", b"")
    if len(announced) > 8 or (announced.isdigit() and int(announced) > LARGEST):
        raise _too_large()
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > LARGEST:
            raise _too_large()
        return body
    return await _read_on(message, receive)


def check_json(headers: Mapping[bytes, bytes], body: bytes) -> None:
    """Raises NotJsonError, InvalidError.

    A browser asks before it sends a page's JSON elsewhere, but not before it sends a form or plain text.
    """
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise NotJsonError("not_json", "Send the body as Content-Type: application/json.")
    try:
        parse(body)
    except InvalidJsonError as error:
        raise InvalidError("invalid_json", str(error)) from None


async def _read_on(message: Message, receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise InvalidError("incomplete_body", "The connection ended before the body did.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def _too_large() -> TooLargeError:
    return TooLargeError("body_too_large", f"A request has at most {LARGEST} bytes.")
