"""Grants: what a person allowed before. The one step that loosens, and only from ask to allow.

A grant is offered with the facts. It is used where it covers all of a call and was given for no less than what is
asked; using it up belongs to the command that records the decision.
"""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from app.core.budget import BudgetExceededError
from app.core.policy.situation import Situation

# So many grants in a row may turn out to be used up, others being faster, before a person is asked.
_MOST_REFUSED = 16


class Quorum(Struct, frozen=True):
    """How many people must agree, and which: names or roles; empty means any who may approve.

    `owner` is whether the operator who owns the agent counts.
    """

    need: int = 1
    of: tuple[str, ...] = ()
    owner: bool = True


class Asked(Struct, frozen=True):
    """What is asked for, of whom and when.

    strong   whether a passphrase is asked for with the approval
    quorums  all that must agree
    actor    the agent, or the part of it that calls
    session  the live session of the call
    now      microseconds
    """

    strong: bool
    quorums: tuple[Quorum, ...]
    actor: str
    session: str | None
    now: int


class Grant(Protocol):
    """Anything that a person allowed before: ahead of time, or when asked about exactly this request."""

    @property
    def id(self) -> str: ...

    def misses(self, asked: Asked, situation: Situation) -> str | None:
        """None when this grant answers what is asked, else the first thing that does not fit.

        Raises BudgetExceededError.
        """


def first(offered: Iterable[Grant], asked: Asked, situation: Situation, refused: frozenset[str]) -> Grant | None:
    """The first grant that answers what is asked; `refused` are those that were found used up or ended."""
    if len(refused) >= _MOST_REFUSED:
        return None
    try:
        for grant in offered:
            situation.budget.spend(1)
            if grant.id not in refused and grant.misses(asked, situation) is None:
                return grant
    except BudgetExceededError:
        # INVARIANT: what cannot be judged is not granted.
        pass
    return None
