"""Deciding without a service: the same engine on the same policy, and nothing is recorded."""

from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct, to_builtins

from app.cli.failure import ASK, NO, OK, Failure
from app.cli.home import Judged

if TYPE_CHECKING:
    from app.core.decision import Decision
    from app.core.model import ActionRequest, Effect
    from app.core.tree import Branch
    from app.core.trust import KeyKind

_NOBODY = "agent"


class Caller(Struct, frozen=True):
    """Whose call it would be; without a name the one that the request gives itself."""

    agent: str
    kind: str


def judge(judged: Judged, caller: Caller, request: "ActionRequest", *, explain: bool = False) -> "Decision":
    """Decide as the service would. Raises Failure where it would refuse to."""
    from app.core.budget import Budget
    from app.core.engine import decide
    from app.core.facts import Caller as Facts_Caller
    from app.core.facts import Facts
    from app.services.evaluation import STEPS

    named = (request.actor or "").partition("/")[0]
    agent = caller.agent or named or _NOBODY
    if named and named != agent:
        raise Failure(f"The request's actor is {request.actor!r}, which the agent {agent!r} may not speak for.")
    facts = Facts(Facts_Caller(agent, "", cast("KeyKind", caller.kind)), judged.workspaces)
    return decide(request, facts, judged.rules, Budget(STEPS), explain=explain)


def wire(decision: "Decision", judged: Judged) -> dict[str, Any]:
    """A decision as JSON, by the names of the service's answer."""
    from app.core.tree import tree

    return {
        "allowed": decision.allowed,
        "decision": decision.verdict.value,
        "classification": decision.classification.name,
        "reason": decision.reason,
        "rules": list(decision.rules),
        "policy": judged.policy,
        "mode": decision.mode,
        "would_be": decision.would_be,
        "effects": [_effect(one) for one in decision.effects],
        "provenance": {"trust": decision.trust.name, "tainted": decision.tainted, "why": list(decision.why)},
        "tree": [_branch(one) for one in tree(decision.commands, decision.effects)],
        **({"trace": to_builtins(decision.near)} if decision.near else {}),
    }


def _branch(branch: "Branch") -> dict[str, Any]:
    inner = {"inner": [_branch(one) for one in branch.inner]} if branch.inner else {}
    return {"words": branch.words, "effects": [_effect(one) for one in branch.effects], **inner}


def _effect(effect: "Effect") -> dict[str, str]:
    return {"kind": effect.kind.value, "resource": effect.resource, "via": effect.via}


def exit_code(decisions: list["Decision"]) -> int:
    """One code for all: anything denied is a no, else anything to be approved asks."""
    if all(decision.allowed for decision in decisions):
        return OK
    return NO if any(decision.verdict.value == "DENY" for decision in decisions) else ASK
