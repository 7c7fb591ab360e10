"""The compiled policy: rules, found by the names of a call."""

from collections.abc import Iterable

from msgspec import Struct

from app.core.decision import Finding, Mode
from app.core.policy.document import TestText
from app.core.policy.rule import Rule
from app.core.policy.wildcard import matches
from app.core.spelling import fold

# So many different tool names are remembered; an agent that invents more pays for them itself.
_REMEMBERED = 1_024


class Candidates:
    """The rules that fit the names of a call, found through what the call must hold for them to apply."""

    def __init__(self, rules: tuple[Rule, ...], scopes: tuple[str, ...] = ()) -> None:
        """`scopes` are those that an agent needs to call by these names."""
        self.all = rules
        self.scopes = scopes
        self._always: list[Rule] = []
        self._by_key: dict[str, list[Rule]] = {}
        for rule in rules:
            keys = rule.keys
            if keys is None:
                self._always.append(rule)
            else:
                for key in keys:
                    self._by_key.setdefault(key, []).append(rule)

    def among(self, keys: frozenset[str] | None) -> Iterable[Rule]:
        """Those that may apply to a call with these keys; one may come twice, which changes no outcome."""
        if keys is None:
            return self.all
        found = self._always
        for key in self._by_key.keys() & keys:
            found = found + self._by_key[key]
        return found


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

    def candidates(self, names: tuple[str, ...], heard: tuple[str, ...] = ()) -> Candidates:
        """The rules whose tools fit: to loosen, every one of `names`; to tighten, any, or what the call was called."""
        key = names, heard
        found = self._memory.get(key)
        if found is None:
            spellings = [fold(name) for name in names + heard]
            found = Candidates(
                tuple(rule for rule in self.rules if _fits(rule, names, spellings)), self._needed(spellings)
            )
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
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
