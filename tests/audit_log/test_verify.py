from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.audit_log.chain import Head, extend
from app.audit_log.columns import ROW, Row
from app.audit_log.entry import GENESIS, leaf_hash, link, timestamp
from app.audit_log.finding import Kind
from app.audit_log.verify import Verifier, verify
from tests.audit_log.samples import (
    LOG,
    NOW,
    OTHER_LOG,
    PAYLOAD,
    SALT,
    decided,
    opening,
    rehashed,
    relinked,
    replaced,
    written,
)

SIZE = 12
HEAD, ROWS = written(SIZE)
INNER = st.integers(1, SIZE - 2)


def found(rows: list[Any], head: Head | None = HEAD) -> tuple[int, Kind] | None:
    report = verify(rows, log=LOG, expected_size=head.size if head else None, expected_hash=head.hash if head else None)
    return (report.finding.seq, report.finding.kind) if report.finding else None


def renumbered(rows: list[Row]) -> list[Row]:
    return [replaced(row, seq=seq) for seq, row in enumerate(rows)]


def flipped(value: Any, bit: int) -> Any:
    """`value` as its column would read with one bit turned."""
    if isinstance(value, int):
        return value ^ (1 << bit % 63)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return raw.decode(errors="surrogateescape") if isinstance(value, str) else bytes(raw)


@given(st.lists(st.tuples(st.booleans(), st.integers(-5_000, 5_000)), max_size=12), st.integers(1, 5))
def test_what_was_appended_verifies(steps: list[tuple[bool, int]], page: int) -> None:
    head, row = Head(LOG).append(opening(), NOW)
    rows, now = [row], NOW
    for bare, step in steps:
        now += step
        head, row = head.append(decided(), now)
        rows.append(replaced(row, salt=None, payload=None) if bare else row)
    verifier = Verifier(log=LOG)
    for start in range(0, len(rows), page):
        verifier.feed(rows[start : start + page])
    report = verifier.report(expected_size=head.size, expected_hash=head.hash)
    assert report.ok
    assert (report.entries, report.head_hash) == (head.size, head.hash)


def test_a_consistent_log_is_not_called_verified_before_it_is_anchored() -> None:
    report = verify(ROWS, log=LOG)
    assert report.summary == "consistent, not anchored"
    assert not report.anchored


def test_a_finding_names_the_entry_the_kind_and_the_reason() -> None:
    report = verify([*ROWS[:5], replaced(ROWS[5], hash=bytes(32))], log=LOG)
    assert report.summary == "edited at entry 5: the body does not hash to the stored hash"
    assert (report.entries, report.head_hash, report.ok) == (5, ROWS[4][1].hex(), False)


def test_an_empty_log_is_consistent_with_an_empty_head() -> None:
    report = verify([], log=LOG, expected_size=0, expected_hash=GENESIS)
    assert (report.ok, report.entries, report.head_hash) == (True, 0, GENESIS)


def test_verification_goes_on_from_a_trusted_head() -> None:
    start, rows = written(6)
    head, more = extend(start, [decided()], NOW)
    report = verify(more, log=LOG, start=start, expected_size=7, expected_hash=head.hash)
    assert (report.ok, report.entries, report.head_hash) == (True, 1, head.hash)
    assert verify(rows, log=LOG, start=start).finding.kind is Kind.DUPLICATE  # type: ignore[union-attr]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, SIZE - 1), st.sampled_from(ROW), st.integers(0, 65_535))
def test_a_flipped_bit_in_any_column_of_any_row_names_that_row(seq: int, column: str, bit: int) -> None:
    value = ROWS[seq][ROW.index(column)]
    if value is None:
        return
    rows: list[Any] = list(ROWS)
    rows[seq] = replaced(ROWS[seq], **{column: flipped(value, bit)})
    kind = {"hash": Kind.EDITED, "body": Kind.EDITED, "salt": Kind.PAYLOAD, "payload": Kind.PAYLOAD}
    assert found(rows) == (seq, kind.get(column, Kind.COLUMN))


@pytest.mark.parametrize("column", ["agent", "session", "tool", "decision"])
@pytest.mark.parametrize("value", [None, "", "other", "ALLOW"])
def test_a_column_that_the_console_filters_on_cannot_be_edited_alone(column: str, value: str | None) -> None:
    rows = [*ROWS[:4], replaced(ROWS[4], **{column: value}), *ROWS[5:]]
    assert found(rows) == (4, Kind.COLUMN)


def test_a_filled_column_that_the_body_lacks_is_found() -> None:
    assert found([replaced(ROWS[0], agent="coder"), *ROWS[1:]]) == (0, Kind.COLUMN)


@given(INNER)
def test_a_deleted_entry_is_a_gap(seq: int) -> None:
    rows = [*ROWS[:seq], *ROWS[seq + 1 :]]
    assert found(rows) == (seq, Kind.GAP)
    assert found(renumbered(rows)) == (seq, Kind.GAP)


def test_a_deleted_first_entry_is_a_gap() -> None:
    assert found(ROWS[1:]) == (0, Kind.GAP)


