"""Requests that come again by the name that their client gave them: what their name stands for, and whether it stands.

A client whose answer was lost on its way sends its request again. Where that was allowed, and nothing that this rested
on has changed, it is told the same again: the same entry, the same use of an approval, valid for as long as it was.
"""

import asyncio

from app.services.decided import Answered, Decided
from app.services.errors import ConflictError
from app.services.once import Once, digest, kept
from app.storage.command import Command, Stale
from app.storage.database import Database
from app.storage.ledger import Ledger
from app.storage.replays import Replay, StandsFor, find_replay


class Replays:
    """Looks up names that have been used."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def of(self, decided: Decided, once: Once) -> Answered | Once:
        """The answer that was given in this name, if it stands; else the place where a new decision may be put.

        Raises ConflictError where the name stands for another request.
        """
        found = await asyncio.to_thread(self._found, decided.key.id, once.name)
        if found is None:
            return Once(once.name)
        if found.request != digest(decided.received):
            detail = "This Idempotency-Key was used for another request; give each request a key of its own."
            raise ConflictError("idempotency_key_reused", detail)
        earlier = None if found.answer is None else kept(found.answer)
        if earlier is not None:
            guards = (StandsFor(decided.key.id, once.name, found.receipt.seq), *earlier.stands(found.receipt))
            if not isinstance(await self._ledger.submit(Command((), guards)), Stale):
                return Answered(earlier.form.decision, earlier.answer(found.receipt))
        return Once(once.name, found.receipt.seq)

    def _found(self, key: str, name: bytes) -> Replay | None:
        with self._database.read() as connection:
            return find_replay(connection, key, name)
