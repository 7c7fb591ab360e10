"""Pages: one approval. All of the request stands here, so here, and only here, it can be approved."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.core.trust import Trust
from app.services.approval_decisions import Answer
from app.services.approvals import Card
from app.services.drawn import Drawn
from app.services.errors import ConflictError, NotFoundError
from app.services.search import Wanted
from app.web.cases import Cases, UseCases
from app.web.evidence import evidence, exactly, flattened, summary
from app.web.pages import page
from app.web.visitor import AnApprover, AReader, ProofNeededError, Visitor

router = APIRouter(prefix="/approvals")
# What an effect is in a sentence, the gravest first; the title names two of them.
_DEEDS = {
    "opaque": "do something that cannot be read beforehand",
    "privilege": "act with other rights",
    "pay": "pay",
    "delete": "delete",
    "persist": "leave something that runs later",
    "message": "send a message",
    "network": "send to the network",
    "configure": "change settings",
    "execute": "run a program",
    "run": "run the project’s code",
    "write": "write",
    "access": "reach files",
    "call": "call a tool",
    "fetch": "fetch from the network",
    "query": "ask a tool",
    "read": "read",
}
_LAST = 8


@router.get("/{name}")
def show_approval(name: str, request: Request, cases: UseCases, visitor: AReader) -> Response:
    """The page of one approval."""
    return _shown(name, request, cases, visitor)


@router.get("/{name}/raw")
def show_raw(name: str, cases: UseCases, _: AReader) -> Response:
    """The request as JSON in plain ASCII, for copying."""
    card = cases.approvals.show(name)
    return PlainTextResponse(json.dumps(card.request, indent=2))


@router.get("/{name}/status")
def show_status(name: str, cases: UseCases, _: AReader) -> JSONResponse:
    """How it stands and who waits for it, so that a page can say that it is out of date."""
    card = cases.approvals.show(name)
    return JSONResponse({"code": card.code, "waiting": card.waiting})


@router.post("/{name}/answer")
def answer(
    name: str,
    request: Request,
    cases: UseCases,
    visitor: AnApprover,
    answer: Annotated[Literal["approve", "approve-session", "deny", "deny-session"], Form()],
    message: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Yes or no, once or for the session."""
    decision: Literal["approve", "deny"] = "approve" if answer.startswith("approve") else "deny"
    card = cases.approvals.show(name)
    # INVARIANT: a strong approval takes the passphrase with the answer itself, whatever else the browser holds.
    if decision == "approve" and card.stored.strong and not visitor.proved:
        raise ProofNeededError(visitor)
    said = Answer(
        decision=decision,
        scope="session" if answer.endswith("-session") else "once",
        message=message,
        proved=visitor.proved,
    )
    try:
        cases.decisions.decide(visitor.operator, name, said)
    except ConflictError as error:
        return _shown(name, request, cases, visitor, notice=error.detail, status=409)
    return Response(status_code=303, headers={"location": f"/console/approvals/{name}"})


def _shown(
    name: str, request: Request, cases: Cases, visitor: Visitor, *, notice: str = "", status: int = 200
) -> Response:
    card = cases.approvals.show(name)
    drawn = cases.approvals.drawn(card)
    fields = list(_fields(card.request or {}))
    hidden = sum(evidence(text).hidden for path, text, *_ in fields for text in (path, text))
    return page(
        request,
        "approval",
        visitor,
        card=card,
        title=_title(card, drawn),
        fields=fields,
        hidden=hidden,
        instead=list(_fields({"arguments": card.edited})) if card.edited is not None else [],
        drawn=drawn,
        trusts=[(trust.name, trust == card.stored.trust) for trust in sorted(Trust, reverse=True)],
        prompts=_prompts(cases, card),
        last=_last(cases, card),
        notice=notice,
        status=status,
    )


def _title(card: Card, drawn: Drawn | None) -> str:
    """A sentence of ours, nothing of it the agent's words."""
    kinds = {effect.kind.value for effect in drawn.effects} if drawn is not None else set(card.entry.get("effects", ()))
    deeds = [words for kind, words in _DEEDS.items() if kind in kinds][:2]
    return f"{card.stored.agent} wants to {' and '.join(deeds) or 'call a tool'}"


def _fields(request: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """All of the request, leaf by leaf: what would run first, then where, then what was said about it."""
    rest = {key: value for key, value in request.items() if key != "arguments"}
    leaves = [*flattened(request.get("arguments", {}), ""), *flattened(rest, "")]
    leaves.sort(key=lambda leaf: leaf[0] not in ("command", "cmd"))
    return [(path or "arguments", *exactly(value), False) for path, value in leaves if path or value]


def _prompts(cases: Cases, card: Card) -> list[dict[str, Any]]:
    """What the user asked for, as the enforcement point attests it."""
    if card.stored.session is None:
        return []
    try:
        return cases.sessions.show(card.stored.session, None).prompts[-3:]
    except NotFoundError:
        return []


def _last(cases: Cases, card: Card) -> list[dict[str, Any]]:
    """The latest decisions about this agent, in the same session where there is one."""
    found, _ = cases.audit.newest(None, 60, Wanted(agent=card.stored.agent, type="decision"))
    session = card.stored.session
    return [
        {**one, "summary": summary((one["payload"] or {}).get("request") or {})}
        for one in found
        if session is None or one["session"] == session
    ][:_LAST]
