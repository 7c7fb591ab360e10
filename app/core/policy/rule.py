"""One compiled rule, and the question whether it applies to a call.

A rule that loosens (`allow`, `log`) must cover all of the call; a rule that tightens (`deny`, `ask`) need only touch
some of it. A condition that cannot be evaluated counts for a rule that tightens and against one that loosens.
"""

from msgspec import Struct
from msgspec.structs import replace

from app.core.approval import ORDINARY, Validity
from app.core.decision import Classification, Finding, Stance
from app.core.grant import Quorum
from app.core.limit import Limit
from app.core.model import NAMES_PATHS, ON_HOSTS, ON_PATHS, Effect, EffectKind
from app.core.policy.command_set import CommandSet, writes_out
from app.core.policy.condition import Condition
from app.core.policy.glob import Pattern
from app.core.policy.host_set import HostSet
from app.core.policy.located import Located
from app.core.policy.path_set import PathSet
from app.core.policy.situation import Situation
from app.core.policy.wildcard import matches
from app.core.trust import Trust

_ACCESSES = frozenset((EffectKind.READ, EffectKind.WRITE))
# What looks at, deletes or runs `*` means a folder; what writes may write each name.
_LOOKS = frozenset((EffectKind.READ, EffectKind.DELETE, EffectKind.RUN))
_CALLS = frozenset((EffectKind.CALL, EffectKind.QUERY))


class Limits(Struct, frozen=True):
    """The limits within which a rule makes its finding, and the one that it makes beyond them."""

    all: tuple[Limit, ...]
    over: Finding


class Rule(Struct, frozen=True, kw_only=True):
    """A rule ready to be matched; a condition that was not written is None.

    `tools` are wildcards over canonical names. Whether they fit depends on the names alone, so the rule set asks.
    """

    finding: Finding
    tools: tuple[str, ...]
    agents: tuple[str, ...] | None = None
    sources: frozenset[Trust] | None = None
    commands: CommandSet | None = None
    paths: PathSet | None = None
    spared: PathSet | None = None
    hosts: HostSet | None = None
    effects: frozenset[EffectKind] | None = None
    when: Condition | None = None
    limits: Limits | None = None

    @property
    def loosens(self) -> bool:
        return self.finding.stance <= Stance.LOG

    @property
    def narrows(self) -> bool:
        """Whether it asks what the call does, not only who makes it."""
        return self.commands is not None or self.paths is not None or self.effects is not None or self.hosts is not None

    def may_apply(self, kinds: frozenset[EffectKind]) -> bool:
        """Whether it may apply to a call that has effects of these kinds; a no is certain."""
        if self.loosens:
            # INVARIANT: what was not understood is never allowed, whatever a rule says.
            return EffectKind.OPAQUE not in kinds and (
                self.commands is not None or all(self._speaks_of(kind) for kind in kinds)
            )
        if self.paths is None and self.hosts is None and self.effects is None:
            return True
        return any(
            (self.paths is None or kind in NAMES_PATHS)
            and (self.hosts is None or kind in ON_HOSTS)
            and (self.effects is None or _is_any(kind, self.effects))
            for kind in kinds
        )

    def misses(self, situation: Situation) -> str | None:
        """None when the rule applies, else the first condition that fails. Raises BudgetExceededError."""
        if self.agents is not None and not any(matches(one, situation.agent) for one in self.agents):
            return "agents"
        if self.sources is not None and situation.trust not in self.sources:
            return "source"
        loosens = self.loosens
        if not loosens and not self.narrows:
            situation.budget.spend()
        else:
            wild = situation.wild_weight * len(self.paths) // 8 if self.paths is not None else 0
            situation.budget.spend(1 + situation.weight + wild)
            missed = self._covers(situation) if loosens else self._touches(situation)
            if missed is not None:
                return missed
        if self.when is not None:
            situation.budget.spend(situation.facts.cost)
            # INVARIANT: what cannot be evaluated never allows and never fails to deny.
            holds = self.when.holds(situation.facts)
            return "when" if holds is False or (holds is None and loosens) else None
        return None

    def says(self, situation: Situation) -> Finding:
        """What it says of a call to which it applies."""
        # INVARIANT: what a wildcard may fit by chance (`chmod +x scripts/*`) is not denied, nor is it let through.
        if self.finding.stance is Stance.DENY and self.paths is not None and situation.wild_weight:
            return self.finding if self._touches(situation, named=True) is None else _perhaps(self.finding)
        return self.finding

    def _touches(self, situation: Situation, *, named: bool = False) -> str | None:
        """One command or one effect that meets every condition is enough; `named` when no wildcard by chance."""
        call = situation.call
        hit: list[int] = []
        if self.commands is not None:
            hit = [at for at, command in enumerate(call.commands) if self.commands.touches(command)]
            if not hit:
                return "command"
        if self.paths is None and self.effects is None and self.hosts is None:
            return None
        failed = "path" if self.paths is not None else "effects"
        for effect, path in zip(call.effects, situation.paths, strict=True):
            if self.commands is not None and effect.command not in hit:
                continue
            if self.paths is not None and not self._on_path(effect.kind, path, named=named):
                continue
            if self.hosts is not None and not (effect.kind in ON_HOSTS and self.hosts.touches(effect.resource)):
                continue
            if self.effects is None or _is_any(effect.kind, self.effects):
                return None
            failed = "effects"
        return failed

    def _on_path(self, kind: EffectKind, path: Located | None, *, named: bool) -> bool:
        return (
            self.paths is not None
            and path is not None
            and (self.paths.names(path) if named else self.paths.touches(path, meant=kind in _LOOKS))
            and not (self.spared is not None and self.spared.covers(path))
        )

    def _covers(self, situation: Situation) -> str | None:
        """Every command must match, and every effect must be one that this rule speaks of."""
        call = situation.call
        by_nature: dict[int, Pattern] = {}
        if self.commands is not None:
            for at, command in enumerate(call.commands):
                if command.wrapper:
                    continue
                matched = self.commands.covers(command)
                if matched is None:
                    return "command"
                by_nature[at] = matched
            if not by_nature:
                return "command"
        if self.paths is not None and not call.commands and situation.kinds.isdisjoint(ON_PATHS):
            return "path"
        for effect, path in zip(call.effects, situation.paths, strict=True):
            missed = self._covers_effect(effect, path, by_nature.get(effect.command))
            if missed is not None:
                return missed
        return None

    def _covers_effect(self, effect: Effect, path: Located | None, matched: Pattern | None) -> str | None:
        """`matched` is the pattern that covers the effect's command."""
        # INVARIANT: what was not understood is never allowed, whatever a rule says.
        if effect.kind is EffectKind.OPAQUE:
            return "opaque"
        named = matched is not None and (not effect.added_by or writes_out(matched, effect.added_by))
        if not named and not self._speaks_of(effect.kind):
            return "effects"
        if self.paths is not None and effect.kind in ON_PATHS and (path is None or not self.paths.covers(path)):
            return "path"
        # INVARIANT: without `hosts:`, a rule that may reach others speaks of every host.
        if self.hosts is not None and effect.kind in ON_HOSTS and not self.hosts.covers(effect.resource):
            return "hosts"
        return None

    def _speaks_of(self, kind: EffectKind) -> bool:
        """Whether a rule that loosens means this kind, beside what its commands do by nature."""
        if self.effects is not None:
            return _is_all(kind, self.effects)
        # INVARIANT: what a flag or a redirection adds is not what the command's pattern speaks of, wherever it goes.
        if self.commands is not None:
            return False
        # That the tool is called at all is what the rule's own tools say.
        # Running what lies there is more than using it.
        return self.paths is None or (kind in ON_PATHS and kind is not EffectKind.RUN) or kind in _CALLS


