"""Pages: the log, newest first, and one entry of it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from app.services.search import Wanted
from app.web.cases import UseCases
from app.web.evidence import summary
from app.web.pages import page
from app.web.visitor import AReader, check_origin

router = APIRouter(prefix="/activity")
_LAST = 2**53 - 1
_PAGE = 50
_VERIFIED = 10_000
_DECISIONS = ("ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY")
Text = Annotated[str, Query(max_length=200)]


@router.get("")
def show_activity(  # noqa: PLR0917 - FastAPI calls it by name
    request: Request,
    cases: UseCases,
    visitor: AReader,
    agent: Text = "",
    decision: Text = "",
    text: Text = "",
    before: Annotated[int | None, Query(ge=0, le=_LAST)] = None,
) -> Response:
    """The log, as far as it is wanted."""
    wanted = Wanted(agent=agent or None, decision=decision if decision in _DECISIONS else None, target=text or None)
    found, onward = cases.audit.newest(before, _PAGE, wanted)
    return page(
        request,
        "activity",
        visitor,
        entries=[{**one, "what": _what(one)} for one in found],
        onward=onward,
        agents=[one.name for one in cases.agents.all()],
        decisions=_DECISIONS,
        chosen={"agent": agent, "decision": decision, "text": text},
    )


@router.post("/verify")
def verify(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """Check the newest part of the log. It changes nothing, so the cookie is enough."""
    check_origin(request, cases)
    report = cases.audit.verify(last=_VERIFIED)
    return page(request, "verified", visitor, report=report, size=cases.audit.size(), most=_VERIFIED)


@router.get("/{seq}")
def show_entry(
    seq: Annotated[int, Path(ge=0, le=_LAST)], request: Request, cases: UseCases, visitor: AReader
) -> Response:
    """One entry, with what stands beside it."""
    entry = cases.audit.entry(seq)
    body, payload = (json.dumps(entry[name], indent=2, ensure_ascii=False) for name in ("body", "payload"))
    return page(request, "entry", visitor, entry=entry, body=body, payload=payload)


def _what(entry: dict[str, Any]) -> str:
    """An entry in a line."""
    payload, data = entry.get("payload") or {}, entry["body"].get("data") or {}
    if entry["type"] == "decision":
        request = payload.get("request")
        return summary(request) if isinstance(request, dict) else "(erased)"
    return ", ".join(f"{key} {value}" for key, value in data.items() if value not in (None, "", False, []))
