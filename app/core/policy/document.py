"""A policy as written: the shapes of its parts, checked one by one so that every mistake is named with its line."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, get_args

from msgspec import Meta, Struct, ValidationError, convert, field
from msgspec.structs import fields

from app.core.approval import LONGEST_ASK, SHORTEST_ASK
from app.core.decision import Mode
from app.core.model import NAME, EffectKind
from app.core.policy.source import PolicyError, Problem, Source, Where
from app.core.scope import LONGEST, PLAIN
from app.core.trust import KeyKind

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}(?!\n)$")]
Glob = Annotated[str, Meta(min_length=1, max_length=1_000)]
OneOrMany = Glob | Annotated[list[Glob], Meta(min_length=1, max_length=1_000)]
Sentence = Annotated[str, Meta(min_length=1, max_length=300, pattern=NAME)]
Duration = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,6}[smhd](?!\n)$")]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Risk = Literal["low", "medium", "high", "critical"]
SourceWord = Literal["user", "agent", "external", "unknown", "trusted", "untrusted"]
Over = Literal["ask", "deny"]
Expected = Literal["allow", "ask", "strong", "deny", "log"]
_MOST_SCOPES = 20
STANCES = ("allow", "ask", "deny", "log")
_LISTS = ("rules", "tests")
_LONGEST_KEY = 64
# The words that these keys take, to be told to who wrote another one.
_WORDS = {
    "default": get_args(Over),
    "effects": tuple(EffectKind),
    "expect": get_args(Expected),
    "key": get_args(KeyKind),
    "mode": get_args(Mode),
    "over": get_args(Over),
    "risk": get_args(Risk),
    "source": get_args(SourceWord),
}
_OURS = frozenset(("default", "opaque", "scope-missing", "session-missing", "too-complex"))


class LimitText(Struct, frozen=True, forbid_unknown_fields=True):
    """At most `calls` in any stretch of `per`; what is more is asked about, or denied."""

    calls: Count
    per: Duration
    over: Over = "ask"


class BudgetText(Struct, frozen=True, forbid_unknown_fields=True):
    """At most `max` in any stretch of `per`, summed over what stands in the argument `sum`: `args.amount`."""

    sum: Annotated[str, Meta(pattern=r"^args(\.[A-Za-z_][A-Za-z0-9_-]{0,63}){1,8}(?!\n)$")]
    max: Annotated[float, Meta(gt=0, le=1e12)]
    per: Duration
    over: Over = "ask"


class Approvers(Struct, frozen=True, forbid_unknown_fields=True):
    """How many people must approve, and which: names or roles; `owner`: whether the agent's owner is one of them."""

    need: Annotated[int, Meta(ge=1, le=10)] = 1
    from_: list[Glob] = field(default_factory=list, name="from")
    owner: bool = True


class Valid(Struct, frozen=True, forbid_unknown_fields=True):
    """How often and how long an approval may be used."""

    uses: Count = 1
    for_: Duration | None = field(default=None, name="for")


class RuleText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule as written. Exactly one of `allow`, `ask`, `deny`, `log` names the tools."""

    id: Id
    allow: OneOrMany | None = None
    ask: OneOrMany | None = None
    deny: OneOrMany | None = None
    log: OneOrMany | None = None
    agents: OneOrMany | None = None
    source: SourceWord | Annotated[list[SourceWord], Meta(min_length=1)] | None = None
    path: OneOrMany | None = None
    except_: OneOrMany | None = field(default=None, name="except")
    hosts: OneOrMany | None = None
    command: OneOrMany | None = None
    effects: EffectKind | Annotated[list[EffectKind], Meta(min_length=1)] | None = None
    when: Annotated[str, Meta(min_length=1)] | None = None
    risk: Risk | None = None
    reason: Sentence | None = None
    firm: bool = False
    limit: LimitText | None = None
    budget: BudgetText | None = None
    approvers: Approvers | None = None
    valid: Valid | None = None
    expires: Duration | None = None


class Annotations(Struct, frozen=True, forbid_unknown_fields=True):
    """The tools whose own annotations may lower risk."""

    trust: list[Glob] = []


class TestText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call and what the policy must say of it.

    What is not said is the ordinary case: the user's own wish, from an enforcement point, inside the workspace. `rules`
    are all that must be named, `why` a part of the reason. `ask` is any approval, `strong` only the strong one.
    """

    call: Glob
    expect: Expected
    name: str = ""
    rules: Id | list[Id] | None = None
    why: str = ""
    action: Glob | None = None
    args: dict[str, Any] = {}
    target: str | None = None
    resolved_target: str | None = None
    source: str | None = "user"
    hints: list[Glob] = []
    annotations: dict[str, Any] = {}
    agent: Glob = "test"
    key: KeyKind = "pep"
    cwd: str | None = "/workspace"
    home: str | None = "/home/user"
    workspace: str | list[str] = "/workspace"


