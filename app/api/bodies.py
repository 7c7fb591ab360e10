"""Reading a request's body, never more of it than we are willing to hold."""

from collections.abc import Mapping

from starlette.types import Message, Receive

from app.services.errors import InvalidError, TooLargeError

LARGEST = 1_048_576


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
