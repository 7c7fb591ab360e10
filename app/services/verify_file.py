"""A log that was exported, or that an earlier gateway wrote, verified from its file alone."""

from collections.abc import Iterator
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType
from msgspec.json import decode

from app.audit_log import legacy
from app.audit_log.export.fault import Fault
from app.audit_log.export.reader import Reader
from app.services.export import Format

# The ledger takes no command beyond 64 MiB, so that no entry is larger; a line of ours is not read further than needed.
LONGEST_LINE = 66 * 1_048_576
# A record is taken apart whole, which takes twenty times its length.
LONGEST_RECORD = 4 * 1_048_576
_LONGEST = {Format.JSONL: LONGEST_LINE, Format.LEGACY: LONGEST_RECORD}


class Outcome(IntEnum):
    """What a verification ends with; the numbers are exit codes."""

    CONSISTENT = 0
    TAMPERED = 1
    UNREADABLE = 2


class FileReport(Struct, frozen=True):
    """What was found in a file.

    entries  that hold, counted up to the fault
    format   JSONL or LEGACY; None if it is neither
    line     the first that is wrong, counted from 1
    fault    what is wrong with it
    """

    outcome: Outcome
    entries: int = 0
    format: Format | None = None
    line: int | None = None
    fault: Fault | None = None

    @property
    def summary(self) -> str:
        """One line for people."""
        if self.fault is None:
            # INVARIANT: a file is never called verified: one that was rewritten as a whole is as consistent.
            return f"{self.entries} entries are consistent, not anchored: nothing outside the file vouches for them"
        place = f"line {self.line}: " if self.line is not None else ""
        seq = f" (entry {self.fault.seq})" if self.fault.seq is not None else ""
        return f"{place}{self.fault.reason}{seq}"


class _Reader(Protocol):
    entries: int

    def read(self, line: bytes) -> Fault | None: ...


def verify_file(path: Path, after: int = -1) -> FileReport:
    """Verify a `jsonl` export or a chained log of an earlier gateway; which of the two, its first line tells.

    `after` is for a `jsonl` that was exported with it. Raises nothing for whatever stands in the file, and holds one
    line of it at a time.
    """
    try:
        with path.open("rb") as file:
            return _verify(file, after)
    except OSError as error:
        return FileReport(Outcome.UNREADABLE, fault=Fault(f"{path} cannot be read: {error.strerror}"))
    except ValueError as error:
        return FileReport(Outcome.UNREADABLE, fault=Fault(f"the file cannot be read: {error}"))


def _verify(file: BinaryIO, after: int) -> FileReport:
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        # INVARIANT: nothing is not consistent; whoever empties a log must not pass for an honest one.
        return FileReport(Outcome.UNREADABLE, fault=Fault("the file holds no entry"))
    form = _recognise(first[1])
    if form is None:
        fault = Fault("neither an export of this log nor a chained log of an earlier gateway")
        return FileReport(Outcome.UNREADABLE, line=first[0], fault=fault)
    reader: _Reader = Reader(after) if form is Format.JSONL else legacy.Chain()
    for number, line in chain((first,), lines):
        if len(line) > _LONGEST[form]:
            fault = Fault(f"longer than {_LONGEST[form]} bytes")
            return FileReport(Outcome.UNREADABLE, reader.entries, form, number, fault)
        found = reader.read(line)
        if found is not None:
            return FileReport(Outcome.TAMPERED, reader.entries, form, number, found)
    return FileReport(Outcome.CONSISTENT, reader.entries, form)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, without their ends, and their numbers; a long one is cut where it is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE + 2):
        number += 1
        line = line.rstrip(b"\r\n")
        if line.strip():
            yield number, line


class _First(Struct):
    """The keys that tell the formats apart. Whatever else a line holds is passed over, not kept."""

    seq: Raw | UnsetType = UNSET
    hash: Raw | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    previous_hash: Raw | UnsetType = UNSET
    entry_hash: Raw | UnsetType = UNSET
    event_type: Raw | UnsetType = UNSET


def _recognise(line: bytes) -> Format | None:
    """Which format a line is meant to be of; duplicate keys and other faults are the reader's to find."""
    try:
        first = decode(line, type=_First)
    except (MsgspecError, ValueError, RecursionError):
        return None
    if UNSET not in (first.seq, first.hash, first.body):
        return Format.JSONL
    # One of these and a line is meant to be a record, sound or not.
    marked = (first.previous_hash, first.entry_hash, first.event_type) != (UNSET, UNSET, UNSET)
    return Format.LEGACY if marked else None
