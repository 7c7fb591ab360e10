"""The service itself: its log, its policy, its workspaces."""

from app.audit_log.export.bodies.parts import Change, Part, PolicyDigest


class CreatedData(Part, frozen=True):
    software: str


class LogCreated(Change, frozen=True, tag="log.created"):
    """The first entry of a log."""

    data: CreatedData


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
