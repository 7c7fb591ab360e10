"""How a tool went, told to the service after it ran: ok or not, how long, and the kind of the error. Never a value."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from agent_sudo_client import talk
from agent_sudo_client.agent import Session
from agent_sudo_client.decision import Decision
from agent_sudo_client.errors import PermissionDenied
from agent_sudo_client.talk import Talk


@contextmanager
def reported(session: Session, decision: Decision) -> Iterator[None]:
    """Report how the block went."""
    started, error = time.monotonic(), None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        report(session, decision, started, error)


@asynccontextmanager
async def reported_later(session: Session, decision: Decision) -> AsyncIterator[None]:
    """As `reported`, for asyncio."""
    started, error = time.monotonic(), None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        await report_later(session, decision, started, error)


def report(session: Session, decision: Decision, started: float, error: BaseException | None) -> None:
    """Report on a tool that began at `started` (monotonic)."""
    # The tool has run; what became of the report changes nothing for its caller.
    try:
        session.agent.client.drive(outcome(decision, started, error))
    except PermissionDenied as denied:
        _unrecorded(decision, denied)


async def report_later(session: Session, decision: Decision, started: float, error: BaseException | None) -> None:
    """As `report`, for asyncio."""
    try:
        async with session.async_client() as client:
            await client.drive(outcome(decision, started, error))
    except PermissionDenied as denied:
        _unrecorded(decision, denied)


def outcome(decision: Decision, started: float, error: BaseException | None) -> Talk[None]:
    """The report on a tool that began at `started` (monotonic)."""
    took = int((time.monotonic() - started) * 1_000)
    # A generator that is closed early has done what was wanted of it.
    if error is None or isinstance(error, GeneratorExit):
        return talk.report_outcome(decision.evaluation_id, "ok", duration_ms=took)
    kind = type(error).__name__
    named = kind if kind.isascii() and kind.isidentifier() and len(kind) <= 200 else "Exception"
    return talk.report_outcome(decision.evaluation_id, "error", duration_ms=took, error=named)


def warn(text: str, *about: object) -> None:
    """Tell whoever reads the program's log."""
    import logging  # noqa: PLC0415 - late: importing the client costs a program next to nothing

    logging.getLogger("agent_sudo_client").warning(text, *about)


def _unrecorded(decision: Decision, denied: PermissionDenied) -> None:
    warn("the outcome of %s was not recorded: %s", decision.evaluation_id, denied.reason)
