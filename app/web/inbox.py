"""Pages: what waits for people, the gravest first."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.services.approvals import Card
from app.services.errors import NotFoundError
from app.web.cases import Cases, UseCases
from app.web.evidence import summary
from app.web.pages import MOST_WAITING, page
from app.web.visitor import COOKIE, AReader

router = APIRouter()
GROUPS = (
    ("critical", "Critical", "needs your passphrase"),
    ("high", "High", "leaves this machine, or cannot be undone"),
    ("ordinary", "Sensitive", "everything else that asks"),
)


@router.get("")
def show_inbox(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """All that waits, and the latest answers."""
    listed = cases.approvals.all("pending", MOST_WAITING, None)
    rows = [_row(cases, card) for card in listed.cards]
    groups = [
        (risk, name, meaning, _alike([row for row in rows if row["card"].risk == risk]))
        for risk, name, meaning in GROUPS
    ]
    newest = cases.approvals.all(None, 20, None).cards
    answered = [_row(cases, card) for card in newest if card.status != "pending"][:5]
    return page(
        request,
        "inbox",
        visitor,
        groups=[group for group in groups if group[3]],
        callers=sum(card.waiting for card in listed.cards),
        answered=answered,
        more=listed.onward is not None,
        seq=listed.seq,
    )


@router.get("/news")
def news(cases: UseCases, _: AReader) -> JSONResponse:
    """What waits now, and how many callers for each, so that a page can say that it is no longer new."""
    cards = cases.approvals.all("pending", MOST_WAITING, None).cards
    return JSONResponse({card.stored.id: card.waiting for card in cards})


async def _listens(request: Request, cases: UseCases, visitor: AReader) -> AsyncIterator[None]:
    """Counts a stream until its end, however that comes."""
    with cases.streams.one_of(visitor.visit.id, request.scope):
        yield


@router.get("/stream", dependencies=[Depends(_listens)])
async def stream(
    request: Request,
    cases: UseCases,
    _: AReader,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,16}$")] = None,
    after: Annotated[int | None, Query(ge=-1, le=2**53 - 1)] = None,
) -> StreamingResponse:
    """Says that something changed, whenever something does, for as long as the visit lasts."""
    since = int(last_event_id) if last_event_id is not None else after
    return StreamingResponse(_changes(request, cases, since), media_type="text/event-stream")


async def _changes(request: Request, cases: Cases, since: int | None) -> AsyncIterator[bytes]:
    async for cards in cases.approvals.follow(since):
        # INVARIANT: who was signed out, or may no longer sign in, hears nothing more.
        if await asyncio.to_thread(cases.visits.find, request.cookies.get(COOKIE, "")) is None:
            return
        # Which, is asked for: what stands there then is never out of date.
        yield f"id: {cards[-1].stored.changed}\ndata: changed\n\n".encode() if cards else b": still here\n\n"


def _alike(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Rows, and with each those that differ from it in their words only; the order stays that of the first."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        one, entry = row["card"].stored, row["card"].entry
        said = (row["tool"], entry.get("actor", {}).get("name"), *entry.get("rules", ()), *entry.get("effects", ()))
        found.setdefault((one.agent, one.session, one.strong, one.tainted, *said), []).append(row)
    return [(first, more) for first, *more in found.values()]


def _row(cases: Cases, card: Card) -> dict[str, Any]:
    """One line: a summary of what the agent sent, the rest in our words."""
    try:
        asked = cases.approvals.show(card.stored.id).request if card.readable else None
    except NotFoundError:
        asked = None
    words = summary(asked) if asked is not None else "" if card.readable else "more than can be shown in a line"
    return {"card": card, "tool": card.entry.get("request", {}).get("tool", ""), "summary": words}
