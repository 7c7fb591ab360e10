"""Delegations."""

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import Change, Count, Part


class TermsData(Part, frozen=True):
    """What a delegation names; what it leaves out is not there."""

    allowed_actions: list[str] | UnsetType = UNSET
    allowed_paths: list[str] | UnsetType = UNSET
    commands: list[str] | UnsetType = UNSET
    denied_actions: list[str] | UnsetType = UNSET
    hosts: list[str] | UnsetType = UNSET
    when: str | UnsetType = UNSET


class NewDelegationData(Part, frozen=True):
    agent: str
    critical: bool
    delegation: str
    max_uses: Count | None
    reason: str
    session: str | None
    terms: TermsData
    ttl_seconds: Count


class DelegationCreated(Change, frozen=True, tag="delegation.created"):
    data: NewDelegationData


class DelegationData(Part, frozen=True):
    delegation: str


class DelegationRevoked(Change, frozen=True, tag="delegation.revoked"):
    data: DelegationData
