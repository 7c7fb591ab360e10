"""A delegation: what a person allows an agent ahead of time, narrowly and for a while.

It is matched against the effects of a call, never against its text, and covers exactly what it names: a tool's own
effect on paths and hosts that are named, a shell command by its words. What it does not name it does not cover.
"""

from collections.abc import Iterator

from msgspec import Struct

from app.core.classify.names import canonical, meant
from app.core.classify.servers import KNOWN
from app.core.classify.tools import TOOLS
from app.core.grant import Asked
from app.core.model import ON_HOSTS, ON_PATHS, Call, Effect, EffectKind
from app.core.policy.command_set import CommandSet, writes_out
from app.core.policy.condition import Condition
from app.core.policy.glob import Pattern
from app.core.policy.host_set import HostSet
from app.core.policy.path_set import PathSet, path_pattern
from app.core.policy.situation import Situation
from app.core.policy.wildcard import is_wild, matches

# What a tool of which only the name is known may do by being called; paths and hosts must be named besides.
_UNKNOWN = ON_HOSTS | {
    EffectKind.CALL, EffectKind.QUERY, EffectKind.ACCESS, EffectKind.MESSAGE, EffectKind.PAY,
}  # fmt: skip
# What such a tool says of itself.
_ANNOTATED = frozenset(("destructiveHint", "openWorldHint", KNOWN))


