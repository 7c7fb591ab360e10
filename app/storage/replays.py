"""Replays: the names that clients gave to their requests (`Idempotency-Key`), and what they were answered.

A name belongs to the agent's key by which it came. The newest of each key are kept, so that the cost stays flat.
"""

from msgspec import Struct
from sqlalchemy import Connection, and_, bindparam, select, text

from app.audit_log.timestamp import parse_timestamp
from app.storage.command import Receipt, Transaction
from app.storage.driver import Prepared
from app.storage.tables import LOG, audit_entry, replay

# So many names are kept of each key, and so many more until it is worth the writing to forget them.
KEPT = 1_000
_MORE = 64

_IS_AT = select(replay.c.seq).where(replay.c.key == bindparam("key"), replay.c.name == bindparam("name"))
_ANY = Prepared(_IS_AT)
_SAME = Prepared(_IS_AT.where(replay.c.seq == bindparam("seq")))
_NOTE = Prepared(
    text(
        "INSERT INTO replay (key, name, place, seq, request, answer) VALUES (:key, :name, "
        "(SELECT coalesce(max(place), 0) + 1 FROM replay WHERE key = :key), :seq, :request, :answer) "
        "ON CONFLICT (key, name) DO UPDATE SET place = excluded.place, seq = excluded.seq, answer = excluded.answer "
        "RETURNING place"
    )
)
_FORGET = Prepared(text("DELETE FROM replay WHERE key = :key AND place <= :last"))


class Replay(Struct, frozen=True):
    """What a name stands for: a request, by its digest, and where the newest decision about it was recorded.

    `answer` is what it takes to give that again; None where there is nothing to give.
    """

    receipt: Receipt
    request: bytes
    answer: bytes | None


def find_replay(connection: Connection, key: str, name: bytes) -> Replay | None:
    """What this name of this key stands for."""
    query = select(audit_entry.c.seq, audit_entry.c.hash, audit_entry.c.ts, replay.c.request, replay.c.answer)
    of = and_(audit_entry.c.log_id == LOG, audit_entry.c.seq == replay.c.seq)
    query = query.join_from(replay, audit_entry, of).where(replay.c.key == key, replay.c.name == name)
    row = connection.execute(query).first()
    if row is None:
        return None
    receipt = Receipt(row.seq, bytes(row.hash).hex(), parse_timestamp(row.ts))
    return Replay(receipt, bytes(row.request), None if row.answer is None else bytes(row.answer))


class StandsFor(Struct, frozen=True):
    """Guard: the name stands for the decision that was recorded at `seq`; None: for nothing yet."""

    key: str
    name: bytes
    seq: int | None

    def holds(self, transaction: Transaction) -> bool:
        named = {"key": self.key, "name": self.name}
        if self.seq is None:
            return not transaction.finds(_ANY, named)
        return transaction.finds(_SAME, {**named, "seq": self.seq})


class Note(Struct, frozen=True):
    """From now on the name stands for the entry at hand. What stood there was the same request."""

    key: str
    name: bytes
    request: bytes
    answer: bytes | None

    def apply(self, transaction: Transaction) -> None:
        values = {"key": self.key, "name": self.name, "request": self.request, "answer": self.answer}
        place = transaction.value(_NOTE, {**values, "seq": transaction.seq})
        if place % _MORE == 0:
            transaction.execute(_FORGET, {"key": self.key, "last": place - KEPT})
