"""The compiled policy: rules, found by the names of a call."""

from msgspec import Struct

from app.core.decision import Finding, Mode
from app.core.policy.candidates import Candidates
from app.core.policy.document import TestText
from app.core.policy.rule import Rule
from app.core.policy.wildcard import matches
from app.core.spelling import fold

# So many different tool names are remembered; an agent that invents more pays for them itself.
_REMEMBERED = 1_024


class RuleSet:
    """Everything a policy says, ready to be asked. Immutable but for its memory of names."""

    def __init__(
        self,
        rules: tuple[Rule, ...],
        default: Finding,
        trusted_tools: tuple[str, ...] = (),
        scopes: tuple[tuple[str, tuple[str, ...]], ...] = (),
    ) -> None:
        """`trusted_tools` are wildcards over the names of tools whose own annotations are believed.

        `scopes` are what an agent needs to call tools, by wildcards over their names.
        """
        self.rules = rules
        self.default = default
        self._trusted_tools = trusted_tools
        self._scopes = tuple((fold(tool), needed) for tool, needed in scopes)
        self._memory: dict[tuple[tuple[str, ...], tuple[str, ...]], Candidates] = {}
        # Most names are spoken of by the same rules as many others.
        self._shared: dict[tuple[tuple[int, ...], tuple[str, ...]], Candidates] = {}

    def candidates(self, names: tuple[str, ...], heard: tuple[str, ...] = ()) -> Candidates:
        """The rules whose tools fit: to loosen, every one of `names`; to tighten, any, or what the call was called."""
        key = names, heard
        found = self._memory.get(key)
        if found is None:
            spellings = [fold(name) for name in names + heard]
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
                self._shared.clear()
            fitting = tuple([at for at, rule in enumerate(self.rules) if _fits(rule, names, spellings)])
            scopes = self._needed(spellings)
            found = self._shared.get((fitting, scopes))
            if found is None:
                found = Candidates(tuple([self.rules[at] for at in fitting]), scopes)
                self._shared[fitting, scopes] = found
            self._memory[key] = found
        return found

    def _needed(self, spellings: list[str]) -> tuple[str, ...]:
        # INVARIANT: a scope is needed under every name and spelling that the tool may be called by.
        return tuple(
            scope for tool, needed in self._scopes if any(matches(tool, name) for name in spellings) for scope in needed
        )

    def trusts_annotations(self, name: str) -> bool:
        """Whether the policy believes what this tool's own annotations say."""
        return any(matches(one, name) for one in self._trusted_tools)


class PolicyTest(Struct, frozen=True):
    """A test that a policy file carries, and where it stands."""

    file: str
    line: int
    text: TestText


class Policy(Struct, frozen=True):
    """A compiled policy with the tests that its own file carries; `mode` is the whole service's."""

    rules: RuleSet
    tests: tuple[PolicyTest, ...]
    mode: Mode = "enforce"


def _fits(rule: Rule, names: tuple[str, ...], spellings: list[str]) -> bool:
    if rule.loosens:
        return all(any(matches(tool, name) for tool in rule.tools) for name in names)
    return any(matches(fold(tool), name) for tool in rule.tools for name in spellings)
