"""Errors as RFC 9457 problem documents, each with a stable `code`."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Encoder

from app.services import errors

_encode = Encoder().encode

MEDIA_TYPE = b"application/problem+json"


class Problem(Struct, frozen=True):
    """An answer that is no decision. `allowed` stands first on the routes that evaluate."""

    title: str
    status: int
    code: str
    detail: str
    allowed: bool | UnsetType = UNSET
    retry_after: int | None = None

    def body(self) -> bytes:
        members: dict[str, Any] = {} if self.allowed is UNSET else {"allowed": self.allowed}
        members |= {"type": f"urn:agent-sudo:{self.code}", "title": self.title, "status": self.status}
        return _encode(members | {"code": self.code, "detail": self.detail})

    def headers(self) -> list[tuple[bytes, bytes]]:
        extra = [] if self.retry_after is None else [(b"retry-after", b"%d" % self.retry_after)]
        return [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), *extra]


_STATUS: dict[type[errors.ProblemError], tuple[int, str]] = {
    errors.InvalidError: (400, "Bad request"),
    errors.UnauthenticatedError: (401, "Not authenticated"),
    errors.RefusedError: (403, "Not permitted"),
    errors.NotFoundError: (404, "Not found"),
    errors.ConflictError: (409, "Conflict"),
    errors.TooLargeError: (413, "Too large"),
    errors.TooManyError: (429, "Too many requests"),
}


def problem(error: Exception, *, evaluating: bool = False) -> Problem:
    """The document for `error`. What we did not foresee says nothing about itself."""
    # INVARIANT: every error of a route that evaluates says allowed: false.
    allowed = False if evaluating else UNSET
    if isinstance(error, errors.ProblemError):
        status, title = _STATUS[type(error)]
        retry_after = error.retry_after if isinstance(error, errors.TooManyError) else None
        return Problem(title, status, error.code, error.detail, allowed, retry_after)
    if isinstance(error, errors.UnavailableError):
        detail = "The decision could not be recorded, so nothing is allowed; try again."
        return Problem("Unavailable", 503, "not_recorded", detail, allowed, 1)
    return Problem("Internal error", 500, "internal", "Something went wrong here; the log has the details.", allowed)
