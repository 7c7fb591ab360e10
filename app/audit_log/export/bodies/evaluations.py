"""What was decided, and how it went."""

from typing import Literal

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import (
    Agent,
    Body,
    Classification,
    Commit,
    Count,
    Mode,
    Part,
    PolicyDigest,
    TrustLevel,
    Verdict,
    Whole,
)
from app.core.model import EffectKind


class Provenance(Part, frozen=True):
    tainted: bool
    trust: TrustLevel


class Request(Part, frozen=True):
    tool: str
    action: str | UnsetType = UNSET


class Decision(Body, frozen=True, tag="decision"):
    """What was decided of one request."""

    actor: Agent
    classification: Classification
    commit: Commit
    decision: Verdict
    effects: list[EffectKind]
    mode: Mode
    policy: PolicyDigest
    prov: Provenance
    reason: str
    request: Request
    rules: list[str]
    approval: str | UnsetType = UNSET
    delegation: str | UnsetType = UNSET
    dry_run: Literal[True] | UnsetType = UNSET
    monitored: Verdict | UnsetType = UNSET


class OutcomeData(Part, frozen=True):
    evaluation: Count
    status: Literal["ok", "error", "not_run"]
    duration_ms: Count | UnsetType = UNSET
    exit_code: Whole | UnsetType = UNSET
    error: str | UnsetType = UNSET


class ExecutionResult(Body, frozen=True, tag="execution.result"):
    """How a tool went, as its enforcement point reports; `evaluation` is the decision's number."""

    actor: Agent
    data: OutcomeData
