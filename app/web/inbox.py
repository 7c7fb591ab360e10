"""Pages: what waits for people, the gravest first."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.services.approvals import Card
from app.services.errors import NotFoundError
from app.web.cases import Cases, UseCases
from app.web.evidence import summary
from app.web.pages import MOST_WAITING, page
from app.web.visitor import AReader

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
        (risk, name, meaning, [row for row in rows if row["card"].risk == risk]) for risk, name, meaning in GROUPS
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
    """What waits now, by its ids, so that a page can say that it is no longer new."""
    return JSONResponse([card.stored.id for card in cases.approvals.all("pending", MOST_WAITING, None).cards])


def _row(cases: Cases, card: Card) -> dict[str, Any]:
    """One line: a summary of what the agent sent, the rest in our words."""
    try:
        asked = cases.approvals.show(card.stored.id).request if card.readable else None
    except NotFoundError:
        asked = None
    words = summary(asked) if asked is not None else "" if card.readable else "more than can be shown in a line"
    return {"card": card, "tool": card.entry.get("request", {}).get("tool", ""), "summary": words}
