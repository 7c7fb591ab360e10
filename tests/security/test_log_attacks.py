"""Attacks on the stored log by somebody who may write to the database, found by verifying it.

The attacker drops the triggers first. What is found is the first entry that is wrong, and in which way.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from app.audit_log.chain import Head, extend
from app.audit_log.entry import GENESIS, Draft, draft, leaf_hash
from app.audit_log.timestamp import parse_timestamp
from app.data import data
from app.main import Service, build
from app.services.audit import Audit
from app.storage.command import Command
from app.storage.database import Database, open_database
from app.storage.migrate import migrate
from app.storage.writer import Writer
from tests.homes import Home, basic, bearer
from tests.storage.samples import begin, decided, written

_SIZE = 12
_COLUMNS = "log_id, seq, hash, body, ts, type, agent, session, tool, decision, salt, payload"


class Attacker:
    """Has the database's own rights, and knows how the log is made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        names = {"audit_entry_no_update", "audit_entry_only_erase", "audit_entry_no_delete"}
        for name in names if self._is_sqlite else {"audit_entry_rows", "audit_entry_truncate"}:
            self.sql(f"DROP TRIGGER IF EXISTS {name}" + ("" if self._is_sqlite else " ON audit_entry"))

    def sql(self, statement: str, **values: Any) -> None:
        self._connection.execute(text(statement), values)

    def get(self, seq: int, column: str) -> Any:
        query = text(f"SELECT {column} FROM audit_entry WHERE seq = :seq")  # noqa: S608
        found = self._connection.execute(query, {"seq": seq}).scalar_one()
        return bytes(found) if isinstance(found, memoryview) else found

    def set(self, at: int, **values: Any) -> None:
        marks = ", ".join(f"{name} = :{name}" for name in values)
        self.sql(f"UPDATE audit_entry SET {marks} WHERE seq = :at", **values, at=at)  # noqa: S608

    def body(self, seq: int, body: bytes) -> None:
        """Another body, and the hash that fits it."""
        self.set(seq, body=body, hash=leaf_hash(body))

    def renumber(self, first: int, by: int) -> None:
        """Move the entries from `first` on, by way of numbers that nobody has."""
        self.sql("UPDATE audit_entry SET seq = -seq - 1000 WHERE seq >= :first", first=first)
        self.sql("UPDATE audit_entry SET seq = -seq - 1000 + :by WHERE seq < -999", by=by)

    def copy(self, seq: int, to: int) -> None:
        columns = _COLUMNS.replace("seq", ":to")
        self.sql(
            f"INSERT INTO audit_entry ({_COLUMNS}) SELECT {columns} FROM audit_entry WHERE seq = :seq",  # noqa: S608
            seq=seq,
            to=to,
        )

    def insert(self, row: tuple[Any, ...]) -> None:
        names = _COLUMNS.split(", ")
        values = dict(zip(names, (1, *row), strict=True))
        self.sql(f"INSERT INTO audit_entry ({_COLUMNS}) VALUES (:{', :'.join(names)})", **values)  # noqa: S608

    def everything(self) -> tuple[list[Any], Any]:
        """All rows, and the head."""
        rows = self._connection.execute(text(f"SELECT {_COLUMNS} FROM audit_entry")).all()  # noqa: S608
        return [row[1:] for row in rows], self._connection.execute(text("SELECT name, size, head FROM audit_log")).one()

    def put_back(self, rows: list[Any], head: Any) -> None:
        """Undo everything."""
        self.sql("DELETE FROM audit_entry")
        for row in rows:
            self.insert(row)
        self.head(name=head.name, size=head.size, head=head.head)

    def head(self, **values: Any) -> None:
        marks = ", ".join(f"{name} = :{name}" for name in values)
        self.sql(f"UPDATE audit_log SET {marks}", **values)  # noqa: S608


def _edit(by: Attacker) -> None:
    by.set(5, body=by.get(5, "body").replace(b'"ALLOW"', b'"DENY"'))


def _edit_and_hash(by: Attacker) -> None:
    by.body(5, by.get(5, "body").replace(b"reason 5", b"reason x"))


def _hash_only(by: Attacker) -> None:
    by.set(5, hash=bytes(32))


def _delete(by: Attacker) -> None:
    by.sql("DELETE FROM audit_entry WHERE seq = 5")


