"""A42: a file is verified by itself, and whatever stands in it, the verifier says what is wrong and where."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from app.audit_log.export import jsonl, legacy, table
from app.services import verify_file as module
from app.services.export import Format
from app.services.verify_file import LONGEST_RECORD, FileReport, Outcome, verify_file
from tests.audit_log.samples import written

ROWS = written(5)[1]
OURS = list(jsonl.lines(ROWS))
THEIRS = list(legacy.lines(ROWS))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def verified(file: Path, lines: Iterable[bytes], after: int = -1) -> FileReport:
    file.write_bytes(b"".join(lines))
    return verify_file(file, after)


@pytest.mark.parametrize(("lines", "format"), [(OURS, Format.JSONL), (THEIRS, Format.LEGACY)])
def test_a_whole_file_is_consistent_and_never_called_more(file: Path, lines: list[bytes], format: Format) -> None:
    report = verified(file, lines)
    assert report == FileReport(Outcome.CONSISTENT, 5, format)
    assert "not anchored" in report.summary
    assert "verified" not in report.summary
    assert int(report.outcome) == 0


@pytest.mark.parametrize("lines", [OURS, THEIRS])
def test_an_edited_line_is_named_with_both_hashes(file: Path, lines: list[bytes]) -> None:
    report = verified(file, [*lines[:2], lines[2].replace(b"Reason 2.", b"Reason 9."), *lines[3:]])
    assert (report.outcome, report.entries, report.line) == (Outcome.TAMPERED, 2, 3)
    assert int(report.outcome) == 1
    assert report.fault is not None
    assert report.fault.expected
    assert report.fault.actual
    assert report.fault.expected != report.fault.actual
    assert report.fault.hashed is not None
    assert "Reason 9." in report.fault.hashed
    assert report.summary.startswith("line 3: ")


def test_our_entries_are_named_by_number_too(file: Path) -> None:
    assert verified(file, [*OURS[:3], OURS[4]]).summary.startswith("line 4: gap: ")
    assert verified(file, [*OURS[:3], OURS[4]]).summary.endswith("(entry 3)")


@pytest.mark.parametrize("lines", [OURS, THEIRS])
def test_lines_that_were_deleted_moved_or_doubled_are_found(file: Path, lines: list[bytes]) -> None:
    a, b, c, d, e = lines
    for tampered in ([b, c, d, e], [a, c, d, e], [a, c, b, d, e], [a, b, b, c, d, e], [a, b, c, d[:-9]]):
        assert verified(file, tampered).outcome is Outcome.TAMPERED


@pytest.mark.parametrize("lines", [OURS, THEIRS])
def test_a_key_that_stands_twice_is_found(file: Path, lines: list[bytes]) -> None:
    assert verified(file, [lines[0], lines[1].replace(b"{", b'{"hash":1,', 1)]).outcome is Outcome.TAMPERED
    twice = b'{"decision":"DENY","decision":' if lines is THEIRS else b'{"seq":1,"seq":'
    first_key = b'{"approval_attempts":' if lines is THEIRS else b'{"seq":'
    assert verified(file, [lines[0], lines[1].replace(first_key, twice, 1)]).outcome is Outcome.TAMPERED


@pytest.mark.parametrize("lines", [OURS, THEIRS])
def test_blank_lines_and_other_line_ends_change_nothing(file: Path, lines: list[bytes]) -> None:
    report = verified(file, [b"\n", *(line.replace(b"\n", b"\r\n\n") for line in lines), b"  "])
    assert (report.outcome, report.entries) == (Outcome.CONSISTENT, 5)
    assert verified(file, [b"\n", *lines[:1], b"{}"]).line == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_an_empty_file_is_not_consistent(file: Path, content: bytes) -> None:
    report = verified(file, [content])
    assert (report.outcome, report.summary) == (Outcome.UNREADABLE, "the file holds no entry")
    assert int(report.outcome) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 1_000,
        b"\xff\xfe",
        b"hello",
        b"[]",
        b"{}",
        b'{"a":1',
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b'{"seq":0}',
        b"".join(table.lines(ROWS)),
    ],
)
def test_what_is_no_log_is_unreadable(file: Path, content: bytes) -> None:
    report = verified(file, [content])
    assert (report.outcome, report.line) == (Outcome.UNREADABLE, 1)


def test_what_is_no_file_is_unreadable(file: Path) -> None:
    for path in (file, file.parent, Path("a\0b")):
        report = verify_file(path)
        assert (report.outcome, report.line) == (Outcome.UNREADABLE, None)
        assert "cannot be read" in report.summary


def test_a_line_is_read_no_further_than_one_can_be_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._LONGEST, Format.JSONL, 3_000)
    monkeypatch.setattr(module, "LONGEST_LINE", 3_000)
    report = verified(file, [OURS[0], b'{"seq":' + b"1" * 1_000_000])
    assert (report.outcome, report.line, report.entries) == (Outcome.UNREADABLE, 2, 1)


def test_a_record_that_is_too_long_is_not_taken_apart(file: Path) -> None:
    long = json.dumps({"event_type": "x" * LONGEST_RECORD}).encode() + b"\n"
    assert verified(file, [THEIRS[0], long]).outcome is Outcome.UNREADABLE
    assert verified(file, [long]).outcome is Outcome.UNREADABLE
