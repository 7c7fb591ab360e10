"""Routes: sessions, opened and told by keys, listed and ended by operators too."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.bodies import Body
from app.api.names import VISIBLE, PathName, QueryText
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAgentKey, AnAgentOrOperator, AnApprover, APepKey, APepKeyOrApprover
from app.api.times import optional_time
from app.audit_log.timestamp import timestamp
from app.core.trust import Trust
from app.storage.sessions import Session

router = APIRouter(tags=["sessions"])
_SECONDS = Field(3_600, gt=0, le=7 * 86_400, description="How long it lives, by the service's clock.")
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]
TrustName = Annotated[str, Field(json_schema_extra={"enum": list(Trust.__members__)})]
Prompt = Annotated[str, Field(min_length=1, max_length=65_536, description="What the user said.")]


class SessionBody(Body):
    """`prompts` need a `pep` key. `parent` is a live session of the same agent, inside of which this one is.

    `agent` is one of those for whom the key speaks; needed where there are several.
    """

    ttl_seconds: int = _SECONDS
    prompts: list[Prompt] = Field([], max_length=16)
    labels: list[Label] = Field([], max_length=16)
    parent: Label | None = None
    agent: Label | None = None


class PromptBody(Body):
    prompt: Prompt


class ObservationBody(Body):
    """What the session has seen. Without a `source` that is known as the user's or the agent's, it is external."""

    tool: Label | None = None
    source: Label | None = None
    content: str | None = Field(None, description="Only its SHA-256 is kept.")


class ExtensionBody(Body):
    ttl_seconds: int = _SECONDS


class SessionAnswer(BaseModel):
    """`trust` is the most that a request in this session gets; it only falls."""

    id: str
    agent: str
    key: str = Field(description="The key that opened it.")
    parent: str | None
    labels: list[str]
    created_at: str
    expires_at: str
    ended_at: str | None
    trust: TrustName
    tainted: bool = Field(description="Whether it has seen external content.")
    prompts: int
    observations: int


class SessionsAnswer(BaseModel):
    sessions: list[SessionAnswer]


class PromptNote(BaseModel):
    seq: int
    ts: str
    prompt: str | None = Field(description="Null once it was erased.")


class ObservationNote(BaseModel):
    seq: int
    ts: str
    tool: str | None
    source: str | None
    trust: TrustName


class Notes(BaseModel):
    prompts: list[PromptNote]
    observations: list[ObservationNote]


class HistoryAnswer(SessionAnswer):
    newest: Notes = Field(description="The newest of what it was told and has seen, the oldest of them first.")


@router.post("/sessions", status_code=201, responses=problems(404, 409))
def open_session(body: SessionBody, services: UseCases, key: AnAgentKey) -> SessionAnswer:
    """Open a session of the key's agent. An `agent` key opens one of at most AGENT_INTERNAL, without prompts."""
    return _session(services.sessions.open(key, **body.model_dump()))


@router.get("/sessions")
def list_sessions(
    services: UseCases,
    caller: AnAgentOrOperator,
    agent: QueryText = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> SessionsAnswer:
    """The live sessions, the newest first. An agent sees its own."""
    seen = caller.sees_only
    wanted = seen if agent is None else [agent] if seen is None or agent in seen else []
    found = services.sessions.all(wanted, limit)
    return SessionsAnswer(sessions=[_session(one) for one in found])


@router.get("/sessions/{session}")
def show_session(session: PathName, services: UseCases, caller: AnAgentOrOperator) -> HistoryAnswer:
    """One session, live or not. An agent sees its own."""
    found = services.sessions.show(session, caller.sees_only)
    newest = Notes(
        prompts=[PromptNote.model_validate(one) for one in found.prompts],
        observations=[ObservationNote.model_validate(one) for one in found.observations],
    )
    return HistoryAnswer(**_session(found.session).model_dump(), newest=newest)


@router.post("/sessions/{session}/prompts", status_code=201, responses=problems(409))
def add_prompt(session: PathName, body: PromptBody, services: UseCases, key: APepKey) -> SessionAnswer:
    """Attest what else the user said. It is shown to those who approve; no trust is regained by it."""
    return _session(services.sessions.prompt(key, session, body.prompt))


@router.post("/sessions/{session}/observations", status_code=201, responses=problems(409))
def add_observation(session: PathName, body: ObservationBody, services: UseCases, key: AnAgentKey) -> SessionAnswer:
    """Report what the session has seen, which lowers its trust. Nothing recorded after the answer rests on the old."""
    return _session(services.sessions.observe(key, session, body.tool, body.source, body.content))


@router.post("/sessions/{session}/extend", responses=problems(409))
def extend_session(session: PathName, body: ExtensionBody, services: UseCases, key: APepKey) -> SessionAnswer:
    """Let it live longer: never beyond its parent, its key, or 30 days."""
    return _session(services.sessions.extend(key, session, body.ttl_seconds))


@router.delete("/sessions/{session}", status_code=204, responses=problems(409))
def end_session(session: PathName, services: UseCases, caller: APepKeyOrApprover) -> None:
    """End it, and all inside of it: nothing recorded after the answer relies on them."""
    if caller.key is not None:
        services.sessions.end(caller.key, session)
    elif caller.operator is not None:
        services.sessions.stop(caller.operator.name, session)


@router.delete("/agents/{agent}/sessions", status_code=204)
def end_sessions(agent: PathName, services: UseCases, operator: AnApprover) -> None:
    """End all sessions of an agent."""
    services.sessions.stop_all(operator.name, agent)


def _session(session: Session) -> SessionAnswer:
    return SessionAnswer(
        id=session.id,
        agent=session.agent,
        key=session.key,
        parent=session.parent,
        labels=session.labels,
        created_at=timestamp(session.created_at),
        expires_at=timestamp(session.expires_at),
        ended_at=optional_time(session.ended_at),
        trust=session.trust.name,
        tainted=session.trust <= Trust.EXTERNAL_CONTENT,
        prompts=session.prompts,
        observations=session.observations,
    )
