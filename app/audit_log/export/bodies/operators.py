"""People, and how they come in."""

from typing import Literal

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import Change, Count, Part


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
