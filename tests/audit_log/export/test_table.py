"""The spreadsheet form shows everything, computes nothing and claims nothing."""

import csv
import io

import pytest

from app.audit_log.columns import Row
from app.audit_log.export.table import lines
from tests.audit_log.samples import rehashed, replaced, written

ROWS = written(3)[1]


def table(rows: list[Row]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(lines(rows)).decode(), newline="")))


def test_a_line_an_entry_under_a_header() -> None:
    cells = table(ROWS)
    assert [cell["seq"] for cell in cells] == ["0", "1", "2"]
    assert [cell["hash"] for cell in cells] == [row[1].hex() for row in ROWS]
    assert cells[2]["reason"] == "Reason 2."
    assert cells[2]["rules"] == "git-push"
    assert (cells[0]["agent"], cells[0]["rules"]) == ("", "")
    assert list(cells[0])[:2] == ["seq", "hash"]


def test_every_line_says_that_it_cannot_be_verified_by_itself() -> None:
    assert {cell["note"] for cell in table(ROWS)} == {"not verifiable by itself"}


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])  # noqa: RUF001
def test_no_cell_begins_a_formula(hostile: str) -> None:
    cells = table([replaced(ROWS[1], tool=hostile)])
    assert cells[0]["tool"] == f"'{hostile}"


def test_commas_quotes_and_line_ends_stay_inside_their_cell() -> None:
    hostile = 'a,"b"\r\nc'
    assert table([replaced(ROWS[1], tool=hostile)])[0]["tool"] == hostile


def test_a_body_that_is_no_entry_leaves_its_cells_empty() -> None:
    cell = table([rehashed(ROWS[1], b"no entry")])[0]
    assert (cell["classification"], cell["rules"], cell["reason"]) == ("", "", "")
