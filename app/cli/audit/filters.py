"""Which entries are wanted, as options that `list`, `review` and `export` share."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.durations import seconds

if TYPE_CHECKING:
    from app.services.search import Wanted

_DECISIONS = {
    "allow": "ALLOW",
    "ask": "REQUIRE_APPROVAL",
    "strong": "REQUIRE_STRONG_APPROVAL",
    "deny": "DENY",
}
_ORIGINS = {
    "user": "USER_DIRECT",
    "agent": "AGENT_INTERNAL",
    "external": "EXTERNAL_CONTENT",
    "unknown": "UNKNOWN",
}

Since = Annotated[str, typer.Option(metavar="30m|24h|7d", help="Not older than this.")]
Decision = Annotated[str, typer.Option(metavar="allow|ask|strong|deny", help="Only this decision.")]
NonAllow = Annotated[bool, typer.Option("--non-allow", help="Only decisions other than allow.")]
Origin = Annotated[
    str, typer.Option(metavar="user|agent|external|unknown", help="Only decisions that rest on this trust.")
]
Agent = Annotated[str, typer.Option(metavar="NAME", help="Only this agent.")]
Actor = Annotated[
    str, typer.Option(metavar="PART", help="Only who has this in a name: an agent, a part of one, an operator.")
]
Tool = Annotated[str, typer.Option(metavar="NAME", help="Only this tool, as the agent called it.")]
Target = Annotated[
    str, typer.Option(metavar="PART", help="Only calls with this in a target, an argument or what they touch.")
]
Type = Annotated[str, typer.Option(metavar="TYPE", help="Only this type: decision, key.created, …")]


def wanted(
    *,
    since: str,
    decision: str,
    non_allow: bool,
    origin: str,
    agent: str = "",
    actor: str,
    tool: str,
    target: str,
    type: str = "",
) -> "Wanted":
    """What the options ask for. Raises a usage error for words that mean nothing."""
    from app.services.search import Wanted

    return Wanted(
        agent=agent or None,
        decision=_word(decision, _DECISIONS, "--decision"),
        tool=tool or None,
        type=type or None,
        since=_since(since),
        not_allowed=non_allow,
        actor=actor or None,
        origin=_word(origin, _ORIGINS, "--origin"),
        target=target or None,
    )


def _word(given: str, words: dict[str, str], option: str) -> str | None:
    if not given:
        return None
    found = words.get(given.lower(), given.upper())
    if found not in words.values():
        raise typer.BadParameter(f"{given!r} is none of {', '.join(words)}.", param_hint=option)
    return found


def _since(given: str) -> str | None:
    if not given:
        return None
    from app.audit_log.timestamp import timestamp

    return timestamp(max(time.time_ns() // 1_000 - seconds(given) * 1_000_000, 0))
