"""Routes: agents' keys."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.agents import AgentName
from app.api.bodies import Body
from app.api.names import PathName
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnApprover, AnOperator
from app.api.times import optional_time
from app.audit_log.timestamp import timestamp
from app.services.keys import MOST_AGENTS, NewKey
from app.storage.keys import Key

router = APIRouter(tags=["agents"])
_LONGEST_S = 10 * 366 * 86_400


class KeyBody(Body):
    """`may_explain`: whether the key may ask for explanations; left out, a `pep` key may."""

    kind: Literal["pep", "agent"] = "pep"
    ttl_seconds: int | None = Field(None, gt=0, le=_LONGEST_S, description="Left out: until it is revoked.")
    may_explain: bool | None = None
    also: list[AgentName] = Field(
        default=[], max_length=MOST_AGENTS - 1, description="Further agents that a pep key speaks for, by `actor`."
    )


class RotateBody(Body):
    """`overlap_seconds`: how long the old key goes on working; 0 revokes it at once."""

    overlap_seconds: int = Field(86_400, ge=0, le=30 * 86_400)
    ttl_seconds: int | None = Field(None, gt=0, le=_LONGEST_S, description="Of the new key; left out: no end.")


class KeyAnswer(BaseModel):
    id: str
    kind: Literal["pep", "agent"]
    agents: list[str] = Field(description="For whom it may speak.")
    may_explain: bool
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None = Field(description="To the hour; null: not yet.")


class KeysAnswer(BaseModel):
    keys: list[KeyAnswer]


class NewKeyAnswer(BaseModel):
    id: str
    agent: str
    kind: Literal["pep", "agent"]
    key: str = Field(description="The secret; it is shown this once.")
    agents: list[str]
    expires_at: str | None


@router.get("/agents/{agent}/keys")
def list_keys(agent: PathName, services: UseCases, _: AnOperator) -> KeysAnswer:
    """The keys that may speak for an agent, revoked ones too; never their secrets."""
    return KeysAnswer(keys=[_key(key) for key in services.keys.of(agent)])


@router.post("/agents/{agent}/keys", status_code=201)
def create_key(agent: PathName, body: KeyBody, services: UseCases, operator: AnAdmin) -> NewKeyAnswer:
    """Make a key; `key` in the answer is shown this once."""
    may_explain = body.kind == "pep" if body.may_explain is None else body.may_explain
    return _new(
        services.keys.create(
            operator.name, agent, body.kind, may_explain=may_explain, ttl_seconds=body.ttl_seconds, also=body.also
        )
    )


@router.post("/agents/{agent}/keys/{key}/rotate", status_code=201)
def rotate_key(agent: PathName, key: PathName, body: RotateBody, services: UseCases, operator: AnAdmin) -> NewKeyAnswer:
    """Make a key with the same rights as an old one; both work until the overlap ends."""
    return _new(services.keys.rotate(operator.name, agent, key, body.overlap_seconds, body.ttl_seconds))


@router.delete("/agents/{agent}/keys/{key}", status_code=204)
def revoke_key(agent: PathName, key: PathName, services: UseCases, operator: AnApprover) -> None:
    """Revoke a key: nothing recorded after the answer relies on it."""
    services.keys.revoke(operator.name, agent, key)


def _new(key: NewKey) -> NewKeyAnswer:
    return NewKeyAnswer(
        id=key.id,
        agent=key.agent,
        kind=key.kind,
        key=key.secret,
        agents=[key.agent, *key.also],
        expires_at=optional_time(key.expires_at),
    )


def _key(key: Key) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        kind=key.kind,
        agents=list(key.agents),
        may_explain=key.may_explain,
        created_at=timestamp(key.created_at),
        expires_at=optional_time(key.expires_at),
        revoked_at=optional_time(key.revoked_at),
        last_used_at=optional_time(key.last_used_at),
    )
