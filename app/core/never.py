"""Tools that an agent is denied whatever it would do with them: it need not even be shown them."""

from app.core.classify.names import names
from app.core.decision import Stance
from app.core.facts import Caller
from app.core.policy.candidates import Candidates
from app.core.policy.rule import Rule
from app.core.policy.ruleset import RuleSet
from app.core.policy.wildcard import matches
from app.core.stops import Stops


def is_never_allowed(tool: str, caller: Caller, rules: RuleSet, stops: Stops) -> bool:
    """Whether every call of `tool` by `caller`, named by nothing else, is denied; a no may be wrong."""
    called, heard = names(tool, None)
    candidates = rules.candidates(called, heard)
    denied = [rule.finding for rule in candidates.all if _denies_all(rule, caller.agent)]
    denied += stops.findings(caller.agent, called + heard)
    # INVARIANT: what is only recorded is not denied; what is firm always is.
    if caller.profile.monitored:
        return any(one.firm for one in denied)
    scopes = caller.profile.scopes
    lacks = scopes is not None and not all(map(scopes.hold, candidates.scopes))
    return bool(denied) or lacks or _is_left_to_a_denial(called, candidates, rules)


def _denies_all(rule: Rule, agent: str) -> bool:
    """Whether a rule denies a call of its tools, whatever the call does and however much it is believed."""
    return (
        rule.finding.stance is Stance.DENY
        and not rule.narrows
        and rule.when is None
        and rule.sources is None
        and rule.limits is None
        and (rule.agents is None or any(matches(one, agent) for one in rule.agents))
    )


def _is_left_to_a_denial(called: tuple[str, ...], candidates: Candidates, rules: RuleSet) -> bool:
    """Whether no rule could say anything but no. Arguments make other tools of some native ones, of MCP's never."""
    return (
        rules.default.stance is Stance.DENY
        and all(name.startswith("mcp:") for name in called)
        and all(rule.finding.stance is Stance.DENY and rule.limits is None for rule in candidates.all)
    )
