"""Routes: the folders that `$workspace` stands for."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.bodies import Body
from app.api.names import PLAIN
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator

router = APIRouter(tags=["workspaces"])
Root = Annotated[str, Field(min_length=1, max_length=4_096, pattern=PLAIN, examples=["/srv/project"])]


class WorkspacesBody(Body):
    roots: list[Root] = Field(max_length=64)


class WorkspacesAnswer(BaseModel):
    roots: list[str]


@router.get("/workspaces")
def list_workspaces(services: UseCases, _: AnOperator) -> WorkspacesAnswer:
    """The registered roots."""
    return WorkspacesAnswer(roots=list(services.workspaces.all()))


@router.put("/workspaces")
def set_workspaces(body: WorkspacesBody, services: UseCases, operator: AnAdmin) -> WorkspacesAnswer:
    """Replace the registered roots, absolute paths; answers them as understood."""
    return WorkspacesAnswer(roots=list(services.workspaces.set(operator.name, body.roots)))
