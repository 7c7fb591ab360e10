"""All delegations of one agent, found through what a call must hold to be covered by one of them.

However many there are, a call looks at few. A set never changes; what comes and goes makes another one.
"""

from collections.abc import Iterable, Iterator

from app.core.classify.url import address
from app.core.decision import Classification, Finding, Stance
from app.core.delegation import Delegation
from app.core.model import NAMES_PATHS, ON_HOSTS
from app.core.policy.command_set import plain
from app.core.policy.rule import Rule
from app.core.policy.ruleset import RuleSet
from app.core.policy.situation import Situation

_DEFAULT = Finding(Stance.ASK, "default", "", Classification.SAFE)


class Delegations:
    """A frozen set of delegations."""

    def __init__(self, delegations: Iterable[Delegation] = ()) -> None:
        self._all: dict[str, Delegation] = {}
        self._found: dict[str, dict[str, Delegation]] = {}
        self._denials = RuleSet((), _DEFAULT)
        self._change(delegations, ())

    def __len__(self) -> int:
        return len(self._all)

    def changed(self, put: Iterable[Delegation], drop: Iterable[str]) -> "Delegations":
        """The same without `drop`, and with `put`, each in the place of the one with its id."""
        other = Delegations()
        other._all = dict(self._all)
        other._found = dict(self._found)
        other._denials = self._denials
        other._change(put, drop)
        return other

    def _change(self, put: Iterable[Delegation], drop: Iterable[str]) -> None:
        own: set[str] = set()

        def place(key: str) -> dict[str, Delegation]:
            if key not in own:
                own.add(key)
                self._found[key] = dict(self._found.get(key, ()))
            return self._found[key]

        new = {one.id: one for one in put}
        old = [self._all.pop(name) for name in {*drop, *new} & self._all.keys()]
        for one in old:
            for key in _index(one):
                place(key).pop(one.id, None)
        for one in new.values():
            for key in _index(one):
                place(key)[one.id] = one
        for key in own:
            if not self._found[key]:
                del self._found[key]
        self._all |= new
        if any(one.denied for one in (*old, *new.values())):
            self._denials = _denials(self._all.values())

    def candidates(self, situation: Situation, session: str | None) -> Iterator[Delegation]:
        """Those that may cover a call, in the order in which they were issued wherever it matters."""
        for key in sorted(_keys(situation, session) & self._found.keys()):
            yield from self._found[key].values()

    def denied(self, situation: Situation, actor: str, session: str | None, *, is_believed: bool) -> Iterator[Finding]:
        """What they deny: an action that they name, however it is called.

        `is_believed`: which part and session it is is an enforcement point's word, not the agent's own.
        """
        call = situation.call
        for rule in self._denials.candidates(call.names, call.heard).all:
            one = self._all[rule.finding.rule.partition(":")[2]]
            # A delegation to the whole agent denies to all of its parts; one to a part denies to that part.
            meant = actor == one.agent or actor.startswith(f"{one.agent}/")
            # INVARIANT: what is denied to one session is denied to whatever is not known to be in another one.
            if not is_believed or (meant and (session is None or one.session in (None, session))):
                yield rule.finding


NONE = Delegations()


def _denials(delegations: Iterable[Delegation]) -> RuleSet:
    rules = [
        Rule(
            finding=Finding(
                Stance.DENY, f"delegation:{one.id}", "A delegation denies this action.", Classification.BLOCKED
            ),
            tools=one.denied,
        )
        for one in delegations
        if one.denied
    ]
    return RuleSet(tuple(rules), _DEFAULT)


def _index(one: Delegation) -> set[str]:
    """Under which keys a delegation is found. One for a session is found by the session alone."""
    if one.spent:
        return set()
    return {f"#{one.session}"} if one.session is not None else set(one.scopes[0].keys())


def _keys(situation: Situation, session: str | None) -> set[str]:
    """What a call has of that by which delegations are found."""
    call = situation.call
    found = {"", *(f"!{name}" for name in call.names)}
    if session is not None:
        found.add(f"#{session}")
    found.update(f"${plain(command.words[0])}" for command in call.commands)
    for effect in call.effects:
        if effect.kind in NAMES_PATHS:
            found.update(f"/{name}" for name in situation.located(effect.resource).names)
        elif effect.kind in ON_HOSTS and (where := address(effect.resource)) is not None:
            found.add(f"@{where.host}")
    return found
