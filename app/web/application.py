"""The console's pages put together: an application of its own, for the addresses below /console."""

from collections.abc import Callable
from pathlib import Path

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services import errors
from app.web import activity, approval, control, delegation, edit, inbox, sign_in
from app.web.cases import Cases
from app.web.pages import page
from app.web.visitor import NotSignedInError, ProofNeededError

_log = structlog.get_logger()
_STATIC = Path(__file__).parent / "static"
# INVARIANT: nothing on a page runs, styles or loads but our own files; no page is shown inside another.
_OURS = ("script-src", "style-src", "img-src", "connect-src", "form-action")
_NOTHING = ("default-src", "base-uri", "frame-ancestors")
_POLICY = "; ".join([*(f"{one} 'none'" for one in _NOTHING), *(f"{one} 'self'" for one in _OURS)])
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_STATUS: dict[type[Exception], int] = {
    errors.InvalidError: 400,
    errors.UnauthenticatedError: 401,
    errors.RefusedError: 403,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.TooManyError: 429,
}


def console(cases: Cases) -> FastAPI:
    """The application of the pages."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.cases = cases
    for pages in (sign_in, inbox, approval, edit, delegation, activity, control):
        app.include_router(pages.router, prefix="/console")
    app.include_router(_files(), prefix="/console")
    app.add_exception_handler(NotSignedInError, _sign_in_first)
    app.add_exception_handler(ProofNeededError, _prove_first)
    for kind in (errors.ProblemError, errors.UnavailableError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_middleware(_Headers)
    return app


class _Headers:
    """Adds what every page bears, errors too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, sending)


def _files() -> APIRouter:
    router = APIRouter()
    for name, media_type in (("console.css", "text/css"), ("console.js", "text/javascript")):
        router.add_api_route(f"/static/{name}", _file((_STATIC / name).read_bytes(), media_type))
    return router


def _file(content: bytes, media_type: str) -> Callable[[], Response]:
    def answer() -> Response:
        return Response(content, media_type=media_type)

    return answer


def _sign_in_first(request: Request, _: Exception) -> Response:
    path = request.url.path if request.method == "GET" else "/console"
    # A link from elsewhere comes without the cookie, which is for our own pages: loaded again by ours, it is there.
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        return page(request, "again", path=path)
    return RedirectResponse(f"/console/sign-in?next={path}", 303)


async def _prove_first(request: Request, error: Exception) -> Response:
    """The same request again as a form that asks for the passphrase."""
    if not isinstance(error, ProofNeededError):
        raise error
    form = await request.form()
    fields = [(name, value) for name, value in form.items() if isinstance(value, str) and name not in _PROOFS]
    status = 403 if error.wrong is None else _STATUS[type(error.wrong)]
    wrong = error.wrong.detail if error.wrong is not None else ""
    return page(request, "prove", path=request.url.path, fields=fields, wrong=wrong, status=status)


_PROOFS = ("secret", "passphrase")


def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return page(request, "error", title=str(error.detail), detail="", status=error.status_code)
    if isinstance(error, RequestValidationError):
        return page(request, "error", title="This is no valid request", detail="", status=400)
    if isinstance(error, errors.UnavailableError):
        detail = "Nothing is being decided: the log cannot be written. Agents are told no."
        return page(request, "error", title="Unavailable", detail=detail, status=503)
    if isinstance(error, errors.ProblemError):
        return page(request, "error", title="That did not work", detail=error.detail, status=_STATUS[type(error)])
    _log.error("page.failed", path=request.url.path, exc_info=error)
    return page(request, "error", title="Something went wrong here", detail="The log has the details.", status=500)
