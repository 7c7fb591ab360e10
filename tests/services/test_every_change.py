"""Law 2: whatever changes is told by an entry, and whatever an entry tells is described."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import app.storage
from app.audit_log.canonical import decode
from app.audit_log.export.bodies.entry import Entry
from app.storage import entries
from app.storage.command import Command, RaiseEpoch
from app.storage.writer import Writer
from tests.services.deeds import Filled, filled


def _changes() -> set[type]:
    """Every class of `app.storage` that changes something."""
    modules = [importlib.import_module(f"app.storage.{one.name}") for one in pkgutil.iter_modules(app.storage.__path__)]
    found = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and "apply" in vars(one)
    }
    return {one for one in found if not getattr(one, "_is_protocol", False)}


@pytest.fixture(scope="module")
def commands() -> list[Command]:
    return []


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, commands: list[Command]) -> Iterator[Filled]:
    """A log in which everything was done once, and every command that the writer was handed meanwhile."""
    folder: Path = tmp_path_factory.mktemp("deeds")
    commit = Writer.commit

    def watched(writer: Writer, batch: Any) -> Any:
        results = commit(writer, batch)
        commands.extend(one for one, result in zip(batch, results, strict=True) if isinstance(result, tuple))
        return results

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "commit", watched)
        with filled(folder, f"sqlite:///{folder / 'agent-sudo.db'}") as made:
            yield made


def test_every_change_that_there_is_was_made_by_a_command_with_an_entry(log: Filled, commands: list[Command]) -> None:
    made = {type(change) for command in commands for change in command.changes}
    assert made == _changes()
    assert [command for command in commands if not command.entries] == []


def test_every_change_of_the_configuration_raises_the_epoch(log: Filled, commands: list[Command]) -> None:
    """Law 7 rests on it: what was decided upon the old one bounces. Sessions have an epoch of their own, and who
    relies on an approval is held to that one by a guard."""
    quiet = {"policy.proposed", "operator.signed_in", "operator.sign_in_failed", "key.used", "execution.result"}
    quiet |= {"visit.opened", "visit.ended", "notice.sent", "notice.failed"}
    configured = [
        (types, {type(change) for change in command.changes})
        for command in commands
        if command.changes
        and not (types := {entry.form.columns[0] for entry in command.entries}) & {"log.created", "decision"}
        if not any(one.startswith(("approval", "session")) for one in types)
    ]
    assert [types for types, changes in configured if (RaiseEpoch in changes) is bool(types & quiet)] == []


def test_every_type_of_entry_is_written_and_every_entry_is_described(log: Filled) -> None:
    written = {decode(row[2])["type"] for _, rows in entries.pages(log.database) for row in rows}
    assert written == {one.__struct_config__.tag for one in get_args(Entry)}
