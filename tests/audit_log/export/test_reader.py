"""An export is verified from its lines alone."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit_log.columns import Row
from app.audit_log.export.fault import Fault
from app.audit_log.export.jsonl import lines
from app.audit_log.export.reader import Reader
from tests.audit_log.samples import OTHER_LOG, PAYLOAD, decided, rehashed, relinked, replaced, written

HEAD, ROWS = written(5)


def first_fault(rows: Iterable[Row], after: int = -1) -> tuple[int, Fault | None]:
    """How many entries hold, and what is wrong with the next."""
    reader = Reader(after)
    fault = next(filter(None, (reader.read(line.removesuffix(b"\n")) for line in lines(rows))), None)
    return reader.entries, fault


def test_a_whole_export_holds() -> None:
    assert first_fault(ROWS) == (5, None)


def test_a_later_part_holds_when_its_reader_was_told_where_it_begins() -> None:
    assert first_fault(ROWS[3:], after=2) == (2, None)


def test_a_missing_beginning_is_not_taken_for_a_later_part() -> None:
    entries, fault = first_fault(ROWS[2:])
    assert entries == 0
    assert fault is not None
    assert fault.reason.startswith("gap: ")
    assert "`after` 1" in fault.reason


def test_a_missing_entry_is_named() -> None:
    entries, fault = first_fault([*ROWS[:2], *ROWS[3:]])
    assert entries == 2
    assert fault is not None
    assert fault.seq == 2
    assert "filter" in fault.reason


def test_an_edited_body_shows_the_hash_it_has_and_the_one_it_claims() -> None:
    body = ROWS[2][2].replace(b"Reason 2.", b"Reason 9.")
    _, fault = first_fault([*ROWS[:2], replaced(ROWS[2], body=body), *ROWS[3:]])
    assert fault is not None
    assert fault.seq == 2
    assert fault.reason.startswith("edited: ")
    assert fault.actual == ROWS[2][1].hex()
    assert fault.expected == rehashed(ROWS[2], body)[1].hex()
    assert fault.hashed == body.decode()


def test_an_edit_that_was_hashed_again_breaks_the_next_link() -> None:
    edited = rehashed(ROWS[2], ROWS[2][2].replace(b"Reason 2.", b"Reason 9."))
    _, fault = first_fault([*ROWS[:2], edited, *ROWS[3:]])
    assert fault is not None
    assert fault.reason.startswith("broken_link: ")
    assert (fault.seq, fault.expected, fault.actual) == (3, edited[1].hex(), ROWS[2][1].hex())


def test_a_payload_that_was_exchanged_is_found_without_hashes_to_show() -> None:
    _, fault = first_fault([ROWS[0], replaced(ROWS[1], payload=PAYLOAD.replace(b"ls", b"rm"))])
    assert fault is not None
    assert fault.reason.startswith("payload: ")
    assert (fault.seq, fault.expected, fault.actual) == (1, None, None)


def test_an_erased_payload_holds() -> None:
    assert first_fault([replaced(row, payload=None, salt=None) for row in ROWS]) == (5, None)


def test_entries_of_another_log_are_found() -> None:
    _, foreign = relinked(HEAD, [decided()])
    body = foreign[0][2].replace(HEAD.log.encode(), OTHER_LOG.encode())
    _, fault = first_fault([*ROWS, rehashed(foreign[0], body)])
    assert fault is not None
    assert fault.reason.startswith("wrong_log: ")


def test_a_hash_before_that_is_no_hash_is_not_believed() -> None:
    body = ROWS[3][2].replace(ROWS[2][1].hex().encode(), b"\x7f" * 3)
    _, fault = first_fault([rehashed(ROWS[3], body)], after=2)
    assert fault is not None
    assert fault.actual == "'\\x7f\\x7f\\x7f'"


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"log":1,"prev":2}', b'{"a":1,"a":2}'])
def test_a_first_body_that_is_no_entry_is_found(body: bytes) -> None:
    entries, fault = first_fault([rehashed(ROWS[0], body)])
    assert entries == 0
    assert fault is not None
    assert fault.seq == 0


def test_a_line_that_is_none_is_found() -> None:
    reader = Reader()
    fault = reader.read(b"{}")
    assert fault is not None
    assert fault.seq is None


@settings(deadline=None)
@given(st.integers(0, 4), st.data())
def test_no_byte_of_a_line_can_be_changed_unnoticed(at: int, data: st.DataObject) -> None:
    written_lines = list(lines(ROWS))
    line = bytearray(written_lines[at].removesuffix(b"\n"))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    reader = Reader()
    faults = [reader.read(bytes(line) if number == at else one[:-1]) for number, one in enumerate(written_lines)]
    assert any(faults)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_line_makes_the_reader_raise(value: object) -> None:
    line = {"seq": 0, "hash": "00" * 32, "body": value, "payload": value, "salt": None}
    assert Reader().read(json.dumps(line, separators=(",", ":")).encode()) is not None
    assert Reader().read(json.dumps(value).encode()) is not None
