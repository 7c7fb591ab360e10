"""Routes: the policy in force, proposals, activation."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from app.api.bodies import Body
from app.api.names import PLAIN
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator
from app.audit_log.timestamp import timestamp
from app.core.policy.compile import File
from app.services.policies import unpack

router = APIRouter(tags=["policy"])
_DIGEST = "^sha256:[0-9a-f]{64}$"
Digest = Annotated[str, Path(pattern=_DIGEST, description="The digest that the proposal was answered with.")]


class FileBody(Body):
    name: str = Field(min_length=1, max_length=200, pattern=PLAIN)
    text: str = Field(max_length=1_000_000)


class ProposalBody(Body):
    """A policy file, followed by the files that it extends, nearest first."""

    files: list[FileBody] = Field(min_length=1, max_length=8)


class ActivationBody(Body):
    """`previous` is the digest that the caller believes to be in force."""

    previous: str = Field(pattern=_DIGEST)


class FileAnswer(BaseModel):
    name: str
    text: str


class PolicyAnswer(BaseModel):
    digest: str
    files: list[FileAnswer]
    activated_by: str
    activated_at: str


class ProposalAnswer(BaseModel):
    """`difference` is a unified diff from the policy in force, whose digest is `previous`."""

    digest: str
    previous: str
    difference: str


class ActivationAnswer(BaseModel):
    digest: str
    previous: str


@router.get("/policy")
def show_policy(services: UseCases, _: AnOperator) -> PolicyAnswer:
    """The policy in force: its digest, its text, since when and by whom."""
    found = services.policies.in_force()
    return PolicyAnswer(
        digest=found.policy.digest,
        files=[FileAnswer(name=file.name, text=file.text) for file in unpack(found.policy.files)],
        activated_by=found.activated_by,
        activated_at=timestamp(found.activated_at),
    )


@router.post("/policy", status_code=201)
def propose_policy(body: ProposalBody, services: UseCases, operator: AnAdmin) -> ProposalAnswer:
    """Check a policy and keep it as a proposal; nothing changes until it is activated."""
    files = tuple(File(file.name, file.text) for file in body.files)
    proposal = services.policies.propose(operator.name, files)
    return ProposalAnswer(digest=proposal.digest, previous=proposal.previous, difference=proposal.difference)


@router.post("/policy/{digest}/activate", responses=problems(409))
def activate_policy(digest: Digest, body: ActivationBody, services: UseCases, operator: AnAdmin) -> ActivationAnswer:
    """Put a proposal in force, if `previous` still is the one in force."""
    services.policies.activate(operator.name, digest, body.previous)
    return ActivationAnswer(digest=digest, previous=body.previous)
