"""What an allow uses up, as guards and changes of the command that records it."""

from app.core.decision import Decision
from app.core.delegation import Delegation
from app.storage.command import Change, Guard
from app.storage.delegations import DelegationLives, UseDelegation


def consumption(decision: Decision, *, dry_run: bool) -> tuple[tuple[Guard, ...], tuple[Change, ...]]:
    """Guards that what the decision relies on is still there, and changes that use it; a dry run uses nothing."""
    if isinstance(decision.grant, Delegation):
        # INVARIANT: a use counts against the delegation and all that it descends from, and each must have one left.
        chain = decision.grant.chain
        return (DelegationLives(chain),), () if dry_run else (UseDelegation(chain),)
    return (), ()


def used_up(guard: Guard) -> str | None:
    """The name of what the guard found used up or ended; None for guards of something else."""
    return guard.chain[0] if isinstance(guard, DelegationLives) else None
