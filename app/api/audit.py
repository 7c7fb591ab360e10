"""Routes: the log, read and verified."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from app.api.names import QueryText
from app.api.services import UseCases
from app.api.subjects import AnOperator
from app.audit_log.export.bodies.parts import TrustLevel, Verdict
from app.services.export import Format
from app.services.search import Wanted

router = APIRouter(prefix="/audit", tags=["audit"])
_LAST = 2**53 - 1
_CHUNK = 65_536


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


def _wanted(  # noqa: PLR0913, PLR0917 - FastAPI calls it by name
    agent: QueryText = None,
    decision: Verdict | None = None,
    tool: QueryText = None,
    type: QueryText = None,
    since: Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$")] = None,
    non_allow: Annotated[bool, Query(description="Only decisions other than ALLOW.")] = False,  # noqa: FBT002 - as above
    actor: Annotated[QueryText, Query(description="A part of the agent's, its own or the operator's name.")] = None,
    origin: Annotated[TrustLevel | None, Query(description="The trust that a decision rests on.")] = None,
    target: Annotated[QueryText, Query(description="A part of a target, an argument or an effect's resource.")] = None,
) -> Wanted:
    return Wanted(agent, decision, tool, type, since, non_allow, actor, origin, target)


WantedEntries = Annotated[Wanted, Depends(_wanted)]
After = Annotated[int, Query(ge=-1, le=_LAST)]


@router.get("/entries")
def list_entries(
    services: UseCases,
    _: AnOperator,
    wanted: WantedEntries,
    after: After = -1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> EntriesAnswer:
    """Entries in order, those after the `seq` in `after`.

    A page looks through a bounded part of the log: it may hold less than `limit` and still have a next.
    """
    found, onward = services.audit.page(after, limit, wanted)
    return EntriesAnswer(entries=[EntryAnswer.model_validate(one) for one in found], next=onward)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {form.media_type.partition(";")[0]: {} for form in Format}}},
)
def export(
    services: UseCases, _: AnOperator, wanted: WantedEntries, format: Format = Format.JSONL, after: After = -1
) -> StreamingResponse:
    """The log as a file: `jsonl` can be verified by itself, `csv` is for spreadsheets, `legacy` for earlier readers.

    It holds what agents sent, secrets among it. An answer that breaks off is not complete.
    """
    lines = services.audit.export(format, after, wanted)
    # The first line is read before the answer begins: a log that cannot be read is an error and no empty file.
    first = next(lines, b"")
    return StreamingResponse(_chunks(chain((first,), lines)), media_type=format.media_type)


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines put together, since each piece of an answer costs as much as many lines."""
    chunk = bytearray()
    for line in lines:
        chunk += line
        if len(chunk) >= _CHUNK:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


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
