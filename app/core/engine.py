"""The one entry of the policy decision point.

A request is normalised and classified into effects; provenance, hints and rules each say what they find; the
strictest finding wins. Where that is an ask, a grant may answer it. Nothing here does input or output, reads a clock,
or can raise on what an agent sends.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import structs

from app.core import hints, provenance, signals
from app.core.approval import Demand, demand
from app.core.budget import Budget, BudgetExceededError
from app.core.classify.names import names
from app.core.classify.paths import Place, place
from app.core.classify.request import classify
from app.core.combine import combine, monitored
from app.core.decision import Classification, Decision, Finding, Near, Stance, Verdict
from app.core.facts import Facts, Profile
from app.core.grant import Asked, Grant, first
from app.core.limit import Use
from app.core.model import ActionRequest, Call, Effect, EffectKind
from app.core.policy import condition
from app.core.policy.candidates import Candidates
from app.core.policy.located import roots
from app.core.policy.rule import Limits, Rule
from app.core.policy.ruleset import RuleSet
from app.core.policy.situation import Situation

_ASKS = frozenset((Verdict.REQUIRE_APPROVAL, Verdict.REQUIRE_STRONG_APPROVAL))
# The enforcement point's own questions to the user still apply.
NATIVE_PROMPTS = "native-prompts"
_TOO_COMPLEX = "There is too much in this request to judge it."
_OPAQUE = Finding(Stance.ASK, "opaque", "Part of this call cannot be understood.", Classification.SENSITIVE)
_NO_SESSION = Finding(
    Stance.DENY, "session-missing", "This agent may call within a session only.", Classification.BLOCKED
)


def decide(request: ActionRequest, facts: Facts, rules: RuleSet, budget: Budget, *, explain: bool = False) -> Decision:
    """Decide one request: same request, facts, rules and budget, same decision.

    `budget` is shared by all requests of one HTTP request. With `explain` the decision also names every rule that
    nearly applied, and which condition failed.
    """
    profile = facts.caller.profile
    weighed = provenance.assess(request, facts.caller.kind, facts.session.limit, profile.highest_trust)
    # INVARIANT: where an agent itself says that it stands opens nothing; only enforcement points are believed.
    where = place(request.cwd, request.home) if facts.caller.kind == "pep" else Place()
    call = _classify(request, where, rules, budget)
    situation = Situation(
        call,
        facts.caller.agent,
        weighed.trust,
        roots=roots(facts.workspaces, where.home),
        facts=condition.Facts(partial(_gather, request, facts, where, call, weighed), request.arguments),
        budget=budget,
    )
    found = [_OPAQUE] if EffectKind.OPAQUE in situation.kinds else []
    found += provenance.findings(weighed.trust, call.effects)
    found += hints.findings(request.risk_hints)
    found += signals.findings(request, weighed.trust)
    found += facts.stops.findings(facts.caller.agent, call.names + call.heard)
    candidates = rules.candidates(call.names, call.heard)
    found += _scopes(request, profile, candidates.scopes)
    if profile.needs_session and facts.session.id is None:
        found.append(_NO_SESSION)
    spoken, near, uses = _ask_rules(candidates, situation, facts.refused, explain=explain)
    if budget.left < 0:
        # INVARIANT: what was cut short may hold anything; monitor mode lets pass only what was understood.
        found.append(Finding(Stance.ASK, "too-complex", _TOO_COMPLEX, Classification.SENSITIVE, firm=True))
    actor = request.actor or facts.caller.agent
    found += _denied(facts, situation, actor)
    outcome = combine(found, spoken, rules.default)
    grant: Grant | None = None
    demanded: Demand | None = None
    # INVARIANT: a grant answers an ask and nothing else; what is denied stays denied.
    if outcome.verdict in _ASKS:
        asking = [(one.quorum, one.validity) for one in (*found, *spoken) if one.stance is Stance.ASK]
        demanded = demand(strong=outcome.verdict is Verdict.REQUIRE_STRONG_APPROVAL, asking=asking)
        asked = Asked(demanded.strong, demanded.quorums, actor, facts.session.id, facts.offered.now)
        grant, missed = _ask_grants(facts, asked, situation)
        near += missed
        if grant is None and facts.offered.refusal is not None:
            outcome = combine([*found, facts.offered.refusal], spoken, rules.default)
    if profile.monitored and grant is None:
        outcome = monitored(outcome, [*found, *spoken])
    return Decision(
        verdict=outcome.verdict if grant is None else Verdict.ALLOW,
        classification=outcome.classification,
        reason=outcome.reason if grant is None else f"Granted by {grant.id}. Otherwise: {outcome.reason}",
        rules=outcome.rules,
        effects=call.effects,
        commands=call.commands,
        trust=weighed.trust,
        tainted=facts.session.tainted or weighed.external,
        why=weighed.why,
        mode="enforce" if outcome.would_be is None else "monitor",
        would_be=outcome.would_be,
        # What was let pass unenforced was approved by nobody: whatever else asks the person goes on asking.
        obligations=() if outcome.would_be is None else (NATIVE_PROMPTS,),
        near=tuple(near),
        grant=grant,
        uses=uses,
        demand=demanded if grant is None and outcome.verdict in _ASKS else None,
    )


def _classify(request: ActionRequest, where: Place, rules: RuleSet, budget: Budget) -> Call:
    try:
        return classify(request, where, rules, budget)
    except BudgetExceededError:
        # INVARIANT: what is too complex to be understood is opaque, and what is opaque is never allowed.
        called, heard = names(request.tool, request.action)
        opaque = Effect(EffectKind.OPAQUE, "too complex to be understood")
        return Call(called, request.arguments, (opaque,), heard=heard)


def _scopes(request: ActionRequest, profile: Profile, of_tool: tuple[str, ...]) -> list[Finding]:
    """A finding for each scope that the call needs and the agent lacks; what the request names can only add to them."""
    if profile.scopes is None:
        return []
    needed = of_tool if request.scope is None else (*of_tool, request.scope)
    return [
        Finding(Stance.DENY, "scope-missing", f"The agent lacks the scope {scope}.", Classification.BLOCKED)
        for scope in dict.fromkeys(needed)
        if not profile.scopes.hold(scope)
    ]


def _ask_rules(
    candidates: Candidates, situation: Situation, reached: frozenset[str], *, explain: bool
) -> tuple[list[Finding], list[Near], tuple[Use, ...]]:
    """What the rules that apply say; to explain, those that do not, with the condition that failed; what limits count.

    `reached` names the limits that have nothing left.
    """
    spoken: list[Finding] = []
    near: list[Near] = []
    uses: dict[str, Use] = {}
    # What was cut short may hold anything.
    everything = explain or situation.budget.left < 0
    for rule in candidates.all if everything else candidates.among(situation):
        try:
            missed = rule.misses(situation)
        except BudgetExceededError:
            # INVARIANT: a rule that cannot be evaluated counts as matched if it tightens, as not matched if it loosens.
            if not rule.loosens:
                spoken.append(_unjudged(rule))
            continue
        if missed is None:
            said = _within(rule, rule.limits, situation, reached, uses) if rule.limits else rule.says(situation)
            spoken.append(said)
        elif explain:
            near.append(Near(rule.finding.rule, missed))
    return spoken, near, tuple(uses.values())


def _within(rule: Rule, limits: Limits, situation: Situation, reached: frozenset[str], uses: dict[str, Use]) -> Finding:
    """What a rule with limits says; what the call takes of them goes into `uses`."""
    mine: dict[str, Use] = {}
    for limit in limits.all:
        amount = limit.amount(situation.call.arguments)
        if amount is None or limit.name in reached:
            return limits.over
        mine[limit.name] = Use(limit, amount)
    uses |= mine
    return rule.finding


def _denied(facts: Facts, situation: Situation, actor: str) -> list[Finding]:
    """What delegations deny to the caller while they last."""
    offered = facts.offered
    if offered.delegations is None:
        return []
    return list(offered.delegations.denied(situation, actor, facts.session.id, is_believed=facts.caller.kind == "pep"))


def _ask_grants(facts: Facts, asked: Asked, situation: Situation) -> tuple[Grant | None, list[Near]]:
    """The grant that answers what is asked; and, to explain, those that do not, and why."""
    offered = facts.offered
    grant: Grant | None = None
    if offered.delegations is not None:
        grant = first(offered.delegations.candidates(situation, asked.session), asked, situation, facts.refused)
    if grant is None and offered.approval is not None:
        grant = first((offered.approval,), asked, situation, facts.refused)
    near: list[Near] = []
    with suppress(BudgetExceededError):
        near += [Near(one.id, missed) for one in offered.recent if (missed := one.misses(asked, situation)) is not None]
    return grant, near


def _unjudged(rule: Rule) -> Finding:
    found = rule.finding
    return structs.replace(found, reason=f"{_TOO_COMPLEX} It may be: {found.reason}")


def _gather(
    request: ActionRequest, facts: Facts, where: Place, call: Call, weighed: provenance.Assessment
) -> Mapping[str, Any]:
    known = {
        "args": request.arguments,
        "agent": facts.caller.agent,
        "target": request.target or "",
        "cwd": where.cwd,
        "trust": weighed.trust.name,
        "commands": [command.text for command in call.commands],
        "effects": [effect.kind.value for effect in call.effects],
        "resources": [effect.resource for effect in call.effects],
    }
    # INVARIANT: a call of two names has no one tool; a condition that asks for it cannot be evaluated.
    return known if len(call.names) > 1 else {**known, "tool": call.names[0]}
