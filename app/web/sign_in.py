"""Pages: signing in and out."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services.errors import TooManyError, UnauthenticatedError
from app.web.cases import UseCases
from app.web.pages import page
from app.web.visitor import COOKIE, AReader, Passphrase, check_origin, source_of

router = APIRouter()
_NEXT = re.compile(r"/console(/[A-Za-z0-9_-]+)*")


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/console") -> Response:
    """The form."""
    return page(request, "sign_in", next=_own(next), name="", wrong="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    cases: UseCases,
    name: Annotated[str, Form(max_length=64)],
    passphrase: Passphrase,
    next: Annotated[str, Form(max_length=200)] = "/console",
) -> Response:
    """The answer holds the second secret, once; the browser keeps it, and no other page ever shows it."""
    check_origin(request, cases)
    try:
        new = cases.visits.open(name, passphrase, source_of(request))
    except (UnauthenticatedError, TooManyError) as error:
        status = 429 if isinstance(error, TooManyError) else 401
        return page(request, "sign_in", next=_own(next), name=name, wrong=error.detail, status=status)
    response = page(request, "signed_in", next=_own(next), secret=new.secret)
    # INVARIANT: no script reads the cookie, no other site has it sent.
    secure = request.url.scheme == "https" or cases.behind_proxy
    response.set_cookie(COOKIE, new.token, path="/console", secure=secure, httponly=True, samesite="strict")
    return response


@router.post("/sign-out")
def sign_out(request: Request, cases: UseCases, visitor: AReader) -> Response:
    """It takes nothing from anybody but the visitor, so the cookie is enough."""
    check_origin(request, cases)
    cases.visits.end(visitor.visit)
    response = RedirectResponse("/console/sign-in", 303)
    response.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
    return response


def _own(path: str) -> str:
    """Where to go on: one of our pages, whatever a link says."""
    return path if _NEXT.fullmatch(path) else "/console"
