"""A42, A44, A47, A61: the log leaves in each form whole, and is what its published schema says."""

import ast
import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import text

from app.audit_log.chain import LOG_CREATED
from app.core.strict_json import parse
from app.services.export import Format, export
from app.services.search import Wanted
from app.services.verify_file import Outcome, verify_file
from app.storage.database import Database
from tests.postgres import fresh
from tests.services.deeds import REQUESTS, Filled, filled

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "openapi" / "schemas"


def schema(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """One log on each kind of database for all tests that only read it."""
    folder = tmp_path_factory.mktemp("log")
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{folder / 'agent-sudo.db'}"
        else:
            url = stack.enter_context(fresh(request.getfixturevalue("postgres")))
        yield stack.enter_context(filled(folder, url))


@pytest.fixture
def database(log: Filled) -> Database:
    return log.database


@pytest.fixture
def answers(log: Filled) -> list[dict[str, Any]]:
    return log.answers


def test_a_jsonl_export_holds_every_entry_and_verifies_from_the_file_alone(database: Database, tmp_path: Path) -> None:
    lines = list(export(database, Format.JSONL))
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(lines))
    report = verify_file(file)
    assert (report.outcome, report.entries) == (Outcome.CONSISTENT, len(lines))
    assert [json.loads(line)["seq"] for line in lines] == list(range(len(lines)))
    assert {json.loads(line)["payload"]["request"]["tool"] for line in lines if b'"tool":"Bash"' in line} == {"Bash"}


def test_a_csv_export_has_a_line_an_entry(database: Database) -> None:
    cells = list(csv.DictReader(io.StringIO(b"".join(export(database, Format.CSV)).decode(), newline="")))
    assert len(cells) == len(list(export(database, Format.JSONL)))
    assert {"ALLOW", "DENY", "REQUIRE_STRONG_APPROVAL"} <= {cell["decision"] for cell in cells}


def test_a_legacy_export_is_a_chain_of_its_own(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"".join(export(database, Format.LEGACY, wanted=Wanted(decision="DENY"))))
    report = verify_file(file)
    assert (report.outcome, report.format, report.entries) == (Outcome.CONSISTENT, Format.LEGACY, 4)


def test_an_export_begins_where_it_is_told(database: Database, tmp_path: Path) -> None:
    lines = list(export(database, Format.JSONL, 4))
    assert json.loads(lines[0])["seq"] == 5
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(lines))
    assert verify_file(file, after=4).outcome is Outcome.CONSISTENT
    assert verify_file(file).outcome is Outcome.TAMPERED


def test_a_filter_leaves_out_entries_and_no_payload(database: Database) -> None:
    wanted = Wanted(decision="DENY")
    lines = [json.loads(line) for line in export(database, Format.JSONL, wanted=wanted)]
    everything = [json.loads(line) for line in export(database, Format.JSONL)]
    assert lines == [line for line in everything if line["body"].get("decision") == "DENY"]
    assert all(line["payload"] for line in lines)
    assert list(export(database, Format.JSONL, wanted=Wanted(agent="nobody"))) == []


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(type="decision")])
def test_progress_is_told_and_ends_at_the_whole(database: Database, wanted: Wanted) -> None:
    heard: list[tuple[int, int]] = []
    list(export(database, Format.JSONL, wanted=wanted, progress=lambda done, of: heard.append((done, of))))
    size = len(list(export(database, Format.JSONL)))
    assert heard[-1] == (size, size)


def test_lines_leave_before_the_log_was_read_to_its_end(database: Database) -> None:
    lines = export(database, Format.JSONL)
    assert json.loads(next(lines))["body"]["type"] == "log.created"
    lines.close()  # type: ignore[attr-defined]


def test_an_entry_that_somebody_made_something_else_of_does_not_end_an_export(tmp_path: Path, sqlite_url: str) -> None:
    with filled(tmp_path, sqlite_url) as log:
        first = next(iter(export(log.database, Format.JSONL, wanted=Wanted(type="decision"))))
        seq = json.loads(first)["seq"]
        with log.database.writing.begin() as connection:
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            edit = text("UPDATE audit_entry SET body = :bytes, payload = :bytes WHERE seq = :seq")
            connection.execute(edit, {"seq": seq, "bytes": b"\xff\n"})
        for form in Format:
            assert len(list(export(log.database, form))) > seq
        file = tmp_path / "log.jsonl"
        file.write_bytes(b"".join(export(log.database, Format.JSONL)))
    report = verify_file(file)
    assert (report.outcome, report.line) == (Outcome.TAMPERED, seq + 1)


def test_each_form_has_its_media_type() -> None:
    assert [one.media_type.partition(";")[0] for one in Format] == [
        "application/x-ndjson",
        "text/csv",
        "application/x-ndjson",
    ]


def test_every_answer_is_what_the_published_schema_says(answers: list[dict[str, Any]]) -> None:
    published = schema("answer")
    for answer in answers:
        published.validate(answer)
    assert {answer["decision"] for answer in answers} >= {"ALLOW", "DENY", "REQUIRE_STRONG_APPROVAL"}
    assert not published.is_valid({**answers[0], "decision": "PERHAPS"})


def test_every_request_that_is_answered_is_one_of_the_published_schema(answers: list[dict[str, Any]]) -> None:
    for request in REQUESTS:
        schema("request").validate(request)
    assert not schema("request").is_valid({"tool": "x", "unknown": 1})
    assert not schema("request").is_valid({"target": "x"})


def test_every_entry_and_every_line_is_what_the_published_schema_says(database: Database) -> None:
    entry, line_schema = schema("entry"), schema("export-line")
    for line in export(database, Format.JSONL):
        found, _ = parse(line)
        line_schema.validate(found)
        entry.validate(found["body"])
        assert not entry.is_valid({**found["body"], "more": 1})


def test_every_type_of_entry_that_is_written_has_a_schema_and_was_validated(database: Database) -> None:
    written = {json.loads(line)["body"]["type"] for line in export(database, Format.JSONL)}
    published = json.loads((SCHEMAS / "entry.json").read_text("utf-8"))["discriminator"]["mapping"].keys()
    assert written == published == _types_in_source()


def _types_in_source() -> set[str]:
    """Every word in the services that is a type of entry by its form; what they tell their own log is none."""
    found = {LOG_CREATED}
    for path in (ROOT / "app" / "services").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        own_log = {
            id(call.args[0])
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("_log.")
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in own_log
            if re.fullmatch(r"[a-z]+\.[a-z_]+", node.value)
        }
    return found | {"decision"}


def test_the_published_schemas_are_those_of_the_types(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-I", SCHEMAS, tmp_path], check=True, cwd=ROOT)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")}, "run scripts/schemas"
    for document in made.values():
        jsonschema_rs.meta.validate(json.loads(document))
