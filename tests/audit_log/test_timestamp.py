from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit_log.canonical import EntryError
from app.audit_log.timestamp import parse_timestamp, timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = 253_402_300_800 * 1_000_000 - 1
TIMES = st.integers(0, LAST)


def test_a_time_is_utc_text_of_fixed_width() -> None:
    assert timestamp(1_795_297_212_004_521) == "2026-11-21T21:40:12.004521Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000000Z"
    assert timestamp(LAST) == "9999-12-31T23:59:59.999999Z"


@given(TIMES)
def test_a_time_comes_back_as_it_went(us: int) -> None:
    text = timestamp(us)
    assert parse_timestamp(text) == us
    assert text == (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@given(TIMES, TIMES)
def test_texts_sort_as_times_do(one: int, other: int) -> None:
    assert (timestamp(one) < timestamp(other)) is (one < other)


@pytest.mark.parametrize("us", [-1, LAST + 1])
def test_years_without_four_digits_after_1970_are_refused(us: int) -> None:
    with pytest.raises(EntryError):
        timestamp(us)


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        b"2026-11-21T21:40:12.004521Z",
        "",
        "2026-11-21T21:40:12.004521",
        "2026-11-21T21:40:12,004521Z",
        "2026-11-21T21:40:12.004521z",
        "2026-11-21 21:40:12.004521Z",
        "2026-11-21T21:40:12.+04521Z",
        "2026-11-21T21:40:12.0_4521Z",
        "2026-11-21T21:40:12.00452\u0661Z",
        "2026-02-30T21:40:12.004521Z",
        "2026-11-21T24:40:12.004521Z",
        "2026-11-21T21:40:60.004521Z",
        "2026-W47-6T21:40:12.004521Z",
        "1969-12-31T23:59:59.999999Z",
    ],
)
def test_any_other_spelling_is_no_time(text: object) -> None:
    with pytest.raises(EntryError):
        parse_timestamp(text)


def test_the_sample_is_the_time_it_says() -> None:
    assert datetime.fromtimestamp(1_795_297_212, UTC).isoformat() == "2026-11-21T21:40:12+00:00"
