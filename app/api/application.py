"""The routes put together."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app import __version__
from app.api import (
    agents,
    approvals,
    audit,
    delegations,
    evaluations,
    health,
    keys,
    openapi,
    operators,
    policy,
    sessions,
    stops,
    workspaces,
)
from app.api.hooks import routes as hooks
from app.api.problem import Problem, problem
from app.api.services import Services
from app.services.errors import InvalidError, ProblemError, UnavailableError

_log = structlog.get_logger()
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def application(services: Services, lifespan: Lifespan) -> FastAPI:
    """The FastAPI application of one service."""
    app = FastAPI(
        title="agent-sudo",
        version=__version__,
        summary="A policy decision point for the tool calls of AI agents.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=openapi.TAGS,
        generate_unique_id_function=_name,
        lifespan=lifespan,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # One address a route: /evaluate/ is not /evaluate.
        redirect_slashes=False,
    )
    app.state.services = services
    for router in (
        evaluations.router,
        hooks.router,
        agents.router,
        keys.router,
        sessions.router,
        approvals.router,
        delegations.router,
        operators.router,
        stops.router,
        policy.router,
        workspaces.router,
        audit.router,
        health.router,
    ):
        app.include_router(router)
    for kind in (ProblemError, UnavailableError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)
    openapi.complete(app)
    return app


def _name(route: APIRoute) -> str:
    return route.name


def _answer(request: Request, error: Exception) -> Response:
    services: Services = request.app.state.services
    answer = services.hot.refusal(_problem(error))
    if answer.status == 500:
        _log.error("request.failed", path=request.url.path, exc_info=error)
    response = answer.for_starlette()
    if answer.status == 405:
        response.headers["allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """What the routes of this address can do."""
    scopes = [(method, {**request.scope, "method": method}) for method in _METHODS]
    return [
        method for method, scope in scopes if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


def _problem(error: Exception) -> Problem:
    if isinstance(error, RequestValidationError):
        return problem(InvalidError("invalid_request", _first(error)))
    if isinstance(error, HTTPException):
        code = {404: "no_such_route", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return Problem(str(error.detail), error.status_code, code, "Look at /openapi.json for what there is.")
    return problem(error)


def _first(error: RequestValidationError) -> str:
    """The first complaint in words; never the value, which may be a secret."""
    first = error.errors()[0]
    said = "is not known here" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{'.'.join(str(step) for step in first['loc'])}: {said}"
