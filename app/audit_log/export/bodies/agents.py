"""Agents and their keys."""

from typing import Literal

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import Change, Count, Mode, Part, TrustLevel


class AgentData(Part, frozen=True):
    """An agent as it is from here on; what is left out is as by default."""

    agent: str
    description: str
    owner: str | UnsetType | None = UNSET
    scopes: list[str] | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    highest_trust: TrustLevel | UnsetType = UNSET
    needs_session: bool | UnsetType = UNSET


class AgentCreated(Change, frozen=True, tag="agent.created"):
    data: AgentData


class AgentChanged(Change, frozen=True, tag="agent.changed"):
    data: AgentData


class NewKeyData(Part, frozen=True, kw_only=True):
    agent: str
    key: str
    kind: Literal["pep", "agent"]
    also: list[str] | UnsetType = UNSET
    expires_at: Count | UnsetType | None = UNSET
    may_explain: bool | UnsetType = UNSET


class KeyCreated(Change, frozen=True, tag="key.created"):
    """`also`: further agents that the key may speak for."""

    data: NewKeyData


class RotatedData(NewKeyData, frozen=True, kw_only=True):
    """The key `previous` ends at `until`, in microseconds, or sooner."""

    previous: str
    until: Count


class KeyRotated(Change, frozen=True, tag="key.rotated"):
    data: RotatedData


class KeyData(Part, frozen=True):
    agent: str
    key: str


class KeyRevoked(Change, frozen=True, tag="key.revoked"):
    data: KeyData


class UsedData(Part, frozen=True):
    keys: list[str]


class KeyUsed(Change, frozen=True, tag="key.used"):
    """Keys that were used since they were last told of; at most once an hour for each."""

    data: UsedData
