"""Routes: evaluating, looking at an evaluation again, and reporting how it went.

The two that evaluate are answered by the hot path before they come here; they stand here so that the interface is
described in one place, and answer the same.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from msgspec import ValidationError, convert

from app.api.schema import BATCH, REQUEST
from app.api.services import UseCases
from app.api.subjects import AnAgentKey, AnAgentOrOperator
from app.services.errors import InvalidError
from app.services.outcomes import Outcome

router = APIRouter(tags=["evaluations"])
Id = Annotated[str, Path(max_length=64)]


@router.post("/evaluate", openapi_extra=REQUEST)
async def evaluate(request: Request, services: UseCases) -> Response:
    """Ask whether a tool call may run. 200 for every decision; run the tool only if `allowed` is true."""
    return await _hot(request, services)


@router.post("/evaluate/batch", openapi_extra=BATCH)
async def evaluate_batch(request: Request, services: UseCases) -> Response:
    """Ask about several calls at once; answered in order, once all are recorded."""
    return await _hot(request, services)


@router.get("/evaluations/{evaluation}")
def show_evaluation(evaluation: Id, services: UseCases, caller: AnAgentOrOperator) -> dict[str, Any]:
    """The recorded decision, the request it was about, and its outcome. An agent sees its own."""
    return services.outcomes.show(evaluation, caller.sees_only)


@router.post("/evaluations/{evaluation}/outcome", status_code=201)
def report_outcome(evaluation: Id, body: dict[str, Any], services: UseCases, key: AnAgentKey) -> dict[str, Any]:
    """Report how the tool went, once."""
    try:
        outcome = convert(body, Outcome)
    except ValidationError as error:
        raise InvalidError("invalid_request", str(error)) from None
    receipt = services.outcomes.report(key, evaluation, outcome)
    return {"audit": {"seq": receipt.seq, "hash": receipt.hash}}


async def _hot(request: Request, services: UseCases) -> Response:
    answer = await services.hot.respond(request.scope, dict(request.scope["headers"]), request.receive)
    response = Response(answer.body, answer.status)
    response.raw_headers[:] = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    return response
