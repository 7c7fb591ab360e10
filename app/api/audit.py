"""Routes: the log, read and verified."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from app.api.services import UseCases
from app.api.subjects import AnOperator
from app.storage.entries import Filter

router = APIRouter(prefix="/audit", tags=["audit"])
_LAST = 2**53 - 1
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/entries")
def list_entries(  # noqa: PLR0917 - FastAPI calls it by name
    services: UseCases,
    _: AnOperator,
    after: Annotated[int, Query(ge=-1, le=_LAST)] = -1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    agent: Text = None,
    decision: Literal["ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY"] | None = None,
    tool: Text = None,
    type: Text = None,
    since: Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")] = None,
) -> dict[str, Any]:
    """Entries in order. `next` is the `after` of the next page, null at the end."""
    found = services.audit.page(after, limit, Filter(agent, decision, tool, type, since))
    return {"entries": found, "next": found[-1]["seq"] if len(found) == limit else None}


@router.get("/entries/{seq}")
def show_entry(seq: Annotated[int, Path(ge=0, le=_LAST)], services: UseCases, _: AnOperator) -> dict[str, Any]:
    """One entry, with the request it commits to unless that was erased."""
    return services.audit.entry(seq)


@router.post("/verify")
def verify(services: UseCases, _: AnOperator) -> dict[str, Any]:
    """Read the whole log and check that it is as it was written."""
    report = services.audit.verify()
    finding = report.finding
    return {
        "ok": report.ok,
        "summary": report.summary,
        "anchored": report.anchored,
        "entries": report.entries,
        "head": report.head_hash,
        "finding": {"seq": finding.seq, "kind": finding.kind, "detail": finding.detail} if finding else None,
    }
