"""The routes put together."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app import __version__
from app.api import agents, audit, evaluations, health, policy, workspaces
from app.api.problem import Problem, problem
from app.api.schema import COMPONENTS
from app.api.services import Services
from app.services.errors import InvalidError, ProblemError, UnavailableError

_log = structlog.get_logger()

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def application(services: Services, lifespan: Lifespan) -> FastAPI:
    """The FastAPI application of one service."""
    app = FastAPI(
        title="agent-sudo",
        version=__version__,
        description="A policy decision point for the tool calls of AI agents.",
        lifespan=lifespan,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    for router in (
        evaluations.router,
        agents.router,
        policy.router,
        workspaces.router,
        audit.router,
        health.router,
    ):
        app.include_router(router)
    for kind in (ProblemError, UnavailableError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)
    _describe(app)
    return app


def _answer(request: Request, error: Exception) -> Response:
    services: Services = request.app.state.services
    answer = services.hot.refusal(_problem(error))
    if answer.status == 500:
        _log.error("request.failed", path=request.url.path, exc_info=error)
    response = Response(answer.body, answer.status)
    response.raw_headers[:] = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


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
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"


def _describe(app: FastAPI) -> None:
    """Complete the OpenAPI document: the hot path's types, the ways to authenticate, and 400 where FastAPI has 422."""
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            components = document.setdefault("components", {})
            schemas = {**components.get("schemas", {}), **COMPONENTS}
            components["schemas"] = {
                name: schema for name, schema in sorted(schemas.items()) if "ValidationError" not in name
            }
            components["securitySchemes"] = {
                "agent_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An agent's key, `asudo_…`.",
                },
                "operator": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "An operator's name and passphrase.",
                },
            }
            for path in document["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
        return app.openapi_schema or made()

    app.openapi = described  # type: ignore[method-assign]