@given(INNER, INNER)
def test_swapped_entries_are_reordered(one: int, other: int) -> None:
    one, other = min(one, other), max(one, other)
    rows = list(ROWS)
    rows[one], rows[other] = rows[other], rows[one]
    assert found(rows) == found(renumbered(rows)) == (None if one == other else (one, Kind.REORDERED))


@given(INNER)
def test_a_repeated_entry_is_a_duplicate(seq: int) -> None:
    rows = [*ROWS[: seq + 1], *ROWS[seq:]]
    assert found(rows) == (seq, Kind.DUPLICATE)
    assert found(renumbered(rows)) == (seq + 1, Kind.DUPLICATE)


@given(st.integers(2, SIZE - 1))
def test_an_earlier_entry_copied_to_a_later_place_is_inserted(seq: int) -> None:
    assert found(renumbered([*ROWS[:seq], ROWS[seq - 2], *ROWS[seq:]])) == (seq, Kind.INSERTED)


@given(INNER)
def test_a_forged_entry_put_between_is_inserted(seq: int) -> None:
    before = ROWS[seq - 1]
    body, digest = link(decided(reason="forged"), seq, before[1].hex(), before[3])
    forged = replaced(ROWS[seq], body=body, hash=digest, ts=before[3])
    rows = [*ROWS[:seq], forged, *ROWS[seq:]]
    assert found(rows) == (seq, Kind.DUPLICATE)
    assert found(renumbered(rows)) == (seq, Kind.INSERTED)
    report = verify(renumbered(rows), log=LOG)
    assert (report.entries, report.head_hash) == (seq, before[1].hex())


@given(st.integers(0, SIZE - 1))
def test_a_cut_tail_is_truncated(seq: int) -> None:
    assert found(ROWS[:seq]) == (seq, Kind.TRUNCATED)


def test_a_tail_cut_together_with_its_head_row_needs_a_checkpoint() -> None:
    head, _ = written(8)
    assert found(ROWS[:8], head) is None


@pytest.mark.parametrize("size", [SIZE - 1, 0, -1, "12", 12.5, b"x", pytest.param(-(10**5_000), id="huge")])
def test_a_head_that_counts_otherwise_is_found(size: object) -> None:
    report = verify(ROWS, log=LOG, expected_size=size)
    assert report.finding is not None
    assert (report.finding.seq, report.finding.kind) == (SIZE, Kind.HEAD)


@pytest.mark.parametrize("hash_hex", [GENESIS, "", 5, HEAD.hash.upper()])
def test_a_head_with_another_hash_is_found(hash_hex: object) -> None:
    report = verify(ROWS, log=LOG, expected_size=SIZE, expected_hash=hash_hex)
    assert report.finding is not None
    assert (report.finding.seq, report.finding.kind) == (SIZE - 1, Kind.HEAD)


def test_an_edited_entry_with_its_hash_recomputed_breaks_the_next_link() -> None:
    forged = rehashed(ROWS[5], ROWS[5][2].replace(b"Reason 5", b"Reason 6"))
    assert found([*ROWS[:5], forged, *ROWS[6:]]) == (6, Kind.BROKEN_LINK)


def test_an_edited_last_entry_with_its_hash_recomputed_disagrees_with_the_head() -> None:
    forged = rehashed(ROWS[-1], ROWS[-1][2].replace(b"Reason", b"reason"))
    assert found([*ROWS[:-1], forged]) == (SIZE - 1, Kind.HEAD)


def test_a_complete_relink_is_consistent_and_needs_a_checkpoint() -> None:
    start = Head(LOG, 5, ROWS[4][1].hex(), NOW + 4_000)
    forged_head, forged = relinked(start, [decided(reason="rewritten") for _ in range(5, SIZE)])
    # The head row tells only when it was not rewritten with the rest.
    assert found([*ROWS[:5], *forged], HEAD) == (SIZE - 1, Kind.HEAD)
    assert found([*ROWS[:5], *forged], forged_head) is None
    assert not verify([*ROWS[:5], *forged], log=LOG).anchored


def test_an_entry_of_another_log_is_found() -> None:
    _, others = written(SIZE, OTHER_LOG)
    assert found([*ROWS[:5], others[5], *ROWS[6:]]) == (5, Kind.WRONG_LOG)
    assert found(others) == (0, Kind.WRONG_LOG)


def test_falling_time_is_found() -> None:
    body, digest = link(decided(), 3, ROWS[2][1].hex(), timestamp(NOW))
    assert found([*ROWS[:3], replaced(ROWS[3], body=body, hash=digest, ts=timestamp(NOW))]) == (3, Kind.CLOCK)


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": None},
        {"payload": None},
        {"salt": bytes(32)},
        {"salt": b""},
        {"payload": b""},
        {"payload": PAYLOAD.decode()},
    ],
)
def test_a_payload_without_its_salt_or_another_one_is_found(changes: dict[str, Any]) -> None:
    assert found([*ROWS[:4], replaced(ROWS[4], **changes), *ROWS[5:]]) == (4, Kind.PAYLOAD)


