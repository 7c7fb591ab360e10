"""Routes: the folders that `$workspace` stands for."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator

router = APIRouter(tags=["workspaces"])


class WorkspacesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    roots: list[str] = Field(max_length=64)


@router.get("/workspaces")
def list_workspaces(services: UseCases, _: AnOperator) -> dict[str, Any]:
    """The registered roots."""
    return {"roots": list(services.workspaces.all())}


@router.put("/workspaces")
def set_workspaces(body: WorkspacesBody, services: UseCases, operator: AnAdmin) -> dict[str, Any]:
    """Replace the registered roots."""
    return {"roots": list(services.workspaces.set(operator.name, body.roots))}
