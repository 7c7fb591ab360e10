"""Routes: delegations."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.api.audit import EntryAnswer
from app.api.bodies import Body
from app.api.names import PLAIN, PathName, QueryText
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnApprover, AnOperator
from app.api.times import optional_time
from app.audit_log.timestamp import timestamp
from app.core.delegation import Terms
from app.services.agents import NAME
from app.services.delegations import LONGEST_S, Shown, State, Wish
from app.services.errors import InvalidError

router = APIRouter(prefix="/delegations", tags=["delegations"])
_MOST = 64
_AFTER = 2**53 - 1
Action = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN)]
Pattern = Annotated[str, Field(min_length=1, max_length=1_000, pattern=PLAIN)]


class DelegationBody(Body):
    """What a person allows ahead of time. It covers exactly what it names, and a call that does more is asked about."""

    agent: str = Field(
        pattern=f"^{NAME.pattern}(/[A-Za-z0-9._/-]{{1,100}})?$",
        examples=["coder"],
        description="The agent; `coder/reader` is that part of it only.",
    )
    allowed_actions: list[Action] = Field([], max_length=_MOST, examples=[["read_file"]])
    allowed_paths: list[Pattern] = Field([], max_length=_MOST, examples=[["/srv/project/**"]])
    hosts: list[Pattern] = Field([], max_length=_MOST, description="api.example.com, *.example.com, example.com:8443")
    commands: list[Pattern] = Field([], max_length=_MOST, description="For `shell`: git status *")
    denied_actions: list[Action] = Field([], max_length=_MOST, description="Denied to the agent while this lasts.")
    when: str = Field("", max_length=2_000, description="A condition in CEL, as in the policy.")
    session_id: str | None = Field(None, min_length=1, max_length=200, pattern=PLAIN)
    ttl_seconds: int = Field(gt=0, le=LONGEST_S, examples=[7200])
    max_uses: int | None = Field(None, gt=0, le=1_000_000, examples=[10], description="Left out: any number.")
    reason: str = Field("", max_length=500, pattern=PLAIN)
    critical: bool = Field(False, description="Also where a strong approval is asked for; needs the `passphrase`.")
    passphrase: str = Field("", max_length=1_024)


class DelegationAnswer(BaseModel):
    id: str
    state: State
    agent: str
    allowed_actions: list[str]
    allowed_paths: list[str]
    hosts: list[str]
    commands: list[str]
    denied_actions: list[str]
    when: str
    session_id: str | None
    reason: str
    critical: bool
    parent: str | None
    uses: int
    max_uses: int | None
    issued_by: str
    issued_at: str
    expires_at: str
    revoked_by: str | None
    revoked_at: str | None
    warnings: list[str] = Field(description="What is broad about it, and what of it covers nothing.")


class DelegationsAnswer(BaseModel):
    delegations: list[DelegationAnswer]
    next: int | None = Field(description="The `before` of the next page; null at the end.")


class TraceAnswer(BaseModel):
    entries: list[EntryAnswer]
    next: int | None = Field(description="The `after` of the next page; null at the end.")


@router.post("", status_code=201, responses=problems(404))
def create_delegation(
    body: DelegationBody, request: Request, services: UseCases, operator: AnApprover
) -> DelegationAnswer:
    """Allow something ahead of time, narrowly and for a while. What the policy denies stays denied."""
    if body.critical:
        if not body.passphrase:
            raise InvalidError("passphrase_needed", "A critical delegation needs your `passphrase` in the body.")
        # INVARIANT: being signed in is not enough here; whoever grants what is critical shows the passphrase now.
        source = request.client.host if request.client else ""
        services.passphrases.verify(operator.name, operator, body.passphrase, source)
    terms = Terms(
        allowed_actions=tuple(body.allowed_actions),
        allowed_paths=tuple(body.allowed_paths),
        hosts=tuple(body.hosts),
        commands=tuple(body.commands),
        denied_actions=tuple(body.denied_actions),
        when=body.when,
    )
    wish = Wish(
        agent=body.agent,
        terms=terms,
        ttl_seconds=body.ttl_seconds,
        max_uses=body.max_uses,
        session=body.session_id,
        reason=body.reason,
        critical=body.critical,
    )
    return _answer(services.delegations.create(operator, wish))


@router.get("")
def list_delegations(
    services: UseCases,
    _: AnOperator,
    before: Annotated[int | None, Query(ge=0, le=_AFTER)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    agent: QueryText = None,
    *,
    live: bool = False,
) -> DelegationsAnswer:
    """Delegations, the newest first; `live` leaves out what can no longer be used."""
    found = services.delegations.all(before, limit, agent, live=live)
    last = found[-1].stored.issued if len(found) == limit else None
    return DelegationsAnswer(delegations=[_answer(one) for one in found], next=last)


@router.get("/{delegation}")
def show_delegation(delegation: PathName, services: UseCases, _: AnOperator) -> DelegationAnswer:
    """One delegation, how it stands, and what is broad about it."""
    return _answer(services.delegations.show(delegation))


@router.delete("/{delegation}", status_code=204)
def revoke_delegation(delegation: PathName, services: UseCases, operator: AnApprover) -> None:
    """Revoke a delegation: nothing recorded after the answer relies on it."""
    services.delegations.revoke(operator.name, delegation)


@router.get("/{delegation}/trace")
def trace_delegation(
    delegation: PathName,
    services: UseCases,
    _: AnOperator,
    after: Annotated[int, Query(ge=-1, le=_AFTER)] = -1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> TraceAnswer:
    """Its life as the log tells it: who issued it, every decision that relied on it, who revoked it."""
    found = services.delegations.trace(delegation, after, limit)
    last = found[-1]["seq"] if len(found) == limit else None
    return TraceAnswer(entries=[EntryAnswer.model_validate(one) for one in found], next=last)


def _answer(one: Shown) -> DelegationAnswer:
    stored, terms = one.stored, one.terms
    fields: dict[str, Any] = {name: getattr(terms, name) for name in Terms.__struct_fields__}
    fields |= {name: list(value) for name, value in fields.items() if isinstance(value, tuple)}
    return DelegationAnswer(
        **fields,
        id=stored.id,
        state=one.state,
        agent=stored.part,
        session_id=stored.session,
        reason=stored.reason,
        critical=bool(stored.critical),
        parent=stored.parent,
        uses=stored.uses,
        max_uses=stored.max_uses,
        issued_by=stored.issued_by,
        issued_at=timestamp(stored.issued_at),
        expires_at=timestamp(stored.expires_at),
        revoked_by=stored.revoked_by,
        revoked_at=optional_time(stored.revoked_at),
        warnings=list(one.warnings),
    )
