"""Routes: evaluating, looking at an evaluation again, and reporting how it went.

The two that evaluate are answered by the hot path before they come here; they stand here so that the interface is
described in one place, and answer the same.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from msgspec import DecodeError
from msgspec.json import Decoder
from pydantic import BaseModel, Field

from app.api.bodies import Body
from app.api.names import PathName
from app.api.schema import EVALUATE, EVALUATE_BATCH, OUTCOME, problems
from app.api.services import UseCases
from app.api.subjects import ACallingKey, AnAgentKey, AnAgentOrOperator
from app.services.errors import InvalidError
from app.services.outcomes import Outcome

router = APIRouter(tags=["evaluations"])
_decode = Decoder(Outcome).decode
Tool = Annotated[str, Field(min_length=1, max_length=300)]


class EntryReceipt(BaseModel):
    """Where the entry stands; keep it to prove later that the entry was there."""

    log: str
    seq: int
    hash: str


class EvaluationAnswer(BaseModel):
    evaluation_id: str
    decision: str
    entry: dict[str, Any] = Field(description="The body of the entry that recorded it.")
    payload: dict[str, Any] | None = Field(description="The request as received and its effects; null once erased.")
    outcome: dict[str, Any] | None
    audit: EntryReceipt


class OutcomeReceipt(BaseModel):
    seq: int
    hash: str


class OutcomeAnswer(BaseModel):
    audit: OutcomeReceipt


class ToolsBody(Body):
    tools: list[Tool] = Field(max_length=1_000, description="By the names by which they would be asked about.")


class DeniedToolsAnswer(BaseModel):
    denied: list[str]


@router.post("/evaluate", openapi_extra=EVALUATE, responses=problems(409))
async def evaluate(request: Request, services: UseCases) -> Response:
    """Ask whether a tool call may run. 200 for every decision; run the tool only if `allowed` is true."""
    return await _hot(request, services)


@router.post("/evaluate/batch", openapi_extra=EVALUATE_BATCH)
async def evaluate_batch(request: Request, services: UseCases) -> Response:
    """Ask about several calls at once; answered in order, once all are recorded."""
    return await _hot(request, services)


@router.get("/evaluations/{evaluation}")
def show_evaluation(evaluation: PathName, services: UseCases, caller: AnAgentOrOperator) -> EvaluationAnswer:
    """The recorded decision, the request it was about, and its outcome. An agent sees its own."""
    return EvaluationAnswer.model_validate(services.outcomes.show(evaluation, caller.sees_only))


async def _outcome(request: Request) -> Outcome:
    try:
        return _decode(await request.body())
    except DecodeError as error:
        raise InvalidError("invalid_request", str(error)) from None


@router.post("/evaluations/{evaluation}/outcome", status_code=201, openapi_extra=OUTCOME, responses=problems(409))
async def report_outcome(
    evaluation: PathName, services: UseCases, key: ACallingKey, outcome: Annotated[Outcome, Depends(_outcome)]
) -> OutcomeAnswer:
    """Report how the tool went, once. No output and no error text: those may hold secrets."""
    receipt = await services.outcomes.report(key, evaluation, outcome)
    return OutcomeAnswer(audit=OutcomeReceipt(seq=receipt.seq, hash=receipt.hash))


@router.post("/tools/denied")
def denied_tools(body: ToolsBody, services: UseCases, key: AnAgentKey) -> DeniedToolsAnswer:
    """Which tools the key's agent is denied whatever it calls them with: they need not be shown to it. No decision."""
    return DeniedToolsAnswer(denied=services.configurations.live().never_allowed(key, body.tools))


async def _hot(request: Request, services: UseCases) -> Response:
    answer = await services.hot.respond(request.scope, dict(request.scope["headers"]), request.receive)
    return answer.for_starlette()
