"""Routes: is it alive, can it decide, how busy is it."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.api.schema import problems
from app.api.services import UseCases
from app.services.errors import UnavailableError

router = APIRouter(tags=["health"])
_METRICS = "text/plain; version=0.0.4"


class HealthAnswer(BaseModel):
    status: Literal["ok", "ready"]


@router.get("/healthz")
async def healthz() -> HealthAnswer:
    """The process answers."""
    return HealthAnswer(status="ok")


@router.get("/readyz", responses=problems(503))
def readyz(services: UseCases) -> HealthAnswer:
    """Decisions can be recorded, as far as the last attempt shows."""
    if not services.health.is_ready():
        raise UnavailableError("not ready")
    return HealthAnswer(status="ready")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text.", "content": {_METRICS: {"schema": {"type": "string"}}}}},
)
async def metrics(services: UseCases) -> Response:
    """Counters for Prometheus; they name no agent and no tool."""
    return Response(services.metrics.page(services.health.queue), media_type=_METRICS)