def _delete_and_close_the_gap(by: Attacker) -> None:
    by.sql("DELETE FROM audit_entry WHERE seq = 5")
    by.renumber(6, -1)
    by.head(size=_SIZE - 1)


def _delete_the_first(by: Attacker) -> None:
    by.sql("DELETE FROM audit_entry WHERE seq = 0")


def _delete_all(by: Attacker) -> None:
    by.sql("DELETE FROM audit_entry")


def _truncate_the_tail(by: Attacker) -> None:
    by.sql("DELETE FROM audit_entry WHERE seq >= 9")


def _swap_two(by: Attacker) -> None:
    for start, end in ((5, -1), (6, 5), (-1, 6)):
        by.set(start, seq=end)


def _move_to_the_end(by: Attacker) -> None:
    by.set(5, seq=_SIZE)


def _repeat(by: Attacker) -> None:
    by.renumber(6, 1)
    by.copy(5, 6)
    by.head(size=_SIZE + 1)


def _put_in(by: Attacker) -> None:
    by.renumber(6, 1)
    log = by._connection.execute(text("SELECT name FROM audit_log")).scalar_one()
    head = Head(log, 6, by.get(5, "hash").hex(), parse_timestamp(by.get(5, "ts")))
    by.insert(extend(head, [decided(log, "put in")], head.last_ts_us)[1][0])
    by.head(size=_SIZE + 1)


def _append_without_the_head(by: Attacker) -> None:
    by.copy(5, _SIZE)


def _put_before_the_beginning(by: Attacker) -> None:
    by.copy(5, -7)


def _from_another_log(by: Attacker) -> None:
    other = "0" * 15 + "f"
    head = Head(other, 5, by.get(4, "hash").hex(), parse_timestamp(by.get(4, "ts")))
    row = extend(head, [decided(other)], head.last_ts_us)[1][0]
    by.sql("DELETE FROM audit_entry WHERE seq = 5")
    by.insert(row)


def _column(name: str, value: Any) -> Callable[[Attacker], None]:
    return lambda by: by.set(5, **{name: value})


def _swap_payloads(by: Attacker) -> None:
    salt, payload = by.get(6, "salt"), by.get(6, "payload")
    by.set(5, salt=salt, payload=payload)


def _change_the_payload(by: Attacker) -> None:
    by.set(5, payload=b'{"request":{"tool":"other"}}')


def _change_the_salt(by: Attacker) -> None:
    by.set(5, salt=bytes(32))


def _garbage(by: Attacker) -> None:
    by.body(5, b"{no json")


def _another_spelling(by: Attacker) -> None:
    by.body(5, by.get(5, "body").replace(b'"seq":5', b'"seq": 5'))


def _clock_set_back(by: Attacker) -> None:
    ts = by.get(5, "ts")
    earlier = ts.replace(ts[:4], str(int(ts[:4]) - 1), 1)
    by.body(5, by.get(5, "body").replace(ts.encode(), earlier.encode()))
    by.set(5, ts=earlier)


def _head_size(size: int) -> Callable[[Attacker], None]:
    return lambda by: by.head(size=size)


def _head_hash(by: Attacker) -> None:
    by.head(head=bytes(32))


def _head_name(by: Attacker) -> None:
    by.head(name="f" * 16)


