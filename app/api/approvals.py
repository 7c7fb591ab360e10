"""Routes: approvals. Agents wait for them and take them back; people answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from msgspec import to_builtins
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from app.api.bodies import Body
from app.api.names import PathName, QueryText
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAgentOrApprover, AnAgentOrOperator, AnApprover, source_of
from app.api.times import optional_time
from app.audit_log.timestamp import timestamp
from app.core.approval_life import Status
from app.core.trust import Trust
from app.services.answer import evaluation_id
from app.services.approval_decisions import Answer
from app.services.approvals import Card, Risk
from app.services.asking import quorums
from app.services.room import waiting
from app.storage.approvals import Scope

router = APIRouter(prefix="/approvals", tags=["approvals"])
_MOST_FOLLOWED = 2**53 - 1
Code = Literal["pending", "approved", "denied", "expired", "cancelled", "consumed", "edited"]
After = Annotated[str | None, Query(max_length=64, description="The `next` of the page before.")]


class DecisionBody(Body):
    """`approve` with `arguments` approves those in the place of what was sent. `deny` for `session` ends that too."""

    decision: Literal["approve", "deny"]
    scope: Scope = "once"
    arguments: dict[str, Any] | None = None
    message: str = Field("", max_length=2_000, description="For the agent.")
    passphrase: str = Field("", max_length=1_024, description="Needed where a strong approval is asked for.")


class QuorumAnswer(BaseModel):
    need: int
    of: list[str] = Field(description="Names or roles; empty: whoever may approve.")
    owner: bool = Field(description="Whether the agent's owner counts.")


class VoteAnswer(BaseModel):
    operator: str
    role: str


class ApprovalAnswer(BaseModel):
    """`code` is the status, or `edited`: other arguments were approved, to be evaluated anew."""

    id: str
    status: Status
    code: Code
    allowed: Literal[False] = Field(False, description="An approval is no decision: evaluate the request again.")
    level: Literal["REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL"]
    risk: Risk
    agent: str
    key: str
    actor: str | None
    session_id: str | None
    tool: str | None
    reason: str | None
    rules: list[str]
    trust: str
    tainted: bool
    evaluation_id: str = Field(description="The decision that asked.")
    opened_at: str
    expires_at: str = Field(description="Until when it can be answered.")
    quorums: list[QuorumAnswer] = Field(description="All that must agree; empty: one person.")
    votes: list[VoteAnswer]
    waiting: int = Field(description="Callers that wait for it at this service.")
    readable: bool = Field(description="Whether its arguments are few enough to be approved.")
    once_only: str = Field(description="Why it cannot be approved for the session; empty where it can.")
    scope: Scope | None
    uses: int | None = Field(description="How often a yes may be used; null: any number of times.")
    used: int
    valid_until: str | None
    decided_at: str | None
    decided_by: str | None
    message: str
    edited_into: str | None = Field(description="The approval of the same request with other arguments.")
    changed: int = Field(description="The entry of its latest change.")


class WholeApprovalAnswer(ApprovalAnswer):
    request: dict[str, Any] | None = Field(description="As received; null once it was erased.")
    effects: list[dict[str, Any]] | None
    tree: list[dict[str, Any]] | None = Field(
        description="For operators who look at it: each command with its effects, under the one that runs it."
    )
    flat: str = Field(description="Why no command stands under another one there; empty where they do.")
    edited_arguments: dict[str, Any] | None


class ApprovalsAnswer(BaseModel):
    approvals: list[ApprovalAnswer]
    next: str | None = Field(description="The `after` of the next page; null at the end.")
    seq: int = Field(description="The newest entry when this was read: what `/approvals/stream` goes on from.")


@router.get("")
def list_approvals(
    services: UseCases,
    caller: AnAgentOrOperator,
    status: Status | Literal["any"] = "pending",
    agent: QueryText = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ApprovalsAnswer:
    """What waits, the gravest and soonest first; with another `status`, the newest first. An agent sees its own."""
    only = caller.sees_only
    if agent is not None:
        only = (agent,) if only is None or agent in only else ()
    listed = services.approvals.all(None if status == "any" else status, limit, after, only)
    log = services.configurations.current.log
    return ApprovalsAnswer(
        approvals=[ApprovalAnswer(**_fields(card, log)) for card in listed.cards], next=listed.onward, seq=listed.seq
    )


async def _listens(request: Request, services: UseCases, caller: AnAgentOrOperator) -> AsyncIterator[None]:
    """Counts a stream until its end, however that comes."""
    with services.streams.one_of(caller.id, request.scope):
        yield


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
    dependencies=[Depends(_listens)],
)
async def follow_approvals(
    services: UseCases,
    caller: AnAgentOrOperator,
    after: Annotated[int | None, Query(ge=-1, le=_MOST_FOLLOWED)] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,16}$")] = None,
) -> StreamingResponse:
    """Server-sent events: an `approval` for each that changes from now on, or after the entry in `after`.

    `Last-Event-ID` goes on where an earlier stream broke off. An agent hears of its own.
    """
    since = int(last_event_id) if last_event_id is not None else after
    cards = services.approvals.follow(since, caller.sees_only)
    return StreamingResponse(_events(cards, services, caller), media_type="text/event-stream")


@router.get("/{approval}")
async def show_approval(
    approval: PathName,
    request: Request,
    services: UseCases,
    caller: AnAgentOrOperator,
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait for an answer.")] = 0,
) -> WholeApprovalAnswer:
    """One approval, its whole request, and what became of it. An agent sees its own."""
    with waiting(request.scope, caller.id) as may_wait:
        card = await services.approvals.wait(approval, wait if may_wait else 0, caller.sees_only)
    return await asyncio.to_thread(_whole, card, services, drawn=caller.operator is not None)


@router.post("/{approval}/decision", responses=problems(409))
def decide_approval(
    approval: PathName, body: DecisionBody, request: Request, services: UseCases, operator: AnApprover
) -> WholeApprovalAnswer:
    """Answer. The same answer a second time changes nothing; a late one, or another one, is refused."""
    if body.passphrase:
        services.passphrases.verify(operator.name, operator, body.passphrase, source_of(request))
    answer = Answer(
        decision=body.decision,
        scope=body.scope,
        arguments=body.arguments,
        message=body.message,
        proved=bool(body.passphrase),
    )
    return _whole(services.decisions.decide(operator, approval, answer), services)


@router.post("/{approval}/cancel", responses=problems(409))
def cancel_approval(approval: PathName, services: UseCases, caller: AnAgentOrApprover) -> WholeApprovalAnswer:
    """Take it back, answered or not: the agent its own request, an operator what was approved."""
    if caller.key is not None:
        services.approvals.cancel(caller.key, approval)
    if caller.operator is not None:
        services.approvals.revoke(caller.operator.name, approval)
    return _whole(services.approvals.show(approval), services)


def _whole(card: Card, services: UseCases, *, drawn: bool = False) -> WholeApprovalAnswer:
    found = services.approvals.drawn(card) if drawn else None
    return WholeApprovalAnswer(
        **_fields(card, services.configurations.current.log),
        request=card.request,
        effects=card.effects,
        tree=to_builtins(found.branches) if found is not None else None,
        flat=found.flat if found is not None else "",
        edited_arguments=card.edited,
    )


async def _events(
    changes: AsyncIterator[list[Card]], services: UseCases, caller: AnAgentOrOperator
) -> AsyncIterator[bytes]:
    log = services.configurations.current.log
    async for cards in changes:
        # INVARIANT: who was disabled, or whose key was revoked, while they listened is told nothing more.
        if not await asyncio.to_thread(caller.stands, services):
            return
        for card in cards:
            document = ApprovalAnswer(**_fields(card, log)).model_dump_json()
            yield f"id: {card.stored.changed}\nevent: approval\ndata: {document}\n\n".encode()
        if not cards:
            yield b": still here\n\n"


def _fields(card: Card, log: str) -> dict[str, Any]:
    one, entry = card.stored, card.entry
    request = entry.get("request", {})
    return {
        "id": one.id,
        "status": card.status,
        "code": card.code,
        "level": "REQUIRE_STRONG_APPROVAL" if one.strong else "REQUIRE_APPROVAL",
        "risk": card.risk,
        "agent": one.agent,
        "key": one.key,
        "actor": entry.get("actor", {}).get("name"),
        "session_id": one.session,
        "tool": request.get("tool"),
        "reason": entry.get("reason"),
        "rules": entry.get("rules", []),
        "trust": Trust(one.trust).name,
        "tainted": bool(one.tainted),
        "evaluation_id": evaluation_id(log, one.asked),
        "opened_at": timestamp(one.opened_at),
        "expires_at": timestamp(one.expires_at),
        "quorums": [QuorumAnswer(need=each.need, of=list(each.of), owner=each.owner) for each in quorums(one)],
        "votes": [VoteAnswer(operator=vote.operator, role=vote.role) for vote in card.votes],
        "waiting": card.waiting,
        "readable": card.readable,
        "once_only": card.once_only,
        "scope": one.scope,
        "uses": one.uses,
        "used": one.used,
        "valid_until": optional_time(one.valid_until),
        "decided_at": optional_time(one.decided_at),
        "decided_by": one.decided_by,
        "message": one.message,
        "edited_into": one.edited_into,
        "changed": one.changed,
    }
