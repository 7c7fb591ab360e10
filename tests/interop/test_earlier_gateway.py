"""A42, A61: what we export their published package verifies, what it writes we verify, and no edit passes either."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.audit_log.legacy import canonical
from app.services.export import Format, export
from app.services.verify_file import Outcome, verify_file
from tests.interop.conftest import Theirs
from tests.services.deeds import filled

pytestmark = pytest.mark.interop


def request(**said: str) -> dict[str, str]:
    return {"actor": "a", "source": "user", "target": "é", "payload_summary": "ü", **said}


REQUESTS = [
    request(tool="filesystem", action="read_file"),
    request(tool="shell", action="run_shell_command"),
    request(tool="network", action="exfiltrate_secrets", source="webpage"),
]


def edited(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"dry_run": false', b'"dry_run": true', 1), *lines[2:]]


def edited_and_hashed_anew(lines: list[bytes]) -> list[bytes]:
    """One record hashed again, which the next one's link gives away."""
    record = json.loads(lines[1])
    record["reason"] = "Nothing to see here."
    record["entry_hash"] = hashlib.sha256((record["previous_hash"] + canonical(record)).encode()).hexdigest()
    return [lines[0], json.dumps(record).encode() + b"\n", *lines[2:]]


def cut(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[2:]]


def beheaded(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def torn(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:-20]]


EDITS = [edited, edited_and_hashed_anew, cut, beheaded, swapped, torn]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Our export of a log in which everything was done."""
    folder = tmp_path_factory.mktemp("ours")
    with filled(folder, f"sqlite:///{folder / 'agent-sudo.db'}") as log:
        return list(export(log.database, Format.LEGACY))


@pytest.fixture(scope="module")
def their_log(theirs: Theirs) -> list[bytes]:
    """What their gateway wrote: decisions, approvals that were asked for, a delegation that was used up."""
    requests = theirs.folder / "requests.json"
    requests.write_text(json.dumps(REQUESTS))
    out = theirs.folder / "evaluated"
    assert theirs.run("eval", "--output-dir", out).returncode == 0
    log = out / "audit.jsonl"
    theirs.run("run", "--audit-log", log, requests)
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) >= 6
    return lines


def test_their_package_verifies_our_export(theirs: Theirs, ours: list[bytes], tmp_path: Path) -> None:
    file = tmp_path / "ours.jsonl"
    file.write_bytes(b"".join(ours))
    answer = theirs.run("verify-audit", file)
    assert (answer.returncode, answer.stdout.strip()) == (0, "audit log verified")


def test_their_package_reads_our_export(theirs: Theirs, ours: list[bytes], tmp_path: Path) -> None:
    file = tmp_path / "ours.jsonl"
    file.write_bytes(b"".join(ours))
    everything = json.loads(theirs.run("audit", "list", "--json", "--limit", "0", file).stdout)
    assert everything == [json.loads(line) for line in ours]
    denied = json.loads(theirs.run("audit", "list", "--json", "--decision", "DENY", file).stdout)
    # What people denied is a denial there, too.
    assert "Credentials are never read by agents." in {one["reason"] for one in denied}
    assert theirs.run("audit", "review", "--since", "24h", file).returncode == 0


@pytest.mark.parametrize("edit", EDITS)
def test_their_package_and_ours_find_the_same_fault_in_an_edited_export(
    theirs: Theirs, ours: list[bytes], edit: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    file = tmp_path / "ours.jsonl"
    file.write_bytes(b"".join(edit(ours)))
    answer = theirs.run("verify-audit", file)
    report = verify_file(file)
    assert answer.returncode == 1
    assert report.outcome is Outcome.TAMPERED
    assert report.summary[:30] in answer.stdout + answer.stderr


def test_we_verify_their_log(their_log: list[bytes], tmp_path: Path) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_bytes(b"".join(their_log))
    report = verify_file(file)
    assert (report.outcome, report.format, report.entries) == (Outcome.CONSISTENT, Format.LEGACY, len(their_log))


@pytest.mark.parametrize("edit", EDITS)
def test_we_and_their_package_find_the_same_fault_in_their_edited_log(
    theirs: Theirs, their_log: list[bytes], edit: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    lines = edit([their_log[0], *their_log[2:]]) if edit is cut else edit(their_log[1:])
    file = tmp_path / "theirs.jsonl"
    file.write_bytes(b"".join(lines))
    report = verify_file(file)
    answer = theirs.run("verify-audit", file)
    assert report.outcome is Outcome.TAMPERED
    assert answer.returncode == 1
    assert report.summary[:30] in answer.stdout + answer.stderr


def test_a_key_that_stands_twice_passes_there_and_not_here(theirs: Theirs, ours: list[bytes], tmp_path: Path) -> None:
    assert json.loads(ours[0])["decision"] == "ALLOW"
    lines = [ours[0].replace(b"{", b'{"decision": "DENY", ', 1), *ours[1:]]
    file = tmp_path / "ours.jsonl"
    file.write_bytes(b"".join(lines))
    assert theirs.run("verify-audit", file).returncode == 0
    assert verify_file(file).summary == "line 1: invalid JSON: the key decision stands twice"