def test_an_erased_payload_leaves_the_entry_sound() -> None:
    assert found([*ROWS[:4], replaced(ROWS[4], salt=None, payload=None), *ROWS[5:]]) is None


def test_a_payload_that_no_body_commits_to_is_found() -> None:
    assert found([replaced(ROWS[0], salt=SALT, payload=PAYLOAD), *ROWS[1:]]) == (0, Kind.PAYLOAD)


GENUINE = ROWS[3][2]


@pytest.mark.parametrize(
    "body",
    [
        GENUINE.replace(b'"seq":3', b'"seq":3,"seq":3'),
        GENUINE.replace(b'"decision":"REQUIRE_APPROVAL"', b'"decision":"ALLOW","decision":"REQUIRE_APPROVAL"'),
        GENUINE.replace(b'"seq":3', b'"seq": 3'),
        GENUINE.replace(b'"seq":3', b'"seq":3.0'),
        GENUINE.replace(b'"seq":3', b'"seq":true'),
        GENUINE.replace(b'"seq":3', b'"seq":"3"'),
        GENUINE.replace(b'"seq":3', b'"seq":-3'),
        GENUINE.replace(b'"seq":3', b'"seq":0'),
        GENUINE.replace(b'"v":1', b'"v":2'),
        GENUINE.replace(b'"v":1', b'"v":true'),
        GENUINE.replace(b'"v":1', b'"v":1,"z":1'),
        GENUINE.replace(b'"log":', b'"lot":'),
        GENUINE.replace(b'"prev":', b'"prew":'),
        GENUINE.replace(b'"type":"decision"', b'"type":"log.created"'),
        GENUINE.replace(b'"type":"decision"', b'"type":[]'),
        GENUINE.replace(b'"ts":"2026', b'"ts":"x026'),
        GENUINE.replace(b"REQUIRE_APPROVAL", b"PERHAPS"),
        GENUINE.replace(b'"agent":"coder"', b'"agent":5'),
        GENUINE.replace(b"coder", b"\xff"),
        GENUINE + b" " * 65_535,
        b"[" * 60_000,
        b"{}",
        b"[]",
        b"",
    ],
)
def test_a_body_that_hashes_right_but_is_no_entry_is_malformed(body: bytes) -> None:
    assert body != GENUINE
    assert found([*ROWS[:3], rehashed(ROWS[3], body), *ROWS[4:]]) == (3, Kind.MALFORMED)


@pytest.mark.parametrize(
    "row",
    [
        None,
        5,
        (),
        ROWS[3][:-1],
        (*ROWS[3], None),
        *(replaced(ROWS[3], seq=seq) for seq in (None, -1, "3", True)),
        *(replaced(ROWS[3], body=body) for body in (None, "{}")),
    ],
)
def test_a_row_that_is_no_row_is_malformed(row: Any) -> None:
    assert found([*ROWS[:3], row, *ROWS[4:]]) == (3, Kind.MALFORMED)


def test_a_gap_is_open_until_the_entry_turns_up_and_all_else_is_settled() -> None:
    moved = ROWS[1]
    noise: list[Any] = [
        {},
        None,
        (),
        replaced(moved, body=None),
        replaced(moved, hash=b""),
        rehashed(moved, b"x"),
    ]
    verifier, settled = Verifier(log=LOG), []
    for page in ([], [ROWS[0], ROWS[2]], noise, [moved, ROWS[3]]):
        verifier.feed(page)
        settled.append(verifier.settled)
    assert settled == [False, False, False, True]
    assert verifier.report().summary == "reordered at entry 1: the entry stands at a later place"


HOSTILE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=40)
    | st.just(b"\xff" * 70_000)
    | st.lists(st.integers(), max_size=3)
    | st.sampled_from([value for row in ROWS for value in row])
)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, SIZE - 1),
    st.dictionaries(st.sampled_from(ROW), HOSTILE, min_size=1),
    st.binary(max_size=60),
)
@example(3, {"hash": None}, b"")
@example(3, {"seq": 2**70}, b"")
def test_no_row_makes_the_verifier_raise(seq: int, changes: dict[str, Any], body: bytes) -> None:
    rows: list[Any] = list(ROWS)
    rows[seq] = replaced(ROWS[seq], **changes)
    harmless = {repr(ROWS[seq]), repr(replaced(ROWS[seq], salt=None, payload=None))}
    assert (found(rows) is None) is (repr(rows[seq]) in harmless)
    rows[seq] = replaced(ROWS[seq], body=body, hash=leaf_hash(body), **{k: v for k, v in changes.items() if k == "seq"})
    assert found(rows) is not None


@given(st.lists(st.tuples(*[HOSTILE] * len(ROW)) | HOSTILE, max_size=6), HOSTILE, HOSTILE)
@example([{}, ROWS[0], ROWS[2], {}, 5], 10**5_000, None)
@settings(deadline=None)
def test_nothing_makes_the_verifier_raise(rows: list[Any], size: object, hash_hex: object) -> None:
    verify(rows, log=LOG, expected_size=size, expected_hash=hash_hex)
