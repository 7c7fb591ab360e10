"""Policy text into a compiled policy: follow `extends`, fill in `vars`, compile every rule."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from app.core.approval import Validity
from app.core.classify.names import canonical, meant
from app.core.decision import Stance
from app.core.grant import Quorum
from app.core.limit import Limit, millionths
from app.core.model import EffectKind
from app.core.policy.command_set import CommandSet
from app.core.policy.condition import Condition, ConditionError, unfit
from app.core.policy.document import STANCES, Document, RuleText, Valid, document, in_seconds
from app.core.policy.four_lists import four_lists, is_four_lists
from app.core.policy.host_set import HostSet
from app.core.policy.path_set import PathSet, path_pattern
from app.core.policy.rule import Limits, Rule, finding
from app.core.policy.ruleset import Policy, PolicyTest, RuleSet
from app.core.policy.source import PolicyError, Problem, Source, Where, read
from app.core.trust import Trust

DEEPEST = 8
# Where the service listens unless it is told otherwise.
PORT = 8787
T = TypeVar("T")
_STANCES = {"allow": Stance.ALLOW, "ask": Stance.ASK, "deny": Stance.DENY, "log": Stance.LOG}
_SOURCES: dict[str, frozenset[Trust]] = {
    "user": frozenset((Trust.USER_DIRECT,)),
    "agent": frozenset((Trust.AGENT_INTERNAL,)),
    "external": frozenset((Trust.EXTERNAL_CONTENT,)),
    "unknown": frozenset((Trust.UNKNOWN,)),
    "trusted": frozenset((Trust.USER_DIRECT, Trust.AGENT_INTERNAL)),
    "untrusted": frozenset((Trust.EXTERNAL_CONTENT, Trust.UNKNOWN)),
}
_REASONS = {
    Stance.ALLOW: "The policy allows this.",
    Stance.LOG: "The policy lets this pass and watches it.",
    Stance.ASK: "The policy asks a person about this.",
    Stance.DENY: "The policy forbids this.",
}


class File(Struct, frozen=True):
    """One policy file as text. What a policy means is its own file and those it builds on, base last."""

    name: str
    text: str


def gather(file: File, load: Callable[[str], str]) -> tuple[File, ...]:
    """`file` and all that it extends; `load` finds a file by the name after `extends`. Raises PolicyError."""
    files = [file]
    while (base := _extends(files[-1])) is not None:
        source, name = base
        if len(files) == DEEPEST or any(name == one.name for one in files):
            message = f"extends {name!r}: a circle, or more than {DEEPEST} deep"
            raise PolicyError([source.problem(("extends",), message)])
        try:
            files.append(File(name, load(name)))
        except (OSError, ValueError, KeyError) as error:
            message = f"extends {name!r}: cannot be read: {error}"
            raise PolicyError([source.problem(("extends",), message)]) from None
    return tuple(files)


def compile_policy(files: tuple[File, ...], port: int = PORT) -> Policy:
    """Compile what `gather` found; raises PolicyError with all that is wrong, lines named.

    `port` is where the service listens: `$service` is its own address, unless `vars` says otherwise.
    """
    documents = [_document(file) for file in files]
    problems: list[Problem] = []
    variables: dict[str, Any] = {"service": f"is:loopback:{port}"}
    for one in reversed(documents):
        variables.update(one.header.vars)
        problems += [
            one.source.problem(("vars", name), f"{name}: {message}")
            for name, value in one.header.vars.items()
            if (message := unfit(value))
        ]
    kept: dict[str, Rule] = {}
    for one in reversed(documents):
        for dropped in one.header.without:
            if kept.pop(dropped, None) is None:
                problems.append(one.source.problem(("without",), f"no rule {dropped!r} to leave out"))
        for where, text in one.rules:
            try:
                kept[text.id] = _Compiler(one, variables).rule(where, text)
            except PolicyError as error:
                problems += error.problems
    if problems:
        raise PolicyError(problems)
    # INVARIANT: a policy that does not name its default keeps that of the policy it builds on.
    word = next((one.header.default for one in documents if one.header.default is not None), "ask")
    default = finding(_STANCES[word], "default", "No rule of the policy allows this.", None)
    trusted = tuple(canonical(tool) for one in documents for tool in one.header.annotations.trust)
    # INVARIANT: a policy enforces unless it says `monitor` itself: no file that it extends turns enforcement off.
    own = documents[0]
    scopes = {tool: needed for one in reversed(documents) for tool, needed in one.header.scopes.items()}
    needs = tuple((name, tuple(_list(needed))) for tool, needed in scopes.items() for name in meant(tool))
    tests = tuple(PolicyTest(own.source.file, own.source.lines[where], test) for where, test in own.tests)
    return Policy(RuleSet(tuple(kept.values()), default, trusted, needs), tests, own.header.mode or "enforce")


def _document(file: File) -> Document:
    source = read(file.text, file.name)
    return document(four_lists(source) if is_four_lists(source) else source)


def _extends(file: File) -> tuple[Source, str] | None:
    source = read(file.text, file.name)
    base = source.value.get("extends") if isinstance(source.value, dict) else None
    return (source, base) if isinstance(base, str) else None


class _Compiler:
    """Compiles the rules of one document."""

    def __init__(self, document: Document, variables: dict[str, Any]) -> None:
        self._source = document.source
        self._variables = variables

    def rule(self, where: Where, text: RuleText) -> Rule:
        word = next(name for name in STANCES if getattr(text, name) is not None)
        stance = _STANCES[word]
        reason = text.reason or _REASONS[stance]
        tools, sources = self._texts(getattr(text, word), (*where, word)), _list(text.source)
        effects: list[EffectKind] | None = _list(text.effects)
        return Rule(
            finding=finding(
                stance, text.id, reason, text.risk, _quorum(text), firm=text.firm, validity=_validity(text)
            ),
            tools=tuple(
                name for tool in tools for name in (meant(tool) if stance >= Stance.ASK else (canonical(tool),))
            ),
            agents=self._each(text.agents, (*where, "agents"), str),
            sources=frozenset[Trust]().union(*(_SOURCES[source] for source in sources)) if sources else None,
            commands=self._commands(text, where),
            paths=self._paths(text.path, (*where, "path")),
            spared=self._paths(text.except_, (*where, "except")),
            hosts=self._hosts(text, where),
            effects=frozenset(effects) if effects is not None else None,
            when=self._condition(text, where),
            limits=_limits(text),
        )

    def _commands(self, text: RuleText, where: Where) -> CommandSet | None:
        if text.command is None:
            return None
        patterns = self._texts(text.command, (*where, "command"))
        if any(not pattern.split() for pattern in patterns):
            raise self._error((*where, "command"), "an empty command pattern")
        return CommandSet(patterns)

    def _paths(self, text: str | list[str] | None, where: Where) -> PathSet | None:
        patterns = self._each(text, where, path_pattern)
        return PathSet(patterns) if patterns is not None else None

    def _hosts(self, text: RuleText, where: Where) -> HostSet | None:
        if text.hosts is None:
            return None
        patterns = self._texts(text.hosts, (*where, "hosts"))
        try:
            return HostSet(patterns)
        except ValueError as error:
            raise self._error((*where, "hosts"), str(error)) from None

    def _condition(self, text: RuleText, where: Where) -> Condition | None:
        if text.when is None:
            return None
        try:
            return Condition(text.when, self._variables)
        except ConditionError as error:
            raise self._error((*where, "when"), f"when: {error}") from None

    def _each(self, value: str | list[str] | None, where: Where, make: Callable[[str], T]) -> tuple[T, ...] | None:
        if value is None:
            return None
        try:
            return tuple(make(text) for text in self._texts(value, where))
        except ValueError as error:
            if isinstance(error, PolicyError):
                raise
            raise self._error(where, str(error)) from None

    def _texts(self, value: str | list[str], where: Where) -> list[str]:
        """The texts of a value, `$name` replaced by the list or text that `vars` gives it."""
        texts: list[str] = []
        for item in _list(value) or []:
            name = item[1:]
            if item[:1] != "$" or item.split("/")[0] == "$workspace":
                texts.append(item)
                continue
            named = _list(self._variables.get(name))
            if not named or not all(isinstance(text, str) for text in named):
                raise self._error(where, f"{item}: vars has no text or list of texts named {name!r}")
            texts += named
        return texts

    def _error(self, where: Where, message: str) -> PolicyError:
        return PolicyError([self._source.problem(where, message)])


def _limits(text: RuleText) -> Limits | None:
    limits: list[Limit] = []
    over: set[str] = set()
    if text.limit is not None:
        limits.append(Limit(text.id, text.limit.calls, _microseconds(text.limit.per)))
        over.add(text.limit.over)
    if text.budget is not None:
        most, argument = millionths(text.budget.max), tuple(text.budget.sum.split(".")[1:])
        limits.append(Limit(text.id, most, _microseconds(text.budget.per), argument))
        over.add(text.budget.over)
    if not limits:
        return None
    stance = Stance.DENY if "deny" in over else Stance.ASK
    return Limits(tuple(limits), finding(stance, text.id, "This is beyond the limit of its rule.", text.risk))


def _microseconds(duration: str) -> int:
    return in_seconds(duration) * 1_000_000


def _quorum(text: RuleText) -> Quorum | None:
    return (
        None
        if text.approvers is None
        else Quorum(text.approvers.need, tuple(text.approvers.from_), text.approvers.owner)
    )


def _validity(text: RuleText) -> Validity:
    valid = text.valid or Valid()
    return Validity(
        uses=valid.uses,
        lasts=in_seconds(valid.for_) if valid.for_ is not None else None,
        expires=in_seconds(text.expires) if text.expires is not None else None,
        high=text.risk == "high",
    )


def _list(value: Any) -> Any:
    return value if value is None or isinstance(value, list) else [value]
