"""Provenance: what a request claims about where it comes from, and how much of that is believed.

Every claim that is made can only lower the result, and so can the kind of the key and what the session has seen.
A request that claims nothing is UNKNOWN.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from app.core.decision import Classification, Finding, Stance
from app.core.model import HARMLESS, ActionRequest, Effect
from app.core.spelling import fold
from app.core.trust import CEILING, KeyKind, Trust

_WORD = re.compile(r"[a-z]+")

_SOURCES = {
    **dict.fromkeys(("user", "human", "operator", "cli", "prompt"), Trust.USER_DIRECT),
    **dict.fromkeys(("agent", "internal", "assistant", "model", "planner", "subagent"), Trust.AGENT_INTERNAL),
    **dict.fromkeys(
        (
            "web", "webpage", "page", "website", "site", "url", "http", "https", "html", "internet", "search", "email",
            "mail", "gmail", "outlook", "imap", "inbox", "document", "doc", "pdf", "attachment", "file", "external",
            "untrusted", "thirdparty", "slack", "browser", "api", "webhook", "rss", "feed", "tool", "mcp", "issue",
            "comment",
        ),
        Trust.EXTERNAL_CONTENT,
    ),
}  # fmt: skip
_ORIGINS = {
    "USER_DIRECT": Trust.USER_DIRECT,
    "LOCAL_UI": Trust.USER_DIRECT,
    "AGENT_INTERNAL": Trust.AGENT_INTERNAL,
    "EXTERNAL_CONTENT": Trust.EXTERNAL_CONTENT,
    "EXTERNAL_API": Trust.EXTERNAL_CONTENT,
    "UNKNOWN": Trust.UNKNOWN,
}


class Limit(Struct, frozen=True):
    """The most trust that something leaves to a request, and what it is, in the words of a reason."""

    trust: Trust
    name: str


NO_LIMIT = Limit(max(Trust), "")


class Assessment(Struct, frozen=True):
    """The trust a request is given, every reason that lowered it, and whether it says of itself to be external."""

    trust: Trust
    why: tuple[str, ...]
    external: bool = False


def assess(
    request: ActionRequest, kind: KeyKind, session: Limit = NO_LIMIT, agent: Trust = Trust.USER_DIRECT
) -> Assessment:
    """Weigh what `request` claims: `session` is what its session leaves it, `agent` the most that its agent gets."""
    said = request.provenance
    return _assess((request.source, request.source_trust, said.origin_type, said.channel), kind, session, agent)


@lru_cache(maxsize=4_096)
def _assess(
    said: tuple[str | None, str | None, str | None, str | None], kind: KeyKind, session: Limit, agent: Trust
) -> Assessment:
    source, source_trust, origin_type, channel = said
    readings = (
        ("source", of_source(source)),
        ("source_trust", _of_word(source_trust, Trust.__members__)),
        ("origin_type", _of_word(origin_type, _ORIGINS)),
        ("channel", _of_channel(channel)),
    )
    claims = [(name, trust) for name, trust in readings if trust is not None]
    if not claims:
        return Assessment(Trust.UNKNOWN, ("the request does not say where it comes from",))
    # INVARIANT: trust is the least of all claims, of what the key may attest and of what the session has left.
    limits = [
        (f"a key of kind {kind}", CEILING[kind]),
        (session.name, session.trust),
        ("the agent's highest trust", agent),
    ]
    trust = min(level for _, level in claims + limits)
    highest = max(level for _, level in claims)
    why = [f"{name} says {level.name}" for name, level in claims if level < highest]
    why += [f"{name} gives at most {level.name}" for name, level in limits if level < highest]
    return Assessment(trust, tuple(why), any(level is Trust.EXTERNAL_CONTENT for _, level in claims))


def findings(trust: Trust, effects: tuple[Effect, ...]) -> list[Finding]:
    """What trust alone has to say of a call, whatever the rules."""
    if trust is Trust.UNKNOWN:
        reason = "Where this request comes from is not known."
        return [Finding(Stance.ASK, "trust-unknown", reason, Classification.SENSITIVE)]
    if trust is Trust.EXTERNAL_CONTENT and not all(effect.kind in HARMLESS for effect in effects):
        reason = "External content asks for something that changes the world."
        return [Finding(Stance.ASK, "trust-external", reason, Classification.SENSITIVE)]
    return []


def _of_channel(channel: str | None) -> Trust | None:
    """A channel says nothing for a request, only against it."""
    trust = of_source(channel)
    return trust if trust is Trust.EXTERNAL_CONTENT else None


def of_source(source: str | None) -> Trust | None:
    """The least trusted word of a source; None when it holds no word we know."""
    if source is None:
        return None
    known = [
        _SOURCES[form]
        for word in _WORD.findall(fold(source))
        for form in (word, word.removesuffix("s"))
        if form in _SOURCES
    ]
    return min(known, default=None)


def _of_word(word: str | None, table: Mapping[str, Trust]) -> Trust | None:
    return None if word is None else table.get(word.strip().upper(), Trust.UNKNOWN)
