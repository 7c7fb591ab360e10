"""Approvals: what is demanded of people when a call is asked about, and their yes to exactly that.

A yes covers the request that was shown and nothing else, and only while no more is required than was shown then.
"""

from collections.abc import Sequence

from msgspec import Struct

from app.core.grant import Asked, Quorum
from app.core.policy.situation import Situation
from app.core.trust import Trust

# How long a person is asked where no rule says, and what rules may say. Seconds.
ASKED_FOR = 120
SHORTEST_ASK, LONGEST_ASK = 30, 86_400
# Arguments beyond this size are more than a person can have read.
LARGEST_ARGUMENTS = 65_536


class Validity(Struct, frozen=True):
    """What a rule says of the approvals it asks for, times in seconds.

    uses     how often one may be used
    lasts    how long it may be used once it is given; None: as long as it was asked for
    expires  how long it is asked for
    high     whether the rule calls what it asks about a high risk
    """

    uses: int = 1
    lasts: int | None = None
    expires: int | None = None
    high: bool = False


ORDINARY = Validity()


class Demand(Struct, frozen=True):
    """What is demanded of people before a call may run, and what their yes is worth. Times in seconds.

    strong   whether a passphrase is asked for with it
    quorums  all that must agree; none: one person
    risk     0 ordinary, 1 high, 2 critical: what is looked at first
    """

    strong: bool
    quorums: tuple[Quorum, ...]
    uses: int
    lasts: int
    expires: int
    risk: int


class Shown(Struct, frozen=True):
    """What people were shown to be required when they were asked."""

    strong: bool
    quorums: tuple[Quorum, ...]
    trust: Trust

    def misses(self, strong: bool, quorums: Sequence[Quorum], trust: Trust) -> str | None:  # noqa: FBT001 - as the fields
        """None when no more is required now, else what is."""
        # INVARIANT: an approval is void where a stricter level, a larger quorum or less trust holds than was shown.
        if strong and not self.strong:
            return "level: shown when no passphrase was needed"
        for quorum in quorums:
            if not any(_is_as_large(one, quorum) for one in self.quorums or (Quorum(),)):
                return f"quorum: {quorum.need} people must agree"
        if trust < self.trust:
            return f"trust: shown at {self.trust.name}, now {trust.name}"
        return None


class Approval(Struct, frozen=True):
    """A yes to one request, that of `digest`; offered when exactly that request comes again."""

    id: str
    digest: bytes
    shown: Shown

    def misses(self, asked: Asked, situation: Situation) -> str | None:
        """None when it answers what is asked, else why it is void."""
        return self.shown.misses(asked.strong, asked.quorums, situation.trust)


def demand(*, strong: bool, asking: Sequence[tuple[Quorum | None, Validity]]) -> Demand:
    """What all that ask demand together: each quorum, the fewest uses, the shortest times."""
    terms = [validity for _, validity in asking] or [ORDINARY]
    expires = min([one.expires for one in terms if one.expires is not None], default=ASKED_FOR)
    return Demand(
        strong=strong,
        quorums=tuple(dict.fromkeys(quorum for quorum, _ in asking if quorum is not None)),
        uses=min(one.uses for one in terms),
        lasts=min([one.lasts for one in terms if one.lasts is not None], default=expires),
        expires=expires,
        risk=2 if strong else int(any(one.high for one in terms)),
    )


def _is_as_large(shown: Quorum, required: Quorum) -> bool:
    """Whether those who agreed as `shown` says are surely enough for what is required."""
    among = not required.of or (bool(shown.of) and set(shown.of) <= set(required.of))
    return shown.need >= required.need and among and shown.owner <= required.owner