class Header(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything of a document but its rules and tests."""

    version: Literal[1]
    mode: Mode | None = None
    default: Over | None = None
    extends: Glob | None = None
    without: list[Id] = []
    vars: dict[Id, Any] = {}
    annotations: Annotations = Annotations()
    # Not typed further: msgspec 0.22 frees the pattern of a text twice where it is this or a list of it in a mapping.
    scopes: dict[Glob, OneOrMany] = {}


class Document(Struct, frozen=True):
    """One policy file."""

    source: Source
    header: Header
    rules: tuple[tuple[Where, RuleText], ...]
    tests: tuple[tuple[Where, TestText], ...]


T = TypeVar("T")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def in_seconds(duration: str) -> int:
    """A duration as policies write it."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def document(source: Source) -> Document:
    """Read a document's parts; raises PolicyError with all that is wrong."""
    problems: list[Problem] = []

    def read(value: Any, kind: type[T], where: Where) -> T | None:
        # INVARIANT: nothing after a key is a mistake, never the same as no key: `path: ~` is not "every path".
        for key in _empty(value):
            problems.append(source.problem((*where, key), f"{key}: nothing stands here"))
        try:
            return convert(value, kind)
        except ValidationError as error:
            problems.append(_problem(source, where, str(error), kind))
            return None

    if not isinstance(source.value, dict):
        raise PolicyError([source.problem((), "a policy is a mapping that begins with version: 1")])
    parts = dict(source.value)
    lists = {}
    for name in _LISTS:
        items = parts.pop(name, [])
        if not isinstance(items, list):
            problems.append(source.problem((name,), f"{name} is a list"))
            items = []
        lists[name] = [((name, at), item) for at, item in enumerate(items)]
    header = read(parts, Header, ())
    if header is not None:
        problems += [
            source.problem(("scopes", tool), f"scopes: {tool} needs one such as read:orders, or up to {_MOST_SCOPES}")
            for tool, needed in header.scopes.items()
            if not _are_scopes([needed] if isinstance(needed, str) else needed)
        ]
    rules = [(where, read(item, RuleText, where)) for where, item in lists["rules"]]
    tests = [(where, read(item, TestText, where)) for where, item in lists["tests"]]
    seen: set[str] = set()
    for where, rule in rules:
        if rule is not None:
            problems += [source.problem(where, message) for message in _contradictions(rule, seen)]
    if problems or header is None:
        raise PolicyError(problems)
    return Document(
        source,
        header,
        tuple((where, rule) for where, rule in rules if rule),
        tuple((where, test) for where, test in tests if test),
    )


def _are_scopes(texts: list[str]) -> bool:
    return len(texts) <= _MOST_SCOPES and all(len(text) <= LONGEST and PLAIN.fullmatch(text) for text in texts)


def _contradictions(rule: RuleText, seen: set[str]) -> list[str]:
    """What each part's shape allows but the rule as a whole must not say."""
    found = []
    if rule.id in seen:
        found.append(f"a rule with the id {rule.id!r} stands here twice")
    seen.add(rule.id)
    if rule.id.startswith(("hint-", "stop-", "trust-")) or rule.id in _OURS:
        found.append(f"the id {rule.id!r} is one of our own")
    if sum(getattr(rule, stance) is not None for stance in STANCES) != 1:
        found.append(f"rule {rule.id!r} needs exactly one of {', '.join(STANCES)}")
    if (rule.approvers or rule.valid or rule.expires) and rule.ask is None:
        found.append(f"rule {rule.id!r}: approvers, valid and expires belong to ask")
    if rule.expires is not None and not SHORTEST_ASK <= in_seconds(rule.expires) <= LONGEST_ASK:
        found.append(f"rule {rule.id!r}: expires lies between {SHORTEST_ASK}s and {LONGEST_ASK // 3_600}h")
    if rule.firm and rule.deny is None and rule.ask is None:
        found.append(f"rule {rule.id!r}: firm belongs to deny and ask")
    if rule.except_ and (rule.path is None or (rule.ask is None and rule.deny is None)):
        found.append(f"rule {rule.id!r}: except narrows the path of a rule that asks or denies")
    if (rule.limit or rule.budget) and rule.allow is None:
        found.append(f"rule {rule.id!r}: limit and budget belong to allow")
    return found


def _empty(part: Any) -> list[str]:
    """The keys of one part of a document that have no value. A test may say that a call has no cwd, say."""
    if not isinstance(part, dict) or "call" in part:
        return []
    return [key for key, value in part.items() if value is None]


def _problem(source: Source, where: Where, message: str, kind: type[Any]) -> Problem:
    """Turn the library's complaint into ours: its path becomes a line."""
    text, _, path = message.partition(" - at `$")
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", path)
    inner: list[str | int] = [int(index) if index else key for key, index in steps]
    unknown = re.match(r"Object contains unknown field `(.*)`", text)
    if unknown:
        # Of the parts inside a part, the keys that there are stand in the docs.
        known = [] if inner else [one.encode_name for one in fields(kind)] + [*(_LISTS if kind is Header else ())]
        meant = get_close_matches(unknown[1][:_LONGEST_KEY], known, 1)
        inner.append(unknown[1])
        text = f"unknown key {unknown[1]!r}" + (f"; did you mean {meant[0]!r}?" if meant else "")
    elif inner:
        words = _WORDS.get(next(step for step in reversed(inner) if isinstance(step, str)), ())
        choice = f"; it is one of {', '.join(words)}" if text.startswith("Invalid enum") else ""
        text = f"{'.'.join(str(step) for step in inner)}: {text}{choice}"
    return source.problem((*where, *inner), text)
