"""Pages: agents, sessions, delegations, the policy, and the buttons that stop them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services.policies import unpack
from app.services.search import Wanted
from app.web.cases import UseCases
from app.web.evidence import summary
from app.web.pages import page
from app.web.visitor import AnAdmin, AnApprover, AReader

router = APIRouter()
_SHOWN = 200
_DENIALS = 200
_PROPOSALS = 5
Reason = Annotated[str, Form(max_length=500)]


@router.get("/agents")
def show_agents(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """Who may call, and what was denied to them lately."""
    suspended = {one.name: one for one in cases.stops.all() if one.kind == "agent"}
    found, _ = cases.audit.newest(None, _DENIALS, Wanted(type="decision", decision="DENY"))
    denials: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        request_ = (one["payload"] or {}).get("request")
        denials.setdefault(one["agent"], []).append(
            {"entry": one, "summary": summary(request_) if isinstance(request_, dict) else "(erased)"}
        )
    return page(
        request,
        "agents",
        visitor,
        agents=cases.agents.all(),
        suspended=suspended,
        denials=denials,
        looked_at=len(found),
    )


@router.get("/sessions")
def show_sessions(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """Those that live."""
    return page(request, "sessions", visitor, sessions=cases.sessions.all(None, _SHOWN))


@router.post("/sessions/{name}/end")
def end_session(name: str, cases: UseCases, visitor: AnApprover) -> Response:
    """End a session, and all inside of it."""
    cases.sessions.stop(visitor.operator.name, name)
    return RedirectResponse("/console/sessions", 303)


@router.get("/delegations")
def show_delegations(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """What people allowed ahead of time, the newest first."""
    found = cases.delegations.all(None, _SHOWN, None, live=False)
    return page(request, "delegations", visitor, delegations=found)


@router.post("/delegations/{name}/revoke")
def revoke_delegation(name: str, cases: UseCases, visitor: AnApprover) -> Response:
    """Nothing recorded later relies on it."""
    cases.delegations.revoke(visitor.operator.name, name)
    return RedirectResponse("/console/delegations", 303)


@router.get("/policy")
def show_policy(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """The text in force, and what was proposed in its place."""
    found = cases.policies.in_force()
    proposals = cases.policies.proposals(_PROPOSALS)
    return page(request, "policy", visitor, found=found, files=unpack(found.policy.files), proposals=proposals)


@router.post("/policy/{digest}/activate")
def activate_policy(
    digest: str, cases: UseCases, visitor: AnAdmin, previous: Annotated[str, Form(max_length=100)]
) -> Response:
    """Put a proposal in force, in the place of the policy that its difference was shown to."""
    cases.policies.activate(visitor.operator.name, digest, previous)
    return RedirectResponse("/console/policy", 303)


@router.get("/stops")
def show_stops(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """What is stopped, and the buttons."""
    return page(request, "stops", visitor, stops=cases.stops.all(), agents=[one.name for one in cases.agents.all()])


@router.post("/stops")
def press_stop(
    cases: UseCases,
    visitor: AnApprover,
    kind: Annotated[Literal["agent", "tool", "everything"], Form()],
    name: Annotated[str, Form(max_length=200)] = "",
    reason: Reason = "",
) -> Response:
    """Stop everything, an agent or a tool."""
    cases.stops.press(visitor.operator.name, kind, name, reason)
    return RedirectResponse("/console/stops", 303)


@router.post("/stops/{stop}/lift")
def lift_stop(stop: str, cases: UseCases, visitor: AnAdmin) -> Response:
    """Let it go on."""
    cases.stops.lift(visitor.operator.name, stop)
    return RedirectResponse("/console/stops", 303)
