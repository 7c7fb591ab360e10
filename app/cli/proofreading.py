"""A policy file read critically: its mistakes, its own tests, and what it loosens of the policy it builds on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from app.cli.home import files_of

if TYPE_CHECKING:
    from app.core.decision import Finding
    from app.core.policy.compile import File
    from app.core.policy.ruleset import Policy

# What the default policy denies to every agent: credentials, the service's own files, its commands and its address.
_PROTECTIONS = ("secrets", "self-protection", "control-commands", "control-api")


class Proofs(Struct, frozen=True):
    """What was found; `problems` are lines that begin with file:line, `loosened` what the policy gives away."""

    problems: list[str]
    loosened: list[str] = []
    notes: list[str] = []
    rules: int = 0
    tests: int = 0
    digest: str = ""

    def wire(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "notes": [*self.loosened, *self.notes],
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
        return Proofs([str(problem) for problem in error.problems])
    problems = [str(failure) for failure in run_tests(policy)]
    loosened = [*_loosened(files), *_unprotected(files, policy)]
    return Proofs(problems, loosened, _idle(files, policy), len(policy.rules.rules), len(policy.tests), pack(files)[0])


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
    lists = {name for file in files[1:] for name in _vars(file)}
    notes += [
        f"replaced: {name} under vars of {files[1].name}; its rules go by the new one"
        for name in _vars(files[0])
        if name in lists
    ]
    if own.default.stance < base.default.stance:
        notes.append(f"loosened: what no rule allows asks here; in {files[1].name} it is denied")
    return notes


def _unprotected(files: tuple["File", ...], policy: "Policy") -> list[str]:
    """The denials of the default policy that hold whatever else is allowed, and that nothing here goes by the name of.

    Those that the policy had from its base and gave up are told of already.
    """
    from app.core.decision import Stance
    from app.core.policy.compile import compile_policy

    def denials(of: "Policy") -> list[str]:
        return [rule.finding.rule for rule in of.rules.rules if rule.finding.stance is Stance.DENY]

    kept = denials(policy) + (denials(compile_policy(files[1:])) if len(files) > 1 else [])
    gone = [name for name in _PROTECTIONS if name not in kept]
    if not gone:
        return []
    return [f"unprotected: without {', '.join(gone)} of the default policy; `extends: default` keeps them"]


def _idle(files: tuple["File", ...], policy: "Policy") -> list[str]:
    """Rules of the file itself that can never decide, and those that none of its tests touches, by their lines."""
    from app.core.policy.selftest import deciding
    from app.core.policy.shadow import shadows
    from app.core.policy.source import Problem

    lines = _lines(files[0])
    over = {rule: by for rule, by in shadows(policy.rules) if rule in lines}
    notes = [Problem(files[0].name, lines[rule], _unreachable(rule, over[rule], lines, files)) for rule in over]
    if lines and not policy.tests:
        notes.append(Problem(files[0].name, 0, "no test shows what these rules do; write some under tests:"))
    elif lines:
        idle = lines.keys() - deciding(policy) - over.keys()
        notes += [Problem(files[0].name, lines[rule], f"no test touches {rule}") for rule in idle]
    return [str(note) for note in sorted(notes, key=lambda note: note.line)]


def _unreachable(rule: str, by: str, lines: dict[str, int], files: tuple["File", ...]) -> str:
    others = (f"{file.name}:{found[by]}" for file in files[1:] if by in (found := _lines(file)))
    where = f"line {lines[by]}" if by in lines else next(others, "a policy that it builds on")
    return f"{rule} can never decide: whatever it is about, {by} ({where}) is stricter"


def _lines(file: "File") -> dict[str, int]:
    """The rules that a file writes out, and where; lists of the earlier form have no rules of their own."""
    from app.core.policy.document import document
    from app.core.policy.four_lists import is_four_lists
    from app.core.policy.source import read

    source = read(file.text, file.name)
    if is_four_lists(source):
        return {}
    return {text.id: source.lines[where] for where, text in document(source).rules}


def _vars(file: "File") -> list[str]:
    from app.core.policy.source import read

    return list(read(file.text, file.name).value.get("vars", {}))


def _change(before: "Finding", now: "Finding | None", base: str) -> str:
    stance = before.stance.name.lower()
    if now is None:
        return f"loosened: {stance} {before.rule} of {base} is left out"
    if now.stance < before.stance:
        return f"loosened: {before.rule} is {stance} in {base} and {now.stance.name.lower()} here"
    if now.classification < before.classification:
        return f"loosened: {before.rule} is {before.classification.name} in {base} and less here"
    return f"replaced: {stance} {before.rule} of {base}; compare what the two match"
