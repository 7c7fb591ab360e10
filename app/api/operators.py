"""Routes: operators."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.api.agents import AgentName
from app.api.bodies import Body
from app.api.names import PathName
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator, source_of
from app.audit_log.timestamp import timestamp
from app.services.passphrases import LONGEST, SHORTEST

router = APIRouter(tags=["operators"])
Role = Literal["admin", "approver", "auditor"]


class OperatorBody(Body):
    """`admin` administers, `approver` approves and stops, `auditor` looks."""

    name: AgentName = Field(examples=["bob"])
    role: Role
    passphrase: str = Field(min_length=SHORTEST, max_length=LONGEST)


class RoleBody(Body):
    role: Role


class PassphraseBody(Body):
    old: str = Field(max_length=LONGEST)
    new: str = Field(min_length=SHORTEST, max_length=LONGEST)


class ResetBody(Body):
    passphrase: str = Field(min_length=SHORTEST, max_length=LONGEST)


class OperatorAnswer(BaseModel):
    name: str
    role: Role
    state: Literal["active", "disabled"]
    created_at: str


class OperatorsAnswer(BaseModel):
    operators: list[OperatorAnswer]


@router.get("/operators")
def list_operators(services: UseCases, _: AnOperator) -> OperatorsAnswer:
    """All operators, disabled ones too."""
    return OperatorsAnswer(
        operators=[
            OperatorAnswer(
                name=one.name,
                role=one.role,
                state="active" if one.disabled_at is None else "disabled",
                created_at=timestamp(one.created_at),
            )
            for one in services.operators.all()
        ]
    )


@router.post("/operators", status_code=204, responses=problems(409))
def create_operator(body: OperatorBody, services: UseCases, operator: AnAdmin) -> None:
    """Create an operator with a passphrase that they should change."""
    services.operators.create(operator.name, body.name, body.role, body.passphrase)


@router.post("/operators/passphrase", status_code=204)
def change_passphrase(body: PassphraseBody, request: Request, services: UseCases, operator: AnOperator) -> None:
    """Change your own passphrase; needs the old one."""
    services.operators.change_passphrase(operator, body.old, body.new, source_of(request))


@router.patch("/operators/{name}", status_code=204, responses=problems(409))
def set_role(name: PathName, body: RoleBody, services: UseCases, operator: AnAdmin) -> None:
    """Give an operator another role."""
    services.operators.set_role(operator.name, name, body.role)


@router.post("/operators/{name}/reset", status_code=204)
def reset_passphrase(name: PathName, body: ResetBody, services: UseCases, operator: AnAdmin) -> None:
    """Give somebody else a new passphrase: whoever signed in with the old one is signed out."""
    services.operators.reset(operator.name, name, body.passphrase)


@router.post("/operators/{name}/disable", status_code=204, responses=problems(409))
def disable_operator(name: PathName, services: UseCases, operator: AnAdmin) -> None:
    """Let an operator sign in no more; nothing recorded after the answer is theirs."""
    services.operators.set_disabled(operator.name, name, disabled=True)


@router.post("/operators/{name}/enable", status_code=204, responses=problems(409))
def enable_operator(name: PathName, services: UseCases, operator: AnAdmin) -> None:
    """Let a disabled operator sign in again."""
    services.operators.set_disabled(operator.name, name, disabled=False)
