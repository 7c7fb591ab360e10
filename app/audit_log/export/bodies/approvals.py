"""What people answered, and who was told that they were asked."""

from typing import Literal

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import Agent, Body, Change, Commit, Part


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
