"""A policy file read critically: its mistakes, its own tests, and what it loosens of the policy it builds on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from app.cli.home import files_of

if TYPE_CHECKING:
    from app.core.decision import Finding
    from app.core.policy.compile import File


class Proofs(Struct, frozen=True):
    """What was found; `problems` are lines that begin with file:line."""

    problems: list[str]
    notes: list[str]
    rules: int = 0
    tests: int = 0
    digest: str = ""

    def wire(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "notes": self.notes,
            "rules": self.rules,
            "tests": self.tests,
            "digest": self.digest or None,
        }


def proofread(path: Path) -> Proofs:
    """Check the file at `path`; raises Failure when it cannot be read at all."""
    from app.core.policy.compile import compile_policy
    from app.core.policy.selftest import run_tests
    from app.core.policy.source import PolicyError
    from app.services.policies import pack

    try:
        files = files_of(path)
        policy = compile_policy(files)
    except PolicyError as error:
        return Proofs([str(problem) for problem in error.problems], [])
    problems = [str(failure) for failure in run_tests(policy)]
    return Proofs(problems, _loosened(files), len(policy.rules.rules), len(policy.tests), pack(files)[0])


def _loosened(files: tuple["File", ...]) -> list[str]:
    """What a policy lets pass that the policy it extends would have stopped, as far as its rules have names for it."""
    from app.core.policy.compile import compile_policy
    from app.core.policy.document import document
    from app.core.policy.source import read

    if len(files) == 1:
        return []
    base, own = compile_policy(files[1:]).rules, compile_policy(files).rules
    written = {text.id for _, text in document(read(files[0].text, files[0].name)).rules}
    now = {rule.finding.rule: rule.finding for rule in own.rules}
    notes = []
    for rule in base.rules:
        name = rule.finding.rule
        if not rule.loosens and (name in written or name not in now):
            notes.append(_change(rule.finding, now.get(name), files[1].name))
    if own.default.stance < base.default.stance:
        notes.append(f"loosened: what no rule allows asks here; in {files[1].name} it is denied")
    return notes


def _change(before: "Finding", now: "Finding | None", base: str) -> str:
    stance = before.stance.name.lower()
    if now is None:
        return f"loosened: {stance} {before.rule} of {base} is left out"
    if now.stance < before.stance:
        return f"loosened: {before.rule} is {stance} in {base} and {now.stance.name.lower()} here"
    if now.classification < before.classification:
        return f"loosened: {before.rule} is {before.classification.name} in {base} and less here"
    return f"replaced: {stance} {before.rule} of {base}; compare what the two match"
