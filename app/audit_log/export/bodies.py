"""What the body of an entry holds, type by type. The published JSON Schemas are made from this."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from app.audit_log.canonical import MAX_INTEGER
from app.core.model import EffectKind
from app.core.trust import TrustName

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
LogId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
PolicyDigest = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Whole = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Timestamp = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
Verdict: TypeAlias = Literal["ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY"]
Classification: TypeAlias = Literal["SAFE", "SENSITIVE", "CRITICAL", "BLOCKED"]
TrustLevel: TypeAlias = TrustName
Mode: TypeAlias = Literal["enforce", "monitor"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing stands in an entry that its schema does not know."""


class Body(Part, frozen=True, tag_field="type"):
    """What every entry says: its log, its number, the hash of the entry before, its time, the format's version."""

    log: LogId
    prev: Digest
    seq: Count
    ts: Timestamp
    v: Literal[1]


class Operator(Part, frozen=True):
    operator: str


class Agent(Part, frozen=True):
    agent: str
    key: str
    name: str | UnsetType = UNSET
    session: str | UnsetType = UNSET


class AgentInSession(Part, frozen=True):
    agent: str
    key: str
    session: str


class Commit(Part, frozen=True):
    """HMAC-SHA256 under the entry's salt of what stands beside the body and may be erased."""

    request: Digest


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


class OpenedData(Part, frozen=True):
    labels: list[str]
    trust: TrustLevel
    ttl_seconds: Count
    parent: str | UnsetType = UNSET


class SessionOpened(Body, frozen=True, tag="session.opened"):
    """A run of an agent began; `trust` is the most that its requests get."""

    actor: AgentInSession
    data: OpenedData


class PromptedData(Part, frozen=True):
    length: Count


class SessionPrompted(Body, frozen=True, tag="session.prompted"):
    """What the user said, by the word of an enforcement point."""

    actor: AgentInSession
    commit: Commit
    data: PromptedData


class ObservedData(Part, frozen=True):
    trust: TrustLevel
    source: str | UnsetType = UNSET
    tool: str | UnsetType = UNSET


class SessionObserved(Body, frozen=True, tag="session.observed"):
    """What the session has seen: from now on it, and all of one root with it, are trusted no more than `trust`."""

    actor: AgentInSession
    data: ObservedData
    commit: Commit | UnsetType = UNSET


class ExtendedData(Part, frozen=True):
    ttl_seconds: Count


class SessionExtended(Body, frozen=True, tag="session.extended"):
    actor: AgentInSession
    data: ExtendedData


class SessionEnded(Body, frozen=True, tag="session.ended"):
    """The session ended, and all that were opened inside of it."""

    actor: AgentInSession


class Change(Body, frozen=True):
    """Something that an operator changed."""

    actor: Operator


class CreatedData(Part, frozen=True):
    software: str


class LogCreated(Change, frozen=True, tag="log.created"):
    """The first entry of a log."""

    data: CreatedData


class OperatorData(Part, frozen=True):
    operator: str
    role: Literal["admin", "approver", "auditor"]


class OperatorCreated(Change, frozen=True, tag="operator.created"):
    data: OperatorData


class OperatorRoleSet(Change, frozen=True, tag="operator.role_set"):
    data: OperatorData


class OperatorName(Part, frozen=True):
    operator: str


class OperatorDisabled(Change, frozen=True, tag="operator.disabled"):
    data: OperatorName


class OperatorEnabled(Change, frozen=True, tag="operator.enabled"):
    data: OperatorName


class PassphraseChanged(Change, frozen=True, tag="operator.passphrase_changed"):
    """By the operator, who knew the old one."""

    data: OperatorName


class PassphraseReset(Change, frozen=True, tag="operator.passphrase_reset"):
    """By an admin."""

    data: OperatorName


class SignInData(Part, frozen=True):
    """`source` is left out where several attempts are told as one; `operator` where the name is nobody's."""

    count: Count
    operator: str | UnsetType = UNSET
    source: str | UnsetType = UNSET


class SignedIn(Change, frozen=True, tag="operator.signed_in"):
    data: SignInData


class SignInFailed(Change, frozen=True, tag="operator.sign_in_failed"):
    data: SignInData


class VisitData(Part, frozen=True):
    """An operator in one browser, on the console's pages."""

    visit: str