class Terms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a delegation names, as written. `allowed_actions` are tools, also by their names in other dialects."""

    allowed_actions: tuple[str, ...] = ()
    allowed_paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    denied_actions: tuple[str, ...] = ()
    when: str = ""


class Scope:
    """Terms made ready to be matched."""

    def __init__(self, terms: Terms) -> None:
        """Raises ValueError for what cannot be meant."""
        if any(not text.split() for text in terms.commands):
            raise ValueError("an empty command pattern")
        self.actions = tuple(canonical(action) for action in terms.allowed_actions)
        self.denied = tuple(name for action in terms.denied_actions for name in meant(action))
        self._paths = PathSet([path_pattern(text) for text in terms.allowed_paths]) if terms.allowed_paths else None
        self._hosts = HostSet(terms.hosts) if terms.hosts else None
        self._commands = CommandSet(terms.commands) if terms.commands else None
        self._when = Condition(terms.when, {}) if terms.when else None

    def keys(self) -> Iterator[str]:
        """Of these a call must have one to be covered: `$program`, `/segment`, `@host`, `!tool`, or "" for none."""
        for action in self.actions:
            if is_wild(action):
                yield ""
            elif action == "shell":
                yield from _keys("$", action, self._commands)
            elif action in TOOLS and TOOLS[action].kind in ON_PATHS:
                yield from _keys("/", action, self._paths)
            elif action in TOOLS and TOOLS[action].kind in ON_HOSTS and not TOOLS[action].default:
                yield from _keys("@", action, self._hosts)
            else:
                yield f"!{action}"

    def misses(self, situation: Situation) -> str | None:
        """None when this covers all of the call, else the first part that it does not name."""
        call = situation.call
        for name in call.names:
            if not any(matches(action, name) for action in self.actions):
                return f"action: {name}"
        situation.budget.spend(situation.weight)
        named: dict[int, Pattern] = {}
        for at, command in enumerate(call.commands):
            if command.wrapper:
                continue
            matched = self._commands.covers(command) if self._commands is not None else None
            if matched is None:
                return f"command: {command.text}"
            named[at] = matched
        by_nature = frozenset[EffectKind]().union(*(_nature(name) for name in call.names))
        for effect in call.effects:
            missed = self._misses_effect(effect, call, named, by_nature, situation)
            if missed is not None:
                return missed
        if self._when is not None:
            situation.budget.spend(situation.facts.cost)
            # INVARIANT: what cannot be evaluated never grants.
            if self._when.holds(situation.facts) is not True:
                return "when"
        return None

    def _misses_effect(
        self,
        effect: Effect,
        call: Call,
        named: dict[int, Pattern],
        by_nature: frozenset[EffectKind],
        situation: Situation,
    ) -> str | None:
        kind = effect.kind
        # INVARIANT: what was not understood is covered by nothing.
        if kind is EffectKind.OPAQUE:
            return f"opaque: {effect.resource}"
        beyond = f"effect: {kind.value} {effect.resource}"
        if effect.command >= 0:
            matched = named.get(effect.command)
            if matched is None or (effect.added_by and not writes_out(matched, effect.added_by)):
                return beyond
            # The command's words name what it does; paths and hosts, where they are named too, bound it.
            on_path, on_host = self._paths is not None, self._hosts is not None
        elif effect.via in _ANNOTATED:
            return None if EffectKind.CALL in by_nature else beyond
        elif effect.via == "resolved_target":
            on_path = on_host = True
        elif kind not in by_nature:
            return beyond
        else:
            on_path = True
            on_host = not any(name in TOOLS and effect.resource == TOOLS[name].default for name in call.names)
        if kind in ON_PATHS and on_path and not self._on_path(effect, situation):
            return f"path outside: {effect.resource}"
        if kind in ON_HOSTS and on_host and (self._hosts is None or not self._hosts.covers(effect.resource)):
            return f"host outside: {effect.resource}"
        return None

    def _on_path(self, effect: Effect, situation: Situation) -> bool:
        return self._paths is not None and self._paths.covers(situation.located(effect.resource))


class Delegation(Struct, frozen=True, kw_only=True):
    """One delegation as it stands.

    chain      its id and those of all that it descends from: each use counts against every one
    agent      the agent, or the part of it (`agent/part`), that may use it
    session    the only session in which it may be used
    scopes     what it names, and what each of those names that it descends from
    by, role   the operator who issued it, and what they were
    critical   issued with the passphrase: it answers where one is asked for
    spent      whether all its uses are gone
    """

    id: str
    chain: tuple[str, ...]
    agent: str
    session: str | None
    scopes: tuple[Scope, ...]
    by: str
    role: str
    critical: bool
    expires_at: int
    revoked_at: int | None = None
    spent: bool = False

    @property
    def denied(self) -> tuple[str, ...]:
        """The actions that its agent may not take while it lasts."""
        return self.scopes[0].denied

    def misses(self, asked: Asked, situation: Situation) -> str | None:
        """None when it answers what is asked; else why not, what ended it last: that it would have fitted matters."""
        # INVARIANT: a delegation is one agent's, one part's, one session's, and nobody else's.
        if asked.actor != self.agent:
            return f"agent: {asked.actor}"
        if self.session is not None and asked.session != self.session:
            return "session"
        if asked.strong and not self.critical:
            return "level: issued without a passphrase, which this needs"
        for quorum in asked.quorums:
            if quorum.need > 1:
                return f"quorum: {quorum.need} people must agree"
            if quorum.of and self.by not in quorum.of and self.role not in quorum.of:
                return f"quorum: {self.by} is none of {', '.join(quorum.of)}"
        # INVARIANT: a child covers nothing that its parents do not cover.
        for scope in self.scopes:
            missed = scope.misses(situation)
            if missed is not None:
                return missed
        return self.ended(asked.now)

    def ended(self, now: int) -> str | None:
        """How it came to its end, None while it is live."""
        if self.revoked_at is not None:
            return f"revoked {_ago(now - self.revoked_at)} ago"
        if self.expires_at <= now:
            return f"expired {_ago(now - self.expires_at)} ago"
        return "used up" if self.spent else None


def _keys(mark: str, action: str, things: CommandSet | HostSet | PathSet | None) -> Iterator[str]:
    """The keys of a delegation's commands or paths; where they are too wide to have any, the action's own."""
    if things is None:
        return
    keys = things.keys
    if keys is None:
        yield f"!{action}"
    else:
        yield from (f"{mark}{key}" for key in keys)


def _nature(name: str) -> frozenset[EffectKind]:
    """The kinds of effect that naming a tool names."""
    if name == "shell":
        return frozenset()
    if name not in TOOLS:
        return _UNKNOWN
    # What may send may fetch.
    return ON_HOSTS if TOOLS[name].kind in ON_HOSTS else frozenset((TOOLS[name].kind,))


def _ago(microseconds: int) -> str:
    seconds = max(microseconds, 0) // 1_000_000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
