"""Routes: the policy in force, proposals, activation."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator
from app.api.times import optional_time
from app.core.policy.compile import File
from app.services.policies import unpack

router = APIRouter(tags=["policy"])
Digest = Annotated[str, Path(pattern="^sha256:[0-9a-f]{64}$")]


class FileBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    text: str = Field(max_length=1_000_000)


class ProposalBody(BaseModel):
    """A policy file, followed by the files that it extends, nearest first."""

    model_config = ConfigDict(extra="forbid")

    files: list[FileBody] = Field(min_length=1, max_length=8)


class ActivationBody(BaseModel):
    """`previous` is the digest that the caller believes to be in force."""

    model_config = ConfigDict(extra="forbid")

    previous: str


@router.get("/policy")
def show_policy(services: UseCases, _: AnOperator) -> dict[str, Any]:
    """The policy in force: its digest, its text, since when and by whom."""
    found = services.policies.in_force()
    files = [{"name": file.name, "text": file.text} for file in unpack(found.policy.files)]
    return {
        "digest": found.policy.digest,
        "files": files,
        "activated_by": found.activated_by,
        "activated_at": optional_time(found.activated_at),
    }


@router.post("/policy", status_code=201)
def propose_policy(body: ProposalBody, services: UseCases, operator: AnAdmin) -> dict[str, Any]:
    """Check a policy and keep it as a proposal; nothing changes until it is activated."""
    files = tuple(File(file.name, file.text) for file in body.files)
    proposal = services.policies.propose(operator.name, files)
    return {"digest": proposal.digest, "previous": proposal.previous, "difference": proposal.difference}


@router.post("/policy/{digest}/activate")
def activate_policy(digest: Digest, body: ActivationBody, services: UseCases, operator: AnAdmin) -> dict[str, Any]:
    """Put a proposal in force, if `previous` still is the one in force."""
    services.policies.activate(operator.name, digest, body.previous)
    return {"digest": digest, "previous": body.previous}
