"""What a verifier found: which entry is the first that is wrong, in which way, and what a clean run means."""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """In which way an entry, or its place, is wrong."""

    EDITED = "edited"  # the body does not hash to the stored hash
    BROKEN_LINK = "broken_link"  # prev is not the hash of the entry before
    GAP = "gap"  # the entry is missing
    REORDERED = "reordered"  # the entry was not at its place and came later
    DUPLICATE = "duplicate"  # the number, or the whole entry, was there already
    INSERTED = "inserted"  # an entry stands at a number that was another's
    WRONG_LOG = "wrong_log"  # the body names another log
    CLOCK = "clock"  # time falls
    COLUMN = "column"  # a column says what the body does not
    PAYLOAD = "payload"  # salt and payload do not open the commitment, or one of them is missing
    MALFORMED = "malformed"  # the body is no entry in canonical bytes, or the row is no row
    TRUNCATED = "truncated"  # the head counts more entries than there are
    HEAD = "head"  # the head counts fewer entries, or has another hash


class Finding(Struct, frozen=True):
    """The first thing wrong: the entry's `seq`, the kind, and a sentence for people."""

    seq: int
    kind: Kind
    detail: str


class Report(Struct, frozen=True):
    """The outcome of a verification.

    entries    rows that agree with each other and with the chain, counted up to the first finding head_hash
    the hash of the last of them in hex finding    the first thing wrong, or None anchored   whether a signed
    checkpoint vouches for the head. Without one a log that was rewritten as a whole is as consistent as the
    true one, so that no report may call it verified.
    """

    entries: int
    head_hash: str
    finding: Finding | None = None
    anchored: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None

    @property
    def summary(self) -> str:
        """One line for people."""
        if self.finding is None:
            return "consistent, not anchored"
        return f"{self.finding.kind} at entry {self.finding.seq}: {self.finding.detail}"
