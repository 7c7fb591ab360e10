"""Every entry that there is, and the line of an export that bears one."""

from typing import Any, TypeAlias

from app.audit_log.export.bodies.agents import AgentChanged, AgentCreated, KeyCreated, KeyRevoked, KeyRotated, KeyUsed
from app.audit_log.export.bodies.approvals import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalEdited,
    ApprovalExpired,
    ApprovalRevoked,
    ApprovalVoided,
    ApprovalVoted,
    NoticeFailed,
    NoticeSent,
)
from app.audit_log.export.bodies.delegations import DelegationCreated, DelegationRevoked
from app.audit_log.export.bodies.evaluations import Decision, ExecutionResult
from app.audit_log.export.bodies.operators import (
    OperatorCreated,
    OperatorDisabled,
    OperatorEnabled,
    OperatorRoleSet,
    PassphraseChanged,
    PassphraseReset,
    SignedIn,
    SignInFailed,
    VisitEnded,
    VisitOpened,
)
from app.audit_log.export.bodies.parts import Count, Digest, Part
from app.audit_log.export.bodies.service import (
    LogCreated,
    PolicyActivated,
    PolicyProposed,
    ServiceResumed,
    WorkspaceSet,
)
from app.audit_log.export.bodies.sessions import (
    SessionEnded,
    SessionExtended,
    SessionObserved,
    SessionOpened,
    SessionPrompted,
    SessionsStopped,
    SessionStopped,
)
from app.audit_log.export.bodies.stops import StopLifted, StopPressed

Entry: TypeAlias = (
    LogCreated
    | Decision
    | ExecutionResult
    | SessionOpened
    | SessionPrompted
    | SessionObserved
    | SessionExtended
    | SessionEnded
    | SessionStopped
    | SessionsStopped
    | OperatorCreated
    | OperatorRoleSet
    | OperatorDisabled
    | OperatorEnabled
    | PassphraseChanged
    | PassphraseReset
    | SignedIn
    | SignInFailed
    | VisitOpened
    | VisitEnded
    | AgentCreated
    | AgentChanged
    | KeyCreated
    | KeyRotated
    | KeyRevoked
    | DelegationCreated
    | DelegationRevoked
    | ApprovalApproved
    | ApprovalVoted
    | ApprovalDenied
    | ApprovalEdited
    | ApprovalCancelled
    | ApprovalRevoked
    | ApprovalExpired
    | ApprovalVoided
    | NoticeSent
    | NoticeFailed
    | KeyUsed
    | StopPressed
    | StopLifted
    | PolicyProposed
    | PolicyActivated
    | WorkspaceSet
    | ServiceResumed
)


class ExportLine(Part, frozen=True):
    """One line of the `jsonl` export. `payload` and `salt` are null where there are none, and once erased."""

    seq: Count
    hash: Digest
    body: Entry
    payload: dict[str, Any] | None
    salt: Digest | None
