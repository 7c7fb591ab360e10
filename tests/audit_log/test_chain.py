from itertools import pairwise

import pytest

from app.audit_log.canonical import EntryError, decode
from app.audit_log.chain import Head, extend
from app.audit_log.entry import GENESIS, leaf_hash, timestamp
from tests.audit_log.samples import LOG, NOW, OTHER_LOG, PAYLOAD, SALT, decided, opening, written


def test_an_empty_log_begins_at_seq_0_after_64_zeros() -> None:
    head, row = Head(LOG).append(opening(), NOW)
    body = decode(row[2])
    assert (row[0], body["seq"], body["prev"], body["type"]) == (0, 0, GENESIS, "log.created")
    assert head == Head(LOG, 1, leaf_hash(row[2]).hex(), NOW)


def test_each_entry_carries_the_hash_of_the_one_before() -> None:
    head, rows = written(5)
    for before, row in pairwise(rows):
        assert decode(row[2])["prev"] == before[1].hex()
    assert head.size == 5
    assert head.hash == rows[-1][1].hex()


def test_a_row_has_the_columns_the_payload_and_its_salt() -> None:
    _, (_, row) = extend(Head(LOG), [opening(), decided()], NOW)
    assert row[3:] == (
        timestamp(NOW),
        "decision",
        "coder",
        "ses_9b1e20",
        "shell",
        "REQUIRE_APPROVAL",
        SALT,
        PAYLOAD,
    )


def test_many_at_once_are_the_same_as_one_by_one_at_one_time() -> None:
    drafts = [opening(), *(decided(reason=f"{n}") for n in range(20))]
    head, rows = Head(LOG), []
    for entry in drafts:
        head, row = head.append(entry, NOW)
        rows.append(row)
    assert extend(Head(LOG), drafts, NOW) == (head, rows)


def test_nothing_to_append_leaves_the_head_as_it_is() -> None:
    head, _ = written(3)
    assert extend(head, [], NOW * 2) == (head, [])


def test_time_does_not_fall_when_the_clock_does() -> None:
    head, _ = written(3)
    later, row = head.append(decided(), NOW - 1_000_000)
    assert row[3] == timestamp(head.last_ts_us)
    assert later.last_ts_us == head.last_ts_us


def test_a_draft_of_another_log_is_refused() -> None:
    with pytest.raises(EntryError, match="in log"):
        extend(written(2)[0], [decided(OTHER_LOG)], NOW)


def test_a_log_is_created_once_and_first() -> None:
    with pytest.raises(EntryError, match="first entry"):
        Head(LOG).append(decided(), NOW)
    with pytest.raises(EntryError, match="first entry"):
        written(2)[0].append(opening(), NOW)
