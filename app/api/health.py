"""Routes: is it alive, can it decide, how busy is it."""

from fastapi import APIRouter, Response

from app.api.services import UseCases
from app.services.errors import UnavailableError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(services: UseCases) -> dict[str, str]:
    """Decisions can be recorded, as far as the last attempt shows."""
    if not services.health.is_ready():
        raise UnavailableError("not ready")
    return {"status": "ready"}


@router.get("/metrics")
async def metrics(services: UseCases) -> Response:
    """Counters for Prometheus; they name no agent and no tool."""
    return Response(services.metrics.page(services.health.queue), media_type="text/plain; version=0.0.4")
