"""Routes: agents and their keys."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnOperator
from app.api.times import optional_time
from app.storage.keys import Key

router = APIRouter(tags=["agents"])
Name = Annotated[str, Path(max_length=64)]


class AgentBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = Field("", max_length=500)


class KeyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["pep", "agent"] = "pep"
    ttl_seconds: int | None = Field(None, gt=0, le=10 * 366 * 86_400)
    may_explain: bool | None = None


@router.get("/agents")
def list_agents(services: UseCases, _: AnOperator) -> dict[str, Any]:
    """All agents."""
    return {"agents": [_agent(one.name, one.description, one.created_at) for one in services.agents.all()]}


@router.post("/agents", status_code=201)
def create_agent(body: AgentBody, services: UseCases, operator: AnAdmin) -> dict[str, Any]:
    """Create an agent; it can do nothing until it has a key."""
    services.agents.create(operator.name, body.name, body.description)
    return {"name": body.name, "description": body.description}


@router.get("/agents/{agent}/keys")
def list_keys(agent: Name, services: UseCases, _: AnOperator) -> dict[str, Any]:
    """An agent's keys, revoked ones too; never their secrets."""
    return {"keys": [_key(key) for key in services.agents.keys(agent)]}


@router.post("/agents/{agent}/keys", status_code=201)
def create_key(agent: Name, body: KeyBody, services: UseCases, operator: AnAdmin) -> dict[str, Any]:
    """Make a key; `key` in the answer is shown this once. A `pep` key may ask for explanations unless told not to."""
    may_explain = body.kind == "pep" if body.may_explain is None else body.may_explain
    new = services.agents.create_key(
        operator.name, agent, body.kind, may_explain=may_explain, ttl_seconds=body.ttl_seconds
    )
    return {
        "id": new.id,
        "agent": new.agent,
        "kind": new.kind,
        "key": new.secret,
        "expires_at": optional_time(new.expires_at),
    }


@router.delete("/agents/{agent}/keys/{key}", status_code=204)
def revoke_key(agent: Name, key: Name, services: UseCases, operator: AnAdmin) -> None:
    """Revoke a key: nothing recorded after the answer relies on it."""
    services.agents.revoke_key(operator.name, agent, key)


def _agent(name: str, description: str, created_at: int) -> dict[str, Any]:
    return {"name": name, "description": description, "created_at": optional_time(created_at)}


def _key(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "kind": key.kind,
        "may_explain": key.may_explain,
        "created_at": optional_time(key.created_at),
        "expires_at": optional_time(key.expires_at),
        "revoked_at": optional_time(key.revoked_at),
    }
