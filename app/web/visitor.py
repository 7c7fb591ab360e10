"""Who looks at a page, and what a browser must show before anything is done.

Cookies ignore ports: whatever else listens on this host is sent ours too, and could send it back to us. So the cookie
alone only reads. Doing something takes a request from our own pages, and a second secret that the browser keeps for
this origin only; or the passphrase.
"""

import ipaddress
from typing import Annotated

from fastapi import Depends, Form, Request
from msgspec import Struct

from app.services.errors import ProblemError, RefusedError
from app.services.visits import is_secret_of
from app.storage.operators import Operator
from app.storage.visits import Visit
from app.web.cases import Cases, UseCases

COOKIE = "agent_sudo_visit"
Secret = Annotated[str, Form(max_length=100)]
Passphrase = Annotated[str, Form(max_length=1_024)]


class NotSignedInError(Exception):
    """The browser is sent to the page where one signs in."""


class ProofNeededError(Exception):
    """What was asked for is repeated with the passphrase."""

    def __init__(self, visitor: "Visitor", wrong: ProblemError | None = None) -> None:
        super().__init__()
        self.visitor = visitor
        self.wrong = wrong


class Visitor(Struct, frozen=True):
    """An operator on a page. `proved`: the passphrase came with this very request."""

    visit: Visit
    operator: Operator
    proved: bool = False

    @property
    def may_answer(self) -> bool:
        return self.operator.role != "auditor"


def _reader(request: Request, cases: UseCases) -> Visitor:
    found = cases.visits.find(request.cookies.get(COOKIE, ""))
    if found is None:
        raise NotSignedInError
    return Visitor(*found)


def check_origin(request: Request, cases: Cases) -> None:
    """Raises RefusedError unless one of our own pages sends this, over a connection that nobody listens to."""
    # INVARIANT: same-site is not enough, since another port of this host is of the same site.
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise RefusedError("not_from_our_pages", "This is only taken from the console's own pages.")
    if not (request.url.scheme == "https" or cases.behind_proxy or _is_loopback(source_of(request))):
        raise RefusedError("in_clear", "Operators sign in over TLS or on this machine only.")


def source_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def _actor(
    request: Request,
    cases: UseCases,
    visitor: Annotated[Visitor, Depends(_reader)],
    secret: Secret = "",
    passphrase: Passphrase = "",
) -> Visitor:
    check_origin(request, cases)
    if passphrase:
        try:
            cases.visits.check(visitor.operator.name, passphrase, source_of(request))
        except ProblemError as error:
            raise ProofNeededError(visitor, error) from None
        return Visitor(visitor.visit, visitor.operator, True)
    # INVARIANT: the cookie alone changes nothing.
    if not is_secret_of(visitor.visit, secret):
        raise ProofNeededError(visitor)
    return visitor


def _approver(visitor: Annotated[Visitor, Depends(_actor)]) -> Visitor:
    if not visitor.may_answer:
        raise RefusedError("approver_needed", "Auditors only read.")
    return visitor


def _admin(visitor: Annotated[Visitor, Depends(_actor)]) -> Visitor:
    if visitor.operator.role != "admin":
        raise RefusedError("admin_needed", "This needs an admin.")
    return visitor


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


AReader = Annotated[Visitor, Depends(_reader)]
AnActor = Annotated[Visitor, Depends(_actor)]
AnApprover = Annotated[Visitor, Depends(_approver)]
AnAdmin = Annotated[Visitor, Depends(_admin)]