ATTACKS: dict[Callable[[Attacker], None], tuple[int, str]] = {
    _edit: (5, "edited"),
    _hash_only: (5, "edited"),
    # Its own hash fits; the next entry remembers the true one.
    _edit_and_hash: (6, "broken_link"),
    _delete: (5, "gap"),
    _delete_and_close_the_gap: (5, "gap"),
    _delete_the_first: (0, "gap"),
    _delete_all: (0, "truncated"),
    _truncate_the_tail: (9, "truncated"),
    _swap_two: (5, "reordered"),
    _move_to_the_end: (5, "reordered"),
    _repeat: (6, "duplicate"),
    _put_in: (6, "inserted"),
    _append_without_the_head: (_SIZE, "inserted"),
    _put_before_the_beginning: (0, "malformed"),
    _from_another_log: (5, "wrong_log"),
    _column("ts", "2020-01-01T00:00:00.000000Z"): (5, "column"),
    _column("type", "other"): (5, "column"),
    _column("agent", "other"): (5, "column"),
    _column("agent", None): (5, "column"),
    _column("session", "other"): (5, "column"),
    _column("tool", "other"): (5, "column"),
    _column("decision", "DENY"): (5, "column"),
    _swap_payloads: (5, "payload"),
    _change_the_payload: (5, "payload"),
    _change_the_salt: (5, "payload"),
    _garbage: (5, "malformed"),
    _another_spelling: (5, "malformed"),
    _clock_set_back: (5, "clock"),
    _head_size(_SIZE + 1): (_SIZE, "truncated"),
    _head_size(_SIZE - 1): (_SIZE, "head"),
    _head_hash: (_SIZE - 1, "head"),
    _head_name: (0, "wrong_log"),
}


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A log of twelve entries."""
    opened = open_database(url)
    migrate(opened, data("migrations"))
    writer = Writer(opened)
    log = begin(opened, writer)
    for seq in range(1, _SIZE):
        payload = f'{{"request":{{"number":{seq}}}}}'.encode()
        written(writer, Command((decided(log, f"reason {seq}", payload=payload),)))
    writer.close()
    yield opened
    opened.dispose()


def test_a_log_that_nobody_touched_is_consistent_and_not_called_verified(database: Database) -> None:
    report = Audit(database).verify()
    assert (report.ok, report.entries, report.anchored) == (True, _SIZE, False)
    assert report.summary == "consistent, not anchored"


def test_every_attack_is_found_at_the_first_wrong_entry_and_called_by_its_kind(database: Database) -> None:
    found: list[tuple[int, str] | None] = []
    with database.writing.begin() as connection:
        rows, head = Attacker(connection).everything()
    for attack in ATTACKS:
        with database.writing.begin() as connection:
            attack(Attacker(connection))
        finding = Audit(database).verify().finding
        found.append((finding.seq, finding.kind.value) if finding is not None else None)
        with database.writing.begin() as connection:
            Attacker(connection).put_back(rows, head)
    assert found == list(ATTACKS.values())
    assert Audit(database).verify().ok


def test_an_erased_payload_is_no_finding(database: Database) -> None:
    with database.writing.begin() as connection:
        Attacker(connection).set(5, salt=None, payload=None)
    assert Audit(database).verify().ok


def test_a_log_that_was_rewritten_as_a_whole_is_consistent_and_not_called_verified(database: Database) -> None:
    """What only a checkpoint that is kept elsewhere can find."""
    with database.writing.begin() as connection:
        by = Attacker(connection)
        log = connection.execute(text("SELECT name FROM audit_log")).scalar_one()
        at = parse_timestamp(by.get(0, "ts"))
        drafts: list[Draft] = [draft("log.created", {}, log=log)]
        drafts += [decided(log, f"what suits me {seq}") for seq in range(1, _SIZE)]
        head, rows = extend(Head(log, 0, GENESIS, at), drafts, at)
        by.sql("DELETE FROM audit_entry")
        for row in rows:
            by.insert(row)
        by.head(head=bytes.fromhex(head.hash), last_ts=head.last_ts_us)
    report = Audit(database).verify()
    assert report.ok
    assert report.summary == "consistent, not anchored"


def test_tampered_entries_can_still_be_looked_at(home: Home) -> None:
    service: Service = build(home.settings)
    with TestClient(service.asgi, base_url="http://127.0.0.1", client=("127.0.0.1", 40_000)) as client:
        made = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).json()
        seq = made["audit"]["seq"]
        with service.database.writing.begin() as connection:
            by = Attacker(connection)
            by.set(seq, body=b"\xff{no json", payload=b"[" * 5_000)
        entries = client.get("/audit/entries", headers=basic()).json()["entries"]
        listed = next(one for one in entries if one["seq"] == seq)
        assert listed["body"] == {"unreadable": "\\xff{no json"}
        assert client.get(f"/audit/entries/{seq}", headers=basic()).json()["payload"] == {"unreadable": "[" * 5_000}
        shown = client.get(f"/evaluations/{made['evaluation_id']}", headers=basic()).json()
        assert (shown["decision"], shown["entry"]) == (made["decision"], {"unreadable": "\\xff{no json"})
        finding = client.post("/audit/verify", headers=basic()).json()["finding"]
        assert (finding["seq"], finding["kind"]) == (seq, "edited")
