"""Rules that can never decide, since a stricter one speaks wherever they do.

Only what is certain is said: a rule that is not found here may still never decide.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from app.core.policy import glob, wildcard
from app.core.policy.command_set import CommandSet
from app.core.policy.path_set import PathSet
from app.core.policy.rule import Rule
from app.core.policy.ruleset import RuleSet
from app.core.spelling import fold

T = TypeVar("T")


def shadows(rules: RuleSet) -> list[tuple[str, str]]:
    """Each rule that can never decide, with one that always overrules it."""
    found = []
    for rule in rules.rules:
        over = next((one for one in rules.rules if _overrules(one, rule)), None)
        if over is not None:
            found.append((rule.finding.rule, over.finding.rule))
    return found


def _overrules(over: Rule, rule: Rule) -> bool:
    """Whether `over` is stricter and applies to every call that `rule` names."""
    if over.finding.stance <= rule.finding.stance or over.loosens or over.when is not None:
        return False
    if over.hosts is not None or over.spared is not None:
        return False
    return (
        _each([fold(one) for one in rule.tools], [fold(one) for one in over.tools], wildcard.within)
        and (over.agents is None or _each(rule.agents, over.agents, wildcard.within))
        and (over.sources is None or (rule.sources is not None and rule.sources <= over.sources))
        and (over.commands is None or _each(_patterns(rule.commands), over.commands.patterns, glob.within))
        and (over.paths is None or _each(_patterns(rule.paths), over.paths.patterns, _path_within))
        and (over.effects is None or (rule.effects is not None and rule.effects <= over.effects))
        and (not rule.loosens or _on_one_thing(over, rule))
    )


def _on_one_thing(over: Rule, rule: Rule) -> bool:
    """Whether a rule that covers whole calls cannot be about one that holds nothing of what `over` looks for.

    A call without any effect is covered by every rule, and one effect must meet all that `over` says.
    """
    asks = [one for one in (over.commands, over.paths, over.effects) if one is not None]
    return not asks or (len(asks) == 1 and over.effects is None and (over.paths is None or rule.commands is None))


def _path_within(inner: glob.Pattern, outer: glob.Pattern) -> bool:
    # A search through a tree touches what is named in its place, not what is meant wherever it lies.
    anywhere = outer[0].any_number and len(outer) > 1 and not inner[0].any_number
    return not anywhere and glob.within(inner, outer)


def _patterns(of: CommandSet | PathSet | None) -> list[glob.Pattern] | None:
    return of.patterns if of is not None else None


def _each(inner: Iterable[T] | None, outer: Iterable[T], within: Callable[[T, T], bool]) -> bool:
    """Whether each of `inner` lies within one of `outer`; what is not limited lies within nothing."""
    return inner is not None and all(any(within(one, other) for other in outer) for one in inner)
