"""Routes: agents and their keys."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.bodies import Body
from app.api.names import PLAIN, PathName
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator
from app.api.times import optional_time
from app.audit_log.timestamp import timestamp
from app.services.agents import NAME
from app.storage.keys import Key

router = APIRouter(tags=["agents"])


class AgentBody(Body):
    name: str = Field(pattern=f"^{NAME.pattern}$", examples=["coder"])
    description: str = Field("", max_length=500, pattern=PLAIN)


class KeyBody(Body):
    """`may_explain`: whether the key may ask for explanations; left out, a `pep` key may."""

    kind: Literal["pep", "agent"] = "pep"
    ttl_seconds: int | None = Field(None, gt=0, le=10 * 366 * 86_400, description="Left out: until it is revoked.")
    may_explain: bool | None = None


class AgentAnswer(BaseModel):
    name: str
    description: str
    created_at: str


class AgentsAnswer(BaseModel):
    agents: list[AgentAnswer]


class NewAgentAnswer(BaseModel):
    name: str
    description: str


class KeyAnswer(BaseModel):
    id: str
    kind: Literal["pep", "agent"]
    may_explain: bool
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class KeysAnswer(BaseModel):
    keys: list[KeyAnswer]


class NewKeyAnswer(BaseModel):
    id: str
    agent: str
    kind: Literal["pep", "agent"]
    key: str = Field(description="The secret; it is shown this once.")
    expires_at: str | None


@router.get("/agents")
def list_agents(services: UseCases, _: AnOperator) -> AgentsAnswer:
    """All agents."""
    return AgentsAnswer(
        agents=[
            AgentAnswer(name=one.name, description=one.description, created_at=timestamp(one.created_at))
            for one in services.agents.all()
        ]
    )


@router.post("/agents", status_code=201, responses=problems(409))
def create_agent(body: AgentBody, services: UseCases, operator: AnAdmin) -> NewAgentAnswer:
    """Create an agent; it can do nothing until it has a key."""
    services.agents.create(operator.name, body.name, body.description)
    return NewAgentAnswer(name=body.name, description=body.description)


@router.get("/agents/{agent}/keys")
def list_keys(agent: PathName, services: UseCases, _: AnOperator) -> KeysAnswer:
    """An agent's keys, revoked ones too; never their secrets."""
    return KeysAnswer(keys=[_key(key) for key in services.agents.keys(agent)])


@router.post("/agents/{agent}/keys", status_code=201)
def create_key(agent: PathName, body: KeyBody, services: UseCases, operator: AnAdmin) -> NewKeyAnswer:
    """Make a key; `key` in the answer is shown this once."""
    may_explain = body.kind == "pep" if body.may_explain is None else body.may_explain
    new = services.agents.create_key(
        operator.name, agent, body.kind, may_explain=may_explain, ttl_seconds=body.ttl_seconds
    )
    return NewKeyAnswer(
        id=new.id, agent=new.agent, kind=new.kind, key=new.secret, expires_at=optional_time(new.expires_at)
    )


@router.delete("/agents/{agent}/keys/{key}", status_code=204)
def revoke_key(agent: PathName, key: PathName, services: UseCases, operator: AnAdmin) -> None:
    """Revoke a key: nothing recorded after the answer relies on it."""
    services.agents.revoke_key(operator.name, agent, key)


def _key(key: Key) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        kind=key.kind,
        may_explain=key.may_explain,
        created_at=timestamp(key.created_at),
        expires_at=optional_time(key.expires_at),
        revoked_at=optional_time(key.revoked_at),
    )
