"""Evaluations looked at again, and what their enforcement points report afterwards."""

import asyncio
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from sqlalchemy import Connection

from app.audit_log.canonical import decode
from app.audit_log.entry import draft
from app.services.desk import Desk
from app.services.errors import ConflictError, NotFoundError, RefusedError
from app.services.shown import shown_body, shown_payload
from app.storage import entries, outcomes
from app.storage.command import Receipt, Stale
from app.storage.database import Database
from app.storage.entries import Entry
from app.storage.keys import Key
from app.storage.outcomes import AddOutcome, IsDecision, NoOutcome


class Outcome(Struct, frozen=True, forbid_unknown_fields=True):
    """How a tool went. No output and no error text: those may hold secrets."""

    status: Literal["ok", "error", "not_run"]
    duration_ms: Annotated[int, Meta(ge=0, le=2**31)] | None = None
    exit_code: Annotated[int, Meta(ge=-(2**31), le=2**31)] | None = None
    error: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_.]*(?!\n)$")] | None = None


class Outcomes:
    """The use cases around an evaluation after its answer."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._configurations = desk.configurations

    def show(self, evaluation: str, agents: tuple[str, ...] | None) -> dict[str, Any]:
        """The recorded decision, what it was about, and its outcome. `agents` None: all may be seen.

        Raises NotFoundError.
        """
        with self._database.read() as connection:
            row = self._find(connection, evaluation, agents)
            reported = outcomes.outcome_of(connection, row.seq)
            report = entries.find_entry(connection, reported) if reported is not None else None
        return {
            "evaluation_id": evaluation,
            "decision": row.decision,
            "entry": shown_body(row),
            "payload": shown_payload(row),
            "outcome": shown_body(report).get("data") if report is not None else None,
            "audit": {"log": self._configurations.current.log, "seq": row.seq, "hash": row.hash.hex()},
        }

    async def report(self, key: Key, evaluation: str, outcome: Outcome) -> Receipt:
        """Record how it went, once. Raises NotFoundError, RefusedError, ConflictError, UnauthenticatedError."""
        seq = self._seq(evaluation)
        is_known = key.kind == "pep" and not key.also
        agent = key.agent if is_known else await asyncio.to_thread(self._agent, evaluation, key)
        given = {name: value for name in Outcome.__struct_fields__ if (value := getattr(outcome, name)) is not None}
        fields = {"actor": {"agent": agent, "key": key.id}, "data": {"evaluation": seq, **given}}
        entry = draft("execution.result", fields, log=self._configurations.current.log)
        guards = (IsDecision(seq, agent), NoOutcome(seq))
        result = await self._desk.changed_by_key(key, (entry,), (AddOutcome(seq),), guards)
        if not isinstance(result, Stale):
            return result
        if isinstance(result.guard, IsDecision):
            raise _no_such_evaluation()
        raise ConflictError("outcome_exists", "The outcome of this evaluation was reported before.")

    def _agent(self, evaluation: str, key: Key) -> str:
        """Whose evaluation it is, if this key may report its outcome."""
        with self._database.read() as connection:
            row = self._find(connection, evaluation, key.agents)
        # INVARIANT: an agent does not get ahead of its enforcement point in saying how a call went.
        if key.kind != "pep" and decode(row.body)["actor"]["key"] != key.id:
            raise RefusedError("asked_by_another_key", "This key reports outcomes of its own evaluations only.")
        return str(row.agent)

    def _find(self, connection: Connection, evaluation: str, agents: tuple[str, ...] | None) -> Entry:
        row = entries.find_entry(connection, self._seq(evaluation))
        # An agent learns nothing about others, not even that there is something to learn.
        if row is None or row.type != "decision" or (agents is not None and row.agent not in agents):
            raise _no_such_evaluation()
        return row

    def _seq(self, evaluation: str) -> int:
        log, _, seq = evaluation.rpartition("-")
        if log != self._configurations.current.log or not (seq.isascii() and seq.isdigit() and len(seq) <= 15):
            raise _no_such_evaluation()
        return int(seq)


def _no_such_evaluation() -> NotFoundError:
    return NotFoundError("no_such_evaluation", "There is no evaluation of this id.")
