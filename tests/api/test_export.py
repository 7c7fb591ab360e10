"""The log leaves over HTTP as it leaves from the command line, line by line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.services.audit import Audit
from app.services.errors import UnavailableError
from app.services.verify_file import verify_file
from app.storage import entries
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, DENIED, World, basic


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("jsonl", "application/x-ndjson"), ("legacy", "application/x-ndjson"), ("csv", "text/csv")],
)
def test_a_log_leaves_in_each_form(fresh: World, format: str, media_type: str) -> None:
    fresh.evaluate(DENIED)
    fresh.client.get("/audit/entries", headers=basic("auditor"))  # signing in is an entry too
    size = fresh.size()
    answer = fresh.client.get(f"/audit/export?format={format}", headers=basic("auditor"))
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content.splitlines()) == size + (format == "csv")
    assert "content-length" not in answer.headers, "it is not held whole before it leaves"


def test_what_leaves_can_be_verified(fresh: World, tmp_path: Path) -> None:
    fresh.evaluate(DENIED)
    for number, query in enumerate(("", "?after=2", "?format=legacy&non_allow=true")):
        file = tmp_path / str(number)
        file.write_bytes(fresh.client.get(f"/audit/export{query}", headers=fresh.admin).content)
        assert verify_file(file, after=2 if "after" in query else -1).fault is None


def _fail() -> bytes:
    raise UnavailableError("/secret/path")


FILTERS = [
    ("decision=DENY", ["DENY"]),
    ("non_allow=true", ["DENY"]),
    ("agent=coder", ["ALLOW", "DENY", "ALLOW"]),
    ("origin=EXTERNAL_CONTENT", ["ALLOW"]),
    ("actor=reader", ["ALLOW"]),
    ("target=.env", ["DENY"]),
    ("tool=Write", []),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_filters_mean_the_same_in_lists_and_exports(fresh: World, query: str, found: list[str]) -> None:
    after = fresh.size() - 1
    for request in (ALLOWED, DENIED, {**ALLOWED, "source": "web page", "actor": "coder/reader"}):
        fresh.evaluate(request)
    listed = fresh.client.get(f"/audit/entries?after={after}&{query}", headers=fresh.admin).json()
    exported = fresh.client.get(f"/audit/export?after={after}&{query}", headers=fresh.admin).text.splitlines()
    assert [one["decision"] for one in listed["entries"]] == found
    assert [json.loads(line)["body"]["decision"] for line in exported] == found


def test_a_list_of_what_is_rare_is_bounded_and_says_where_to_go_on(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "WINDOW", 2)
    monkeypatch.setattr("app.services.audit._LOOKS", 1)
    for _ in range(3):
        fresh.evaluate()
    fresh.evaluate(DENIED)
    pages: list[dict[str, Any]] = []
    after: int | None = -1
    while after is not None:
        page = fresh.client.get(f"/audit/entries?decision=DENY&after={after}", headers=fresh.admin).json()
        pages.append(page)
        after = page["next"]
    assert len(pages) > 3
    assert [one["decision"] for page in pages for one in page["entries"]] == ["DENY"]


def test_pages_of_a_list_hold_every_entry_once(fresh: World) -> None:
    for _ in range(3):
        fresh.evaluate()
    seen: list[int] = []
    after: int | None = -1
    while after is not None:
        page = fresh.client.get(f"/audit/entries?limit=2&after={after}", headers=fresh.admin).json()
        seen += [one["seq"] for one in page["entries"]]
        after = page["next"]
    assert seen == list(range(fresh.size()))


def test_a_log_that_cannot_be_read_is_an_error_and_no_empty_file(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> Iterator[bytes]:
        yield from (_fail() for _ in "x")

    monkeypatch.setattr(Audit, "export", failing)
    answer = fresh.client.get("/audit/export", headers=fresh.admin)
    assert_problem(answer, 503, "not_recorded")
    assert "secret" not in answer.text


def test_an_export_that_breaks_off_does_not_end_as_a_whole_one_does(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*_: object) -> Iterator[bytes]:
        yield b"{}\n"
        raise UnavailableError("gone")

    monkeypatch.setattr(Audit, "export", breaking)
    with pytest.raises(RuntimeError, match="response already started"):
        fresh.client.get("/audit/export", headers=fresh.admin)
