"""A decision as it is written down: the command that records it."""

import secrets
from typing import Any

from msgspec.json import Encoder

from app.audit_log.entry import Draft, draft
from app.core.decision import Decision
from app.core.model import ActionRequest
from app.services.configuration import Configuration
from app.storage.command import Command, EpochIs, Guard, NotAfter
from app.storage.keys import Key

_encode = Encoder().encode


class Salts:
    """32 random bytes at a time, asked of the system in blocks."""

    def __init__(self) -> None:
        self._block = b""
        self._at = 0

    def next(self) -> bytes:
        if self._at >= len(self._block):
            self._block, self._at = secrets.token_bytes(8_192), 0
        self._at += 32
        return self._block[self._at - 32 : self._at]


def record(
    decision: Decision,
    request: ActionRequest,
    received: bytes,
    key: Key,
    configuration: Configuration,
    salt: bytes,
) -> Command:
    """The command that records `decision`, valid only upon the configuration and the key that it was made upon."""
    guards: tuple[Guard, ...] = (EpochIs(configuration.epoch),)
    if key.expires_at is not None:
        guards += (NotAfter(key.expires_at),)
    return Command((_entry(decision, request, received, key, configuration, salt),), guards)


def _entry(
    decision: Decision,
    request: ActionRequest,
    received: bytes,
    key: Key,
    configuration: Configuration,
    salt: bytes,
) -> Draft:
    # INVARIANT: nothing that arguments or targets hold stands in the hashed body; it is in the payload, which can be
    # erased. The body has names, our own words and the policy author's.
    actor: dict[str, Any] = {"agent": key.agent, "key": key.id}
    if request.actor is not None:
        actor["name"] = request.actor
    if request.session_id is not None:
        actor["session"] = request.session_id
    fields: dict[str, Any] = {
        "actor": actor,
        "classification": decision.classification.name,
        "decision": decision.verdict.value,
        "effects": sorted({effect.kind.value for effect in decision.effects}),
        "mode": decision.mode,
        "policy": configuration.policy,
        "prov": {"tainted": decision.tainted, "trust": decision.trust.name},
        "reason": decision.reason,
        "request": {"tool": request.tool or request.action},
        "rules": decision.rules,
    }
    if request.tool is not None and request.action is not None:
        fields["request"]["action"] = request.action
    if request.dry_run:
        fields["dry_run"] = True
    if decision.would_be is not None:
        fields["monitored"] = decision.would_be.value
    return draft("decision", fields, log=configuration.log, payload=_payload(decision, received), salt=salt)


def _payload(decision: Decision, received: bytes) -> bytes:
    """What only the two of us and the auditor should know: the request as received, and what we made of it."""
    return b'{"effects":' + _encode(decision.effects) + b',"request":' + received + b"}"
