"""The compiled policy: rules, found by the names of a call."""

from msgspec import Struct

from app.core.decision import Finding
from app.core.policy.document import TestText
from app.core.policy.glob import Pattern, covers, pattern, touches
from app.core.policy.rule import Rule

# So many different tool names are remembered; an agent that invents more pays for them itself.
_REMEMBERED = 1_024


def tool_pattern(text: str) -> Pattern:
    """A pattern over tool names: `mcp:github/*`, `send_*`; a lone `*` is every tool."""
    return pattern(text.split("/"), "*")


class RuleSet:
    """Everything a policy says, ready to be asked. Immutable but for its memory of names."""

    def __init__(self, rules: tuple[Rule, ...], default: Finding, trusted_tools: tuple[Pattern, ...]) -> None:
        self.rules = rules
        self.default = default
        self._trusted_tools = trusted_tools
        self._memory: dict[tuple[str, ...], tuple[Rule, ...]] = {}

    def candidates(self, names: tuple[str, ...]) -> tuple[Rule, ...]:
        """The rules whose tools fit: to loosen, a rule must fit every name of the call; to tighten, any."""
        found = self._memory.get(names)
        if found is None:
            items = [name.split("/") for name in names]
            found = tuple(rule for rule in self.rules if _fits(rule, items))
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            self._memory[names] = found
        return found

    def trusts_annotations(self, name: str) -> bool:
        """Whether the policy believes what this tool's own annotations say."""
        return any(covers(one, name.split("/")) for one in self._trusted_tools)


class Policy(Struct, frozen=True):
    """A compiled policy with the tests that its files carry."""

    rules: RuleSet
    tests: tuple[TestText, ...]


def _fits(rule: Rule, names: list[list[str]]) -> bool:
    if rule.loosens:
        return all(any(covers(tool, name) for tool in rule.tools) for name in names)
    return any(touches(tool, name) for tool in rule.tools for name in names)
