"""The words of a decision's output: findings, verdicts, the decision itself."""

from enum import IntEnum, StrEnum
from typing import Literal

from msgspec import Struct

from app.core.approval import ORDINARY, Approval, Demand, Validity
from app.core.delegation import Delegation
from app.core.grant import Grant, Quorum
from app.core.limit import Use
from app.core.model import Command, Effect
from app.core.trust import Trust

Mode = Literal["enforce", "monitor"]


class Verdict(StrEnum):
    """What the enforcement point is told."""

    ALLOW = "ALLOW"
    REQUIRE_APPROVAL = "REQUIRE_APPROVAL"
    REQUIRE_STRONG_APPROVAL = "REQUIRE_STRONG_APPROVAL"
    DENY = "DENY"


class Classification(IntEnum):
    """How grave a call is; `max` of several findings is the call's."""

    SAFE = 0
    SENSITIVE = 1
    CRITICAL = 2
    BLOCKED = 3


class Stance(IntEnum):
    """What one finding says. Ordered: the strictest stance of a call wins, whatever order rules stand in."""

    ALLOW = 0
    LOG = 1
    ASK = 2
    DENY = 3


class Finding(Struct, frozen=True):
    """What one stage or one rule has to say about a call. What is `firm` holds in monitor mode too."""

    stance: Stance
    rule: str
    reason: str
    classification: Classification
    quorum: Quorum | None = None
    firm: bool = False
    validity: Validity = ORDINARY


class Near(Struct, frozen=True):
    """A rule or a grant that does not apply, and the first of its conditions that failed."""

    rule: str
    failed: str


class Decision(Struct, frozen=True, kw_only=True):
    """What the engine says of one request. `allowed` is the whole answer for a caller that reads only that.

    `demand` is what people are asked for; None where nobody is asked.
    """

    verdict: Verdict
    classification: Classification
    reason: str
    rules: tuple[str, ...]
    effects: tuple[Effect, ...]
    trust: Trust
    tainted: bool
    why: tuple[str, ...]
    mode: Mode = "enforce"
    would_be: Verdict | None = None
    obligations: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    grant: Grant | None = None
    uses: tuple[Use, ...] = ()
    commands: tuple[Command, ...] = ()
    demand: Demand | None = None

    @property
    def delegation(self) -> str | None:
        """The delegation that the decision relies on."""
        return self.grant.id if isinstance(self.grant, Delegation) else None

    @property
    def approval(self) -> str | None:
        """The approval that the decision relies on."""
        return self.grant.id if isinstance(self.grant, Approval) else None

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOW
