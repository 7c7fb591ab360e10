"""Routes: stop buttons."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.agents import ReasonBody
from app.api.names import PLAIN, PathName
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnApprover, AnOperator
from app.audit_log.timestamp import timestamp
from app.storage.stops import PressedStop

router = APIRouter(tags=["stops"])
Kind = Literal["agent", "tool", "everything"]


class StopBody(ReasonBody):
    kind: Kind
    name: str = Field(
        "", max_length=200, pattern=PLAIN, description="An agent, or a wildcard over tools such as `mcp:shop/*`."
    )


class StopAnswer(BaseModel):
    id: str
    kind: Kind
    name: str
    reason: str
    pressed_by: str
    pressed_at: str


class StopsAnswer(BaseModel):
    stops: list[StopAnswer]


@router.get("/stops")
def list_stops(services: UseCases, _: AnOperator) -> StopsAnswer:
    """Everything that is stopped."""
    return StopsAnswer(stops=[_stop(one) for one in services.stops.all()])


@router.post("/stops", status_code=201, responses=problems(404, 409))
def press_stop(body: StopBody, services: UseCases, operator: AnApprover) -> StopAnswer:
    """Stop an agent, tools by their names, or everything: nothing recorded after the answer is allowed against it."""
    return _stop(services.stops.press(operator.name, body.kind, body.name, body.reason))


@router.delete("/stops/{stop}", status_code=204)
def lift_stop(stop: PathName, services: UseCases, operator: AnAdmin) -> None:
    """Lift a stop."""
    services.stops.lift(operator.name, stop)


def _stop(one: PressedStop) -> StopAnswer:
    return StopAnswer(
        id=one.id,
        kind=one.kind,
        name=one.name,
        reason=one.reason,
        pressed_by=one.pressed_by,
        pressed_at=timestamp(one.pressed_at),
    )
