"""The life of an approval: pending → approved, denied, expired or cancelled; approved → consumed, expired or cancelled.

Each step is a function from one state to the next. What is over stays as it is.
"""

from typing import Literal

from msgspec import Struct, structs

from app.core.grant import Quorum

Status = Literal["pending", "approved", "denied", "expired", "cancelled", "consumed"]


class OverError(Exception):
    """The approval is not in a state in which this can happen; the message is its status."""

    def __init__(self, life: "Life") -> None:
        super().__init__(life.status)


class Vote(Struct, frozen=True):
    """One person's yes, and the role in which it was given."""

    operator: str
    role: str


class Life(Struct, frozen=True, kw_only=True):
    """One approval's state. Times in microseconds.

    owner        the operator who owns the agent, whom a quorum may leave out
    expires_at   until when it can be answered
    uses         how often it may be used; None: any number of times
    valid_until  until when it may be used once it is given; None: as long as its session lives
    """

    status: Status = "pending"
    expires_at: int
    quorums: tuple[Quorum, ...] = ()
    owner: str | None = None
    votes: tuple[Vote, ...] = ()
    uses: int | None = 1
    used: int = 0
    valid_until: int | None = None

    @property
    def is_over(self) -> bool:
        return self.status not in ("pending", "approved")

    def counts(self, vote: Vote) -> bool:
        """Whether this person's yes counts for anything."""
        return any(_counts(vote, quorum, self.owner) for quorum in self.quorums or (Quorum(),))

    def has_voted(self, operator: str) -> bool:
        return any(one.operator == operator for one in self.votes)

    @property
    def is_enough(self) -> bool:
        """Whether all that must agree have agreed."""
        return all(
            sum(_counts(vote, quorum, self.owner) for vote in self.votes) >= quorum.need
            for quorum in self.quorums or (Quorum(),)
        )


def voted(life: Life, vote: Vote, now: int, *, valid_until: int | None, uses: int | None) -> Life:
    """One yes more. With enough of them it is approved for so many uses until `valid_until`. Raises OverError."""
    _check_pending(life, now)
    # INVARIANT: nobody counts twice.
    if life.has_voted(vote.operator):
        return life
    life = structs.replace(life, votes=(*life.votes, vote))
    return structs.replace(life, status="approved", valid_until=valid_until, uses=uses) if life.is_enough else life


def denied(life: Life, now: int) -> Life:
    """One no ends it, whoever has agreed. Raises OverError."""
    _check_pending(life, now)
    return structs.replace(life, status="denied")


def cancelled(life: Life) -> Life:
    """Taken back, given or not. Raises OverError."""
    if life.is_over:
        raise OverError(life)
    return structs.replace(life, status="cancelled")


def expired(life: Life, now: int) -> Life:
    """Expired, if its time is over; else as it is."""
    end = life.expires_at if life.status == "pending" else life.valid_until
    if life.is_over or end is None or now < end:
        return life
    return structs.replace(life, status="expired")


def used(life: Life, now: int) -> Life:
    """One use more; the last one consumes it. Raises OverError."""
    # INVARIANT: what is not approved now is not used, and nothing is used more often than was granted.
    if expired(life, now).status != "approved":
        raise OverError(expired(life, now))
    life = structs.replace(life, used=life.used + 1)
    return structs.replace(life, status="consumed") if life.used == life.uses else life


def _check_pending(life: Life, now: int) -> None:
    # INVARIANT: what has expired is not answered any more.
    if expired(life, now).status != "pending":
        raise OverError(expired(life, now))


def _counts(vote: Vote, quorum: Quorum, owner: str | None) -> bool:
    if vote.operator == owner and not quorum.owner:
        return False
    return not quorum.of or vote.operator in quorum.of or vote.role in quorum.of
