"""All that rules may look at when they are asked about one call."""

from app.core.budget import Budget
from app.core.model import NAMES_PATHS, ON_HOSTS, Call
from app.core.policy.command_set import plain
from app.core.policy.condition import Facts
from app.core.policy.located import Located, Roots, locate
from app.core.policy.wildcard import is_wild
from app.core.trust import Trust

# The key of whatever reaches a host, which is no program and no segment of a path.
ON_A_HOST = frozenset(("//",))


class Situation:
    """One call, who makes it and from where."""

    def __init__(self, call: Call, agent: str, trust: Trust, *, roots: Roots, facts: Facts, budget: Budget) -> None:
        self.call = call
        self.agent = agent
        self.trust = trust
        self.facts = facts
        self.budget = budget
        # What it costs a rule to look at every command and effect, and each pattern of it at every wildcard: a path
        # with wildcards is compared with every pattern.
        self.weight = len(call.commands)
        self.wild_weight = 0
        for effect in call.effects:
            segments = effect.resource.count("/")
            self.weight += 1 + segments // 4
            if is_wild(effect.resource):
                self.wild_weight += segments
        self._roots = roots

    @property
    def keys(self) -> frozenset[str] | None:
        """The programs and the segments of paths in this call; None when some of them are not known."""
        found: frozenset[str] = frozenset()
        for command in self.call.commands:
            if command.words:
                if is_wild(command.words[0]):
                    return None
                found |= {plain(command.words[0])}
        for effect in self.call.effects:
            if effect.kind in NAMES_PATHS:
                path = self.located(effect.resource)
                if path.wild or path.tree:
                    return None
                found = found | path.names if found else path.names
            elif effect.kind in ON_HOSTS:
                found = found | ON_A_HOST
        return found

    def located(self, path: str) -> Located:
        return locate(path, self._roots)
