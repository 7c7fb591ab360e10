"""The time of an entry: UTC with microseconds, in text of fixed width, so that texts sort as times do."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from app.audit_log.canonical import EntryError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WIDTH: Final = len("2026-11-21T21:40:12.004521Z")
_END_US: Final = 253_402_300_800 * 1_000_000  # the year 10000, which needs a fifth digit


def timestamp(us: int) -> str:
    """`us`, microseconds since 1970-01-01T00:00:00Z, as "2026-11-21T21:40:12.004521Z".

    Raises EntryError outside the years 1970 to 9999.
    """
    if not 0 <= us < _END_US:
        raise EntryError(f"{us} µs lie outside the years 1970 to 9999")
    seconds, micros = divmod(us, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z"


def parse_timestamp(text: object) -> int:
    """Microseconds since 1970; the inverse of `timestamp`. Raises EntryError for any other spelling."""
    if type(text) is not str or len(text) != _WIDTH or not text.isascii():
        raise EntryError("ts is not UTC text with microseconds")
    micros = text[20:26]
    if text[19] != "." or text[26] != "Z" or not micros.isdecimal():
        raise EntryError("ts is not UTC text with microseconds")
    return _seconds(text[:19]) * 1_000_000 + int(micros)


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)
def _seconds(text: str) -> int:
    try:
        seconds = int((datetime.fromisoformat(text + "+00:00") - _EPOCH).total_seconds())
    except ValueError as error:
        raise EntryError("ts is not a date") from error
    # fromisoformat reads several spellings, and years before 1970; only what `timestamp` writes is a time.
    if seconds < 0 or _second(seconds) != text:
        raise EntryError("ts is not written as this log writes it")
    return seconds