def _perhaps(denied: Finding) -> Finding:
    reason = f"Among the files that this fits may be one of which holds: {denied.reason}"
    return replace(denied, stance=Stance.ASK, reason=reason, classification=Classification.SENSITIVE)


def _is_any(kind: EffectKind, kinds: frozenset[EffectKind]) -> bool:
    """Whether the effect may be of one of these kinds."""
    if kind is EffectKind.FETCH:
        return not kinds.isdisjoint(ON_HOSTS)
    return kind in kinds or (kind is EffectKind.ACCESS and not kinds.isdisjoint(_ACCESSES))


def _is_all(kind: EffectKind, kinds: frozenset[EffectKind]) -> bool:
    """Whether the effect is surely of one of these kinds."""
    if kind is EffectKind.ACCESS and kinds.issuperset(_ACCESSES):
        return True
    if kind is EffectKind.FETCH and EffectKind.NETWORK in kinds:
        return True
    return kind in kinds or (kind is EffectKind.QUERY and EffectKind.READ in kinds)


def finding(
    stance: Stance,
    rule: str,
    reason: str,
    risk: str | None,
    quorum: Quorum | None = None,
    *,
    firm: bool = False,
    validity: Validity = ORDINARY,
) -> Finding:
    """The finding that a rule makes when it applies; how grave it is follows from stance and risk."""
    if stance is Stance.DENY:
        grave = Classification.BLOCKED
    elif risk == "critical":
        grave = Classification.CRITICAL
    elif stance is Stance.ASK or risk in ("medium", "high"):
        grave = Classification.SENSITIVE
    else:
        grave = Classification.SAFE
    return Finding(stance, rule, reason, grave, quorum, firm, validity)
