"""What an entry may hold is published, type by type."""

from typing import Any, get_args

import pytest
from msgspec import ValidationError
from msgspec.json import decode

from app.audit_log.columns import Row
from app.audit_log.export.bodies.entry import Entry
from app.audit_log.export.bodies.service import LogCreated
from app.audit_log.export.jsonl import lines
from tests.audit_log.samples import written

ROWS = written(1)[1]


def body(row: Row) -> Any:
    return decode(row[2], type=Entry)


def test_a_body_is_read_as_its_type() -> None:
    entry = decode(ROWS[0][2].replace(b'"data"', b'"actor":{"operator":"ada"},"data"'), type=Entry)
    assert isinstance(entry, LogCreated)
    assert entry.data.software == "agent-sudo 0.1.0"


def test_nothing_is_in_a_body_that_its_type_does_not_know() -> None:
    with pytest.raises(ValidationError):
        body(ROWS[0])
    with pytest.raises(ValidationError):
        decode(next(lines(ROWS)), type=Entry)


def test_every_type_of_entry_has_a_name_of_its_own() -> None:
    names = [one.__struct_config__.tag for one in get_args(Entry)]
    assert len(names) == len(set(names))
