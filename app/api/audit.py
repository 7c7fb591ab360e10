"""Routes: the log, read and verified."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.api.names import QueryText
from app.api.services import UseCases
from app.api.subjects import AnOperator
from app.storage.entries import Filter

router = APIRouter(prefix="/audit", tags=["audit"])
_LAST = 2**53 - 1


class EntryAnswer(BaseModel):
    """One entry: where it stands, and its hashed body."""

    seq: int
    hash: str
    ts: str
    type: str
    agent: str | None
    session: str | None
    tool: str | None
    decision: str | None
    body: dict[str, Any]


class EntriesAnswer(BaseModel):
    entries: list[EntryAnswer]
    next: int | None = Field(description="The `after` of the next page; null at the end.")


class WholeEntryAnswer(EntryAnswer):
    payload: dict[str, Any] | None = Field(description="What the body commits to; null where there is none any more.")


class FindingAnswer(BaseModel):
    """The first entry that is not as it was written."""

    seq: int
    kind: str
    detail: str


class VerificationAnswer(BaseModel):
    ok: bool
    summary: str
    anchored: bool
    entries: int
    head: str
    finding: FindingAnswer | None


@router.get("/entries")
def list_entries(  # noqa: PLR0917 - FastAPI calls it by name
    services: UseCases,
    _: AnOperator,
    after: Annotated[int, Query(ge=-1, le=_LAST)] = -1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    agent: QueryText = None,
    decision: Literal["ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY"] | None = None,
    tool: QueryText = None,
    type: QueryText = None,
    since: Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$")] = None,
) -> EntriesAnswer:
    """Entries in order, those after the `seq` in `after`."""
    found = services.audit.page(after, limit, Filter(agent, decision, tool, type, since))
    last = found[-1]["seq"] if len(found) == limit else None
    return EntriesAnswer(entries=[EntryAnswer.model_validate(one) for one in found], next=last)


@router.get("/entries/{seq}")
def show_entry(seq: Annotated[int, Path(ge=0, le=_LAST)], services: UseCases, _: AnOperator) -> WholeEntryAnswer:
    """One entry, with the request it commits to unless that was erased."""
    return WholeEntryAnswer.model_validate(services.audit.entry(seq))


# GET because nothing changes; POST because it takes a while and no tool should do it on its own.
@router.get("/verify", operation_id="verify_log")
@router.post("/verify", operation_id="verify_log_by_post")
def verify(services: UseCases, _: AnOperator) -> VerificationAnswer:
    """Read the whole log and check that it is as it was written."""
    report = services.audit.verify()
    finding = report.finding
    return VerificationAnswer(
        ok=report.ok,
        summary=report.summary,
        anchored=report.anchored,
        entries=report.entries,
        head=report.head_hash,
        finding=FindingAnswer(seq=finding.seq, kind=finding.kind, detail=finding.detail) if finding else None,
    )
