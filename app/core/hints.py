"""Risk hints: words by which a caller says that its own request is graver than it looks. They only raise."""

from collections.abc import Sequence

from app.core.decision import Classification, Finding, Stance
from app.core.spelling import fold

_BLOCKED = frozenset(("bypass_policy", "disable_audit", "exfiltration", "secret_exfiltration", "token_exfiltration"))
_CRITICAL = frozenset(
    (
        "credentials", "secrets", "auth", "money", "employment", "legal", "external_post", "email_send", "destructive",
    )
)  # fmt: skip
_SENSITIVE = frozenset(("writes_local_file", "external_side_effect", "shell", "browser_action", "scheduled_task"))
# The server says something else of this tool than it did when it was first relied on.
_CHANGED = "tool_changed"
_SEPARATORS = str.maketrans("- ", "__")


def findings(hints: Sequence[str]) -> list[Finding]:
    """One finding for each hint that we know; other words say nothing."""
    return [found for hint in hints if (found := _finding(fold(hint).strip().translate(_SEPARATORS))) is not None]


def _finding(hint: str) -> Finding | None:
    # INVARIANT: no hint ever yields a finding that allows.
    if hint in _BLOCKED:
        reason = "The request names itself forbidden."
        return Finding(Stance.DENY, f"hint-{hint}", reason, Classification.BLOCKED, firm=True)
    if hint in _CRITICAL:
        return Finding(Stance.ASK, f"hint-{hint}", "The request names itself critical.", Classification.CRITICAL)
    if hint in _SENSITIVE:
        return Finding(Stance.ASK, f"hint-{hint}", "The request names itself sensitive.", Classification.SENSITIVE)
    if hint == _CHANGED:
        reason = "The server now says something else of this tool than when it was first used."
        return Finding(Stance.ASK, f"hint-{hint}", reason, Classification.SENSITIVE)
    return None
