"""The rules that may apply to a call, found through what the call must hold for them to apply.

Most rules have nothing to do with most calls. Which ones have is prepared for each set of kinds of effects, of which
few ever come.
"""

from collections.abc import Iterable

from app.core.model import ON_PATHS, EffectKind
from app.core.policy.located import Located
from app.core.policy.rule import Rule
from app.core.policy.situation import Situation

# So many sets of kinds are prepared; an agent that brings more pays for them itself.
_REMEMBERED = 32


class Candidates:
    """The rules that fit the names of a call."""

    def __init__(self, rules: tuple[Rule, ...], scopes: tuple[str, ...] = ()) -> None:
        """`scopes` are those that an agent needs to call by these names."""
        self.all = rules
        self.scopes = scopes
        self._by_kinds: dict[frozenset[EffectKind], _Index] = {}

    def among(self, situation: Situation) -> Iterable[Rule]:
        """Those that may apply to a call; one may come twice, which changes no outcome."""
        kinds = situation.kinds
        index = self._by_kinds.get(kinds)
        if index is None:
            if len(self._by_kinds) >= _REMEMBERED:
                self._by_kinds.clear()
            index = self._by_kinds[kinds] = _Index(self.all, kinds)
        return index.among(situation)


class _Index:
    """Rules for calls of some kinds, each filed under the programs that it names, or what it demands of paths."""

    def __init__(self, rules: Iterable[Rule], kinds: frozenset[EffectKind]) -> None:
        self._rules = [rule for rule in rules if rule.may_apply(kinds)]
        self._without_paths = kinds.isdisjoint(ON_PATHS)
        self._always: list[Rule] = []
        self._by_program: dict[str, list[Rule]] = {}
        self._by_segment: dict[str, list[Rule]] = {}
        # Those that name programs by how they begin, and paths by how their last segments begin or end.
        self._begun: dict[str, list[Rule]] = {}
        self._first: dict[str, list[Rule]] = {}
        self._last: dict[str, list[Rule]] = {}
        self._on_paths: list[Rule] = []
        for rule in self._rules:
            self._file(rule)
        self._beginnings = tuple(self._begun)
        self._firsts, self._lasts = tuple(self._first), tuple(self._last)

    def _file(self, rule: Rule) -> None:
        if rule.commands is not None and "" not in rule.commands.beginnings:
            _put(rule, self._by_program, rule.commands.programs)
            _put(rule, self._begun, rule.commands.beginnings)
        elif rule.paths is not None and not rule.paths.always and not (rule.loosens and self._without_paths):
            # (Of a call that touches no path, all paths lie where a rule that loosens allows them.)
            self._on_paths.append(rule)
            _put(rule, self._by_segment, rule.paths.segments)
            _put(rule, self._first, rule.paths.beginnings)
            _put(rule, self._last, rule.paths.endings)
        else:
            self._always.append(rule)

    def among(self, situation: Situation) -> Iterable[Rule]:
        programs = situation.programs
        if programs is None:
            return self._rules
        found = self._always.copy()
        for program in programs:
            if program in self._by_program:
                found += self._by_program[program]
            if program.startswith(self._beginnings):
                found += [rule for begin, rules in self._begun.items() if program.startswith(begin) for rule in rules]
        if self._on_paths:
            for path in situation.paths:
                if path is not None:
                    found += self._touching(path)
        return found

    def _touching(self, path: Located) -> list[Rule]:
        if path.wild or path.tree:
            # Which names it stands for is not known.
            return self._on_paths
        found: list[Rule] = []
        for segment in self._by_segment.keys() & path.names:
            found += self._by_segment[segment]
        for name in path.last:
            if name.startswith(self._firsts):
                found += [rule for begin, rules in self._first.items() if name.startswith(begin) for rule in rules]
            if name.endswith(self._lasts):
                found += [rule for end, rules in self._last.items() if name.endswith(end) for rule in rules]
        return found


def _put(rule: Rule, where: dict[str, list[Rule]], keys: Iterable[str]) -> None:
    for key in keys:
        where.setdefault(key, []).append(rule)
