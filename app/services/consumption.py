"""What an allow uses up, as guards and changes of the command that records it."""

from app.core.approval import Approval
from app.core.decision import Decision
from app.core.delegation import Delegation
from app.storage.approval_changes import ApprovalLives, UseApproval
from app.storage.command import Change, Guard
from app.storage.delegations import DelegationLives, UseDelegation
from app.storage.limits import Counter, CountUse, LimitHolds


def consumption(decision: Decision, agent: str, *, dry_run: bool) -> tuple[tuple[Guard, ...], tuple[Change, ...]]:
    """Guards that what the decision relies on is still there, and changes that use it; a dry run uses nothing.

    Limits are counted for the agent, whichever part of it calls.
    """
    if not decision.allowed:
        return (), ()
    guards: list[Guard] = []
    changes: list[Change] = []
    if isinstance(decision.grant, Delegation):
        # INVARIANT: a use counts against the delegation and all that it descends from, and each must have one left.
        guards.append(DelegationLives(decision.grant.chain))
        changes.append(UseDelegation(decision.grant.chain))
    if isinstance(decision.grant, Approval):
        # INVARIANT: a yes is used with the entry that relies on it, for the request that was shown, and never twice.
        guards.append(ApprovalLives(decision.grant.id, decision.grant.digest))
        changes.append(UseApproval(decision.grant.id))
    for use in decision.uses:
        counter = Counter(agent, use.limit.rule, use.limit.unit)
        guards.append(LimitHolds(use.limit.name, counter, use.limit.per, use.limit.most - use.amount))
        changes.append(CountUse(counter, use.limit.per, use.amount))
    return tuple(guards), () if dry_run else tuple(changes)


def used_up(guard: Guard) -> str | None:
    """The name of what the guard found used up, ended or reached; None for guards of something else."""
    match guard:
        case DelegationLives(chain=chain):
            return chain[0]
        case LimitHolds(name=name):
            return name
        case _:
            return None
