"""All that rules may look at when they are asked about one call."""

from app.core.budget import Budget
from app.core.model import NAMES_PATHS, Call
from app.core.policy.command_set import plain
from app.core.policy.condition import Facts
from app.core.policy.located import LONGEST_REMEMBERED, Located, Roots, locate
from app.core.policy.wildcard import is_wild
from app.core.trust import Trust


class Situation:
    """One call, who makes it and from where."""

    def __init__(self, call: Call, agent: str, trust: Trust, *, roots: Roots, facts: Facts, budget: Budget) -> None:
        self.call = call
        self.agent = agent
        self.trust = trust
        self.facts = facts
        self.budget = budget
        # What it costs a rule to look at every command and effect, and each pattern of it at every wildcard: a path
        # with wildcards is compared with every pattern, once if it is remembered.
        self.weight = len(call.commands)
        self.wild_weight = 0
        kinds = set()
        compared: set[str] = set()
        for effect in call.effects:
            kinds.add(effect.kind)
            segments = effect.resource.count("/")
            self.weight += 1 + segments // 4
            if effect.resource not in compared and is_wild(effect.resource):
                self.wild_weight += segments
                if len(effect.resource) <= LONGEST_REMEMBERED:
                    compared.add(effect.resource)
        self.kinds = frozenset(kinds)
        self._roots = roots
        self._paths: list[Located | None] | None = None

    @property
    def programs(self) -> set[str] | None:
        """The names under which the programs of this call are known; None when some of them are not."""
        found: set[str] = set()
        for command in self.call.commands:
            if command.words:
                program = command.words[0]
                if is_wild(program):
                    return None
                found.add(program)
                found.add(plain(program))
        return found

    @property
    def paths(self) -> list[Located | None]:
        """The path of each effect; None for those that name none."""
        if self._paths is None:
            roots = self._roots
            self._paths = [
                locate(effect.resource, roots) if effect.kind in NAMES_PATHS else None for effect in self.call.effects
            ]
        return self._paths

    def located(self, path: str) -> Located:
        return locate(path, self._roots)
