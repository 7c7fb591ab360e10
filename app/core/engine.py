"""The one entry of the policy decision point.

A request is normalised and classified into effects; provenance, hints and rules each say what they find; the
strictest finding wins. Nothing here does input or output, reads a clock, or can raise on what an agent sends.
"""

from collections.abc import Mapping
from typing import Any

from app.core import hints, provenance
from app.core.budget import Budget, BudgetExceededError
from app.core.classify.names import names
from app.core.classify.paths import Place, normalise
from app.core.classify.request import classify
from app.core.combine import combine
from app.core.decision import Classification, Decision, Finding, Near, Stance
from app.core.facts import Facts
from app.core.model import ActionRequest, Call, Effect, EffectKind
from app.core.policy import condition
from app.core.policy.path_set import Roots, split
from app.core.policy.rule import Situation
from app.core.policy.ruleset import RuleSet

_TOO_COMPLEX = Finding(
    Stance.ASK, "too-complex", "There is too much in this request to judge it.", Classification.SENSITIVE
)


def decide(request: ActionRequest, facts: Facts, rules: RuleSet, budget: Budget, *, explain: bool = False) -> Decision:
    """Decide one request: same request, facts, rules and budget, same decision.

    `budget` is shared by all requests of one HTTP request. With `explain` the decision also names every rule that
    nearly applied, and which condition failed.
    """
    weighed = provenance.assess(request, facts.caller.kind, facts.session_trust)
    call = _classify(request, rules, budget)
    findings = provenance.findings(weighed.trust, call.effects) + hints.findings(request.risk_hints)
    situation = Situation(
        call=call,
        agent=facts.caller.agent,
        trust=weighed.trust,
        tainted=facts.tainted,
        roots=_roots(request, facts),
        facts=condition.Facts(lambda: _gather(request, facts, call, weighed)),
    )
    near = _apply(rules, situation, findings, budget)
    outcome = combine(findings, rules.default)
    return Decision(
        verdict=outcome.verdict,
        classification=outcome.classification,
        reason=outcome.reason,
        rules=outcome.rules,
        effects=call.effects,
        trust=weighed.trust,
        tainted=facts.tainted,
        why=weighed.why,
        mode="enforce" if outcome.would_be is None else "monitor",
        would_be=outcome.would_be,
        near=tuple(near) if explain else (),
    )


def _classify(request: ActionRequest, rules: RuleSet, budget: Budget) -> Call:
    try:
        return classify(request, rules, budget)
    except BudgetExceededError:
        # INVARIANT: what is too complex to be understood is opaque, and what is opaque is never allowed.
        opaque = Effect(EffectKind.OPAQUE, "too complex to be understood")
        return Call(names(request.tool, request.action), request.arguments, (opaque,))


def _apply(rules: RuleSet, situation: Situation, findings: list[Finding], budget: Budget) -> list[Near]:
    """Add the findings of the rules that apply; return those that do not, with the condition that failed."""
    near: list[Near] = []
    for rule in rules.candidates(situation.call.names):
        try:
            budget.spend(1 + len(situation.call.effects))
        except BudgetExceededError:
            findings.append(_TOO_COMPLEX)
            return near
        missed = rule.misses(situation)
        if missed is None:
            findings.append(rule.finding)
        else:
            near.append(Near(rule.finding.rule, missed))
    return near


def _roots(request: ActionRequest, facts: Facts) -> Roots:
    # INVARIANT: a home named by an agent itself opens nothing; only enforcement points are believed.
    believed = request.home if facts.caller.kind == "pep" and request.home and request.home[0] == "/" else None
    return Roots(
        tuple(split(root) for root in facts.workspaces),
        split(normalise(believed, Place())) if believed else None,
    )


def _gather(
    request: ActionRequest, facts: Facts, call: Call, weighed: provenance.Assessment
) -> Mapping[str, Any]:
    return {
        "args": request.arguments,
        "agent": facts.caller.agent,
        "tool": call.names[0],
        "target": request.target or "",
        "cwd": request.cwd or "",
        "trust": weighed.trust.name,
        "commands": [command.text for command in call.commands],
        "effects": [effect.kind.value for effect in call.effects],
        "resources": [effect.resource for effect in call.effects],
    }
