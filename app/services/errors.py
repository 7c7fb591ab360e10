"""What can be wrong with a request besides the decision about it. Adapters give each its form."""

from app.storage.database import UnavailableError

__all__ = [
    "ConflictError",
    "InvalidError",
    "NotFoundError",
    "ProblemError",
    "RefusedError",
    "TooLargeError",
    "TooManyError",
    "UnauthenticatedError",
    "UnavailableError",
]


class ProblemError(Exception):
    """A refusal with a stable `code` for programs and a sentence for people that says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class InvalidError(ProblemError):
    """The request does not say anything that we could do."""


class UnauthenticatedError(ProblemError):
    """We do not know who asks."""


class RefusedError(ProblemError):
    """We know who asks, and they may not."""


class NotFoundError(ProblemError):
    """There is no such thing, or none that the caller may see."""


class ConflictError(ProblemError):
    """The state is another than the request takes for granted."""


class TooLargeError(ProblemError):
    """More bytes than are read."""


class TooManyError(ProblemError):
    """Later; `retry_after` in seconds."""

    def __init__(self, code: str, detail: str, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after
