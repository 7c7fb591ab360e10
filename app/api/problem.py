"""Errors as RFC 9457 problem documents, each with a stable `code`."""

from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from app.api.bodies import NotJsonError
from app.services import errors

_encode = Encoder().encode
_LONGEST_DETAIL = 4_000

MEDIA_TYPE = b"application/problem+json"


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem. `code` is stable and for programs; `detail` says to people what to do."""

    # INVARIANT: every error says `allowed: false`, and says it first: a client that reads nothing else is safe, also
    # one that mistyped the address of /evaluate.
    allowed: Literal[False] = False
    type: str
    title: str
    status: int
    code: str
    detail: str


class Problem(Struct, frozen=True):
    """An answer that is no decision. `retry_after` in seconds."""

    title: str
    status: int
    code: str
    detail: str
    retry_after: int | None = None

    def body(self) -> bytes:
        # What a caller sent can show up in a detail, a field's name for one; it must not make the answer long.
        detail = self.detail if len(self.detail) <= _LONGEST_DETAIL else f"{self.detail[:_LONGEST_DETAIL]}…"
        return _encode(
            ProblemDocument(
                type=f"urn:agent-sudo:{self.code}",
                title=self.title,
                status=self.status,
                code=self.code,
                detail=detail,
            )
        )

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        kind = (b"content-type", MEDIA_TYPE)
        return (kind,) if self.retry_after is None else (kind, (b"retry-after", b"%d" % self.retry_after))


_STATUS: dict[type[errors.ProblemError], tuple[int, str]] = {
    errors.InvalidError: (400, "Bad request"),
    errors.UnauthenticatedError: (401, "Not authenticated"),
    errors.RefusedError: (403, "Not permitted"),
    errors.NotFoundError: (404, "Not found"),
    errors.ConflictError: (409, "Conflict"),
    errors.TooLargeError: (413, "Too large"),
    NotJsonError: (415, "Unsupported media type"),
    errors.TooManyError: (429, "Too many requests"),
}


def problem(error: Exception) -> Problem:
    """The document for `error`. What we did not foresee says nothing about itself."""
    if isinstance(error, errors.ProblemError):
        status, title = _STATUS[type(error)]
        retry_after = error.retry_after if isinstance(error, errors.TooManyError) else None
        return Problem(title, status, error.code, error.detail, retry_after)
    if isinstance(error, errors.UnavailableError):
        detail = "The decision could not be recorded, so nothing is allowed; try again."
        return Problem("Unavailable", 503, "not_recorded", detail, 1)
    return Problem("Internal error", 500, "internal", "Something went wrong here; the log has the details.")
