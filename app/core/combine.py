"""Many findings, one verdict: the strictest stance wins, whatever order the findings stand in."""

from collections.abc import Sequence

from msgspec import Struct, structs

from app.core.decision import Classification, Finding, Stance, Verdict


class Outcome(Struct, frozen=True):
    """The verdict and what it rests on; `would_be` is what was let pass and only recorded."""

    verdict: Verdict
    classification: Classification
    reason: str
    rules: tuple[str, ...]
    would_be: Verdict | None = None


def combine(found: Sequence[Finding], spoken: Sequence[Finding], default: Finding) -> Outcome:
    """Combine what the stages found and what rules said; `default` speaks where no rule does."""
    # INVARIANT: what a stage finds never stands in for the policy: a risk hint cannot turn a default deny into ask.
    findings = [*found, *spoken]
    if not spoken and all(finding.stance < default.stance for finding in found):
        findings.append(default)
    if len(findings) > 1:
        stance = max([finding.stance for finding in findings])
        findings = [finding for finding in findings if finding.stance is stance]
    stance = findings[0].stance
    outcome = _outcome(findings)
    if stance is not Stance.LOG:
        return outcome
    instead = combine(found, [finding for finding in spoken if finding.stance is not Stance.LOG], default)
    return Outcome(outcome.verdict, instead.classification, outcome.reason, outcome.rules, instead.verdict)


def monitored(outcome: Outcome, findings: Sequence[Finding]) -> Outcome:
    """The same where denials and asks are only recorded: it passes, and `would_be` tells what was decided."""
    # INVARIANT: what is firm (stop buttons, what could not be judged, what a policy marks) is enforced all the same.
    if outcome.verdict is Verdict.ALLOW or any(found.firm and found.stance >= Stance.ASK for found in findings):
        return outcome
    return structs.replace(outcome, verdict=Verdict.ALLOW, would_be=outcome.verdict)


def _outcome(findings: Sequence[Finding]) -> Outcome:
    """All findings here have one stance; the gravest gives the reason, and names decide between equals."""
    gravest = findings[0]
    rules: tuple[str, ...] = (gravest.rule,)
    if len(findings) > 1:
        findings = sorted(findings, key=lambda finding: (-finding.classification, finding.rule))
        gravest = findings[0]
        rules = tuple(dict.fromkeys([finding.rule for finding in findings]))
    return Outcome(_verdict(gravest), gravest.classification, gravest.reason, rules)


def _verdict(finding: Finding) -> Verdict:
    if finding.stance is Stance.DENY:
        return Verdict.DENY
    if finding.stance is Stance.ASK:
        critical = finding.classification >= Classification.CRITICAL
        return Verdict.REQUIRE_STRONG_APPROVAL if critical else Verdict.REQUIRE_APPROVAL
    return Verdict.ALLOW
