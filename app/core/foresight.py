"""What a delegation would have meant: past requests decided again, with it on offer.

Deciding is pure, so that this is the answer and no guess at it: rules, stops and denials of today included.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from app.core.budget import Budget
from app.core.delegation import Delegation
from app.core.delegations import Delegations
from app.core.engine import decide
from app.core.facts import Caller, Facts, Offered
from app.core.model import ActionRequest
from app.core.policy.ruleset import RuleSet
from app.core.provenance import Limit
from app.core.session import Standing
from app.core.trust import Trust


class Past(Struct, frozen=True):
    """One request as it is recorded: by whom, in which session, and the trust that it was given."""

    request: ActionRequest
    caller: Caller
    session: str | None
    trust: Trust


def granted(
    past: Iterable[Past], delegation: Delegation, rules: RuleSet, workspaces: tuple[str, ...], budget: Budget
) -> Iterator[bool]:
    """For each past request, until the budget is gone, whether `delegation` would allow what otherwise is asked."""
    offered = Offered(Delegations((delegation,)))
    for one in past:
        # INVARIANT: what has lost trust since, or never had it, is not believed again.
        standing = Standing(one.session, Limit(one.trust, "as it was recorded"), own=one.trust)
        facts = Facts(one.caller, workspaces, standing, offered)
        decision = decide(one.request, facts, rules, budget)
        if budget.left < 0:
            return
        yield decision.grant is delegation
