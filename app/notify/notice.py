"""What people are told elsewhere, and what a way to tell them is."""

from typing import Protocol

from msgspec import Struct

from app.core.model import EffectKind


class Notice(Struct, frozen=True, kw_only=True):
    """A request waits for people. INVARIANT: nothing in it was written by an agent; that is read where one signs in.

    agent       its name, which an operator gave it
    does        the kinds of its effects
    expires_at  until when it can be answered
    url         where it is looked at; the address carries no power
    """

    approval: str
    agent: str
    level: str
    risk: str
    does: tuple[EffectKind, ...]
    opened_at: str
    expires_at: str
    url: str

    @property
    def title(self) -> str:
        """In a few words."""
        return f"{self.agent} asks ({self.risk})"

    @property
    def text(self) -> str:
        """In two lines."""
        does = ", ".join(self.does) or "nothing that is known"
        return f"It would: {does}. Open until {self.expires_at[11:19]} UTC.\n{self.url}"


class UndeliveredError(Exception):
    """It did not arrive. The message is a word of ours and never an address, which may hold a secret.

    `again`: it may arrive later.
    """

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Channel(Protocol):
    """One way to tell people; `name` stands in the log."""

    @property
    def name(self) -> str: ...

    def send(self, notice: Notice) -> None:
        """Blocks for some seconds at most. Raises UndeliveredError."""
