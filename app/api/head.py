"""Heads of plain requests: what is known of a request once its headers were read.

A client says the same in front of each of its requests. What it says there depends on its bytes alone, so that a head
which was read once, and found plain and admissible, need not be read again.
"""

from collections.abc import Mapping

from msgspec import Struct
from starlette.types import Scope

from app.services.errors import ProblemError
from app.services.once import Once

# So many are remembered, each with its key and so many bytes at most.
_MOST = 1_024
_LONGEST = 2_048


class Head(Struct, frozen=True):
    """A request without its body, which has `length` bytes.

    `refused`: why it is not let in, whatever its body says. `key` is the digest of the secret that it bears, if any,
    and `once` the name of this one request.
    """

    scope: Scope
    headers: Mapping[bytes, bytes]
    length: int
    keep_alive: bool
    refused: ProblemError | None
    key: bytes | None
    once: Once | None = None


class Heads:
    """Heads by their bytes."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def remember(self, data: bytes, head: Head) -> None:
        """`data` is one whole request that began with `head`."""
        size = len(data) - head.length
        # What names its request does not come again with another one.
        if head.refused is None and head.once is None and size <= _LONGEST and data.find(b"\r\n\r\n") + 4 == size:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[data[:size]] = head

    def find(self, data: bytes) -> Head | None:
        """The head of `data`, if that is one whole request whose head is known."""
        size = data.find(b"\r\n\r\n") + 4
        head = self._known.get(data[:size])
        # INVARIANT: a request whose body is not exactly what its head announces is read by the parser alone.
        return head if head is not None and len(data) == size + head.length else None
