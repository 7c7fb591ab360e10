"""What the service answered. An allow is good for five seconds; everything else is a no."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from agent_sudo_client.errors import ApprovalPending, ArgumentsEdited, PermissionDenied

# How long the service lets an allow be acted upon. Counted from when the question was sent, it holds whatever the
# clocks of the two machines say.
VALID_S = 5.0


@dataclass(frozen=True)
class Approval:
    """A person's answer, or the lack of one. `code` is the status, or `edited`: other arguments were approved."""

    id: str
    status: str
    code: str
    url: str = ""
    message: str = ""
    edited_arguments: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, document: Any) -> Approval:
        """An approval as the service writes it. Raises KeyError, TypeError."""
        if not isinstance(document, dict):
            raise TypeError("approval")
        edited = document.get("edited_arguments")
        if edited is not None and not isinstance(edited, dict):
            raise TypeError("edited_arguments")
        return cls(
            id=_text(document["id"]),
            status=_text(document["status"]),
            code=_text(document.get("code", document["status"])),
            url=_text(document.get("url", "")),
            message=_text(document.get("message", "")),
            edited_arguments=edited,
        )

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for a person."""
        return self.status == "pending"


@dataclass(frozen=True)
class Decision:
    """A recorded decision. `allowed` is computed each time it is read: an allow passes, a no stays."""

    verdict: str
    reason: str
    evaluation_id: str
    approval: Approval | None
    document: Mapping[str, Any] = field(repr=False)
    valid_until: datetime = field(repr=False)
    _granted: bool = field(repr=False)
    _ends: float = field(repr=False)

    @classmethod
    def read(cls, document: Any, sent: float) -> Decision:
        """The answer to a question that was sent at `sent` (monotonic). Raises KeyError, TypeError, ValueError."""
        if not isinstance(document, dict):
            raise TypeError("decision")
        granted, approval = document["allowed"], document.get("approval")
        if not isinstance(granted, bool):
            raise TypeError("allowed")
        return cls(
            verdict=_text(document["decision"]),
            reason=_text(document["reason"]),
            evaluation_id=_text(document["evaluation_id"]),
            approval=None if approval is None else Approval.read(approval),
            document=document,
            # Python 3.10 does not read the Z.
            valid_until=datetime.fromisoformat(_text(document["valid_until"]).replace("Z", "+00:00")).astimezone(
                timezone.utc
            ),
            _granted=granted,
            _ends=sent + VALID_S,
        )

    # INVARIANT: an allow that is over is no allow, by the service's clock and by our own: it may have been revoked.
    @property
    def is_over(self) -> bool:
        """Whether the time in which to act upon it has passed."""
        return time.monotonic() >= self._ends or datetime.now(timezone.utc) >= self.valid_until

    @property
    def allowed(self) -> bool:
        """Whether the tool may run, now."""
        return self._granted and not self.is_over

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> Decision:
        """Itself, if the tool may run now. Raises PermissionDenied, ApprovalPending, ArgumentsEdited."""
        if self.allowed:
            return self
        if self._granted:
            late = f"The permission was good until {self.valid_until:%H:%M:%S} UTC and that is over: ask again."
            raise PermissionDenied(late, code="too_late", decision=self)
        approval = self.approval
        if approval is not None and approval.edited_arguments is not None:
            edited = "A person approved other arguments than these. Only those may be used."
            raise ArgumentsEdited(edited, approval.edited_arguments, decision=self)
        if self.verdict.startswith("REQUIRE_") and (approval is None or approval.is_pending):
            where = f" They can do so at {approval.url}" if approval is not None and approval.url else ""
            said = self._said("A person must approve this") + where
            raise ApprovalPending(said, code="approval_pending", decision=self)
        raise PermissionDenied(self._said("Denied"), code=approval.code if approval else "denied", decision=self)

    def _said(self, start: str) -> str:
        # What a person said who denied it stands in the reason.
        return f"{start}: {self.reason}" if self.reason else f"{start}."


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