class VisitOpened(Change, frozen=True, tag="visit.opened"):
    data: VisitData


class VisitEnded(Change, frozen=True, tag="visit.ended"):
    data: VisitData


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


class StoppedData(Part, frozen=True):
    agent: str
    session: str


class SessionStopped(Change, frozen=True, tag="session.stopped"):
    """An operator ended the session, and all that were opened inside of it."""

    data: StoppedData


class AllStoppedData(Part, frozen=True):
    agent: str


class SessionsStopped(Change, frozen=True, tag="sessions.stopped"):
    """An operator ended all sessions of an agent."""

    data: AllStoppedData


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


class UsedData(Part, frozen=True):
    keys: list[str]


class KeyUsed(Change, frozen=True, tag="key.used"):
    """Keys that were used since they were last told of; at most once an hour for each."""

    data: UsedData


class PressedData(Part, frozen=True):
    """`name`: an agent, a wildcard over tools; empty for everything."""

    kind: Literal["agent", "tool", "everything"]
    name: str
    reason: str
    stop: str


class StopPressed(Change, frozen=True, tag="stop.pressed"):
    data: PressedData


class LiftedData(Part, frozen=True):
    stop: str


class StopLifted(Change, frozen=True, tag="stop.lifted"):
    data: LiftedData


class ApprovalData(Part, frozen=True):
    approval: str


class GivenData(Part, frozen=True):
    approval: str
    scope: Literal["once", "session"]
    strong: bool
    message: str | UnsetType = UNSET


class ApprovalApproved(Change, frozen=True, tag="approval.approved"):
    """A person said yes, and all that must agree have agreed; `strong`: with the passphrase."""

    data: GivenData


class SaidData(Part, frozen=True):
    approval: str
    message: str | UnsetType = UNSET


class ApprovalVoted(Change, frozen=True, tag="approval.voted"):
    """A person said yes, and more must."""

    data: SaidData


class DenialData(SaidData, frozen=True):
    session: str | UnsetType = UNSET


class ApprovalDenied(Change, frozen=True, tag="approval.denied"):
    """A person said no; with `session`, that was ended too."""

    data: DenialData


class EditData(Part, frozen=True):
    approval: str
    edited_into: str
    message: str | UnsetType = UNSET


class ApprovalEdited(Change, frozen=True, tag="approval.edited"):
    """A person said no to what was sent and yes to other arguments: a new approval, of the request it commits to."""

    commit: Commit
    data: EditData


class ApprovalCancelled(Body, frozen=True, tag="approval.cancelled"):
    """The agent that asked took it back."""

    actor: Agent
    data: ApprovalData


class ApprovalRevoked(Change, frozen=True, tag="approval.revoked"):
    """An operator took it back."""

    data: ApprovalData


class ApprovalExpired(Change, frozen=True, tag="approval.expired"):
    """Nobody answered in time, or nobody used the answer."""

    data: ApprovalData


class VoidData(Part, frozen=True):
    approval: str
    reason: str


class ApprovalVoided(Change, frozen=True, tag="approval.voided"):
    """More is required than was shown, or the key or session of who asked is gone."""

    data: VoidData


class NoticeData(Part, frozen=True):
    approval: str
    channel: str


class NoticeSent(Change, frozen=True, tag="notice.sent"):
    """People were told elsewhere that a request waits."""

    data: NoticeData


class FailureData(NoticeData, frozen=True):
    reason: str


class NoticeFailed(Change, frozen=True, tag="notice.failed"):
    """They could not be told, and it is not tried again."""

    data: FailureData


class ProposedData(Part, frozen=True):
    policy: PolicyDigest


class PolicyProposed(Change, frozen=True, tag="policy.proposed"):
    data: ProposedData


class ActivatedData(Part, frozen=True):
    policy: PolicyDigest
    previous: PolicyDigest | None


class PolicyActivated(Change, frozen=True, tag="policy.activated"):
    data: ActivatedData


class WorkspaceData(Part, frozen=True):
    roots: list[str]


class WorkspaceSet(Change, frozen=True, tag="workspace.set"):
    data: WorkspaceData


class ServiceResumed(Change, frozen=True, tag="service.resumed"):
    """The first entry after a time in which nothing could be written."""


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
