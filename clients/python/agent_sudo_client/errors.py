"""Why a tool did not run.

All of them are PermissionDenied, so that one `except` catches every way of not being allowed. The text of each is for
people and for models: what was decided, and what would be needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent_sudo_client.decision import Decision


class PermissionDenied(Exception):
    """The tool must not run. `code` is stable and for programs; `decision` is there where one was recorded."""

    def __init__(self, reason: str, *, code: str = "denied", decision: Decision | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.decision = decision


class ApprovalPending(PermissionDenied):
    """A person must approve, and has not yet. `approval_id` is None where the service opened no approval."""

    @property
    def approval_id(self) -> str | None:
        """What to wait for."""
        approval = None if self.decision is None else self.decision.approval
        return None if approval is None else approval.id


class ArgumentsEdited(PermissionDenied):
    """A person approved other arguments: evaluate and run those, never the ones that were sent."""

    def __init__(self, reason: str, arguments: Mapping[str, Any], *, decision: Decision | None = None) -> None:
        super().__init__(reason, code="edited", decision=decision)
        self.arguments = dict(arguments)


class ServiceUnavailable(PermissionDenied):
    """There is no decision: the service is down, slow, overloaded, or what answers is not the service."""
