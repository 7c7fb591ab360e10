"""Many findings, one verdict: the strictest stance wins, whatever order the findings stand in."""

from collections.abc import Sequence

from msgspec import Struct

from app.core.decision import Classification, Finding, Stance, Verdict


class Outcome(Struct, frozen=True):
    """The verdict and what it rests on; `would_be` is what a rule that only logs let pass."""

    verdict: Verdict
    classification: Classification
    reason: str
    rules: tuple[str, ...]
    would_be: Verdict | None = None


def combine(findings: Sequence[Finding], default: Finding) -> Outcome:
    """Combine findings; `default` speaks when no rule does, and must ask or deny."""
    if not findings:
        return _outcome([default])
    stance = max(finding.stance for finding in findings)
    strictest = [finding for finding in findings if finding.stance is stance]
    if stance is not Stance.LOG:
        return _outcome(strictest)
    instead = combine([finding for finding in findings if finding.stance is not Stance.LOG], default)
    return Outcome(
        Verdict.ALLOW, instead.classification, strictest[0].reason, tuple(f.rule for f in strictest), instead.verdict
    )


def _outcome(findings: Sequence[Finding]) -> Outcome:
    """All findings here have one stance; the gravest gives the reason."""
    gravest = max(findings, key=lambda finding: finding.classification)
    return Outcome(
        _verdict(gravest), gravest.classification, gravest.reason, tuple(finding.rule for finding in findings)
    )


def _verdict(finding: Finding) -> Verdict:
    if finding.stance is Stance.DENY:
        return Verdict.DENY
    if finding.stance is Stance.ALLOW:
        return Verdict.ALLOW
    # INVARIANT: anything that is not clearly allow or deny asks.
    return (
        Verdict.REQUIRE_STRONG_APPROVAL
        if finding.classification is Classification.CRITICAL
        else Verdict.REQUIRE_APPROVAL
    )
