"""A decision as it is written down: the form of its entry, and what recording it takes besides."""

import secrets
import struct
from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Encoder

from app.audit_log.entry import Form, form
from app.core.classify.secrets import redacted
from app.core.decision import Decision
from app.core.facts import Caller
from app.core.model import ActionRequest
from app.core.trust import Trust
from app.services.configuration import Configuration
from app.services.consumption import consumption
from app.services.ground import Ground
from app.storage.command import Change, Guard
from app.storage.sessions import LowerSession

_encode = Encoder().encode
_SALT = struct.Struct("32s")


def salts() -> Iterator[bytes]:
    """32 random bytes at a time, asked of the system in blocks."""
    while True:
        for (salt,) in _SALT.iter_unpack(secrets.token_bytes(256 * _SALT.size)):
            yield salt


class Actor(Struct, frozen=True, omit_defaults=True):
    """Who asked: the agent by its key, the part of it that it named, its session."""

    agent: str
    key: str
    name: str | None = None
    session: str | None = None


class Commit(Struct, frozen=True):
    request: str


class Before(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The fields of a decision's body that sort before `prev`, in their order."""

    actor: Actor
    approval: str | None = None
    classification: str
    commit: Commit
    decision: str
    delegation: str | None = None
    dry_run: bool = False
    effects: list[str]
    log: str
    mode: str
    monitored: str | None = None
    policy: str


class Provenance(Struct, frozen=True):
    tainted: bool
    trust: str


class Request(Struct, frozen=True, omit_defaults=True, kw_only=True):
    action: str | None = None
    tool: str


class Between(Struct, frozen=True):
    """The fields that sort after `prev`, in their order."""

    prov: Provenance
    reason: str
    request: Request
    rules: tuple[str, ...]


def form_of(
    decision: Decision,
    request: ActionRequest,
    received: bytes,
    caller: Caller,
    configuration: Configuration,
    approval: str | None = None,
) -> Form:
    """The entry of `decision`, but for what makes each entry its own. `approval` is the one that waits for people."""
    # INVARIANT: nothing that arguments or targets hold stands in the hashed body; it is in the payload, which can be
    # erased. The body has names, our own words and the policy author's.
    tool = request.tool or request.action or ""
    before = Before(
        actor=Actor(caller.agent, caller.key, request.actor, request.session),
        approval=approval or decision.approval,
        classification=decision.classification.name,
        commit=Commit(""),
        decision=decision.verdict.value,
        delegation=decision.delegation,
        dry_run=request.dry_run,
        effects=sorted({effect.kind.value for effect in decision.effects}),
        log=configuration.log,
        mode=decision.mode,
        monitored=None if decision.would_be is None else decision.would_be.value,
        policy=configuration.policy,
    )
    between = Between(
        Provenance(decision.tainted, decision.trust.name),
        decision.reason,
        Request(tool=tool, action=request.action if request.tool is not None else None),
        decision.rules,
    )
    copies = (caller.agent, request.session, tool, before.decision)
    return form("decision", before, between, copies, log=configuration.log, payload=_payload(decision, received))


def taken(decision: Decision, request: ActionRequest, ground: Ground) -> tuple[tuple[Guard, ...], tuple[Change, ...]]:
    """What recording `decision` takes besides its entry: the ground that it was made on, and what it changes."""
    guards = ground.guards
    changes: tuple[Change, ...] = ()
    if decision.grant is not None or decision.uses:
        used, changes = consumption(decision, ground.facts.caller.agent, dry_run=request.dry_run)
        guards += used
    session = ground.facts.session
    if session.id is not None and decision.tainted and session.own > Trust.EXTERNAL_CONTENT and not request.dry_run:
        # INVARIANT: what says of itself that external content led to it taints all that follows in its session; so does
        # what an agent, by its own key, brings along from another one.
        changes += (LowerSession(session.id, Trust.EXTERNAL_CONTENT),)
    return guards, changes


def _payload(decision: Decision, received: bytes) -> bytes:
    """What only the two of us and the auditor should know: the request as received, and what we made of it."""
    # INVARIANT: a log that is kept for years is no place for keys: what has the form of one is stored as its kind.
    return redacted(b'{"effects":' + _encode(decision.effects) + b',"request":' + received + b"}")
