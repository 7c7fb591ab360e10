"""What a coding agent's hook tells, whichever agent it is, and what it is told."""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct


class Phase(StrEnum):
    """What an event is about."""

    CALL = "call"  # a tool is about to run
    DIALOG = "dialog"  # the agent is about to ask its user about a tool
    DONE = "done"  # a tool has run
    PROMPT = "prompt"  # the user has said something


class Event(Struct, frozen=True, kw_only=True):
    """One event, as far as we look at it.

    session  the agent's own name for the run
    call     its own name for the tool call, "" where it has none
    came     what came back from the tool
    """

    name: str
    phase: Phase
    session: str
    tool: str | None = None
    arguments: dict[str, Any] = {}
    cwd: str | None = None
    call: str = ""
    prompt: str = ""
    came: Any = None
    failed: bool = False


class Verdict(Struct, frozen=True):
    """What the hook answers. `nothing` leaves it to the agent; a `deny` always says why."""

    stance: Literal["allow", "deny", "nothing"]
    reason: str = ""


NOTHING = Verdict("nothing")
ALLOW = Verdict("allow")
