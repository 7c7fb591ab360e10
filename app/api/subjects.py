"""Who calls, as types: a route's signature shows who may use it."""

import base64
import ipaddress
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security.http import HTTPAuthorizationCredentials, HTTPBase
from msgspec import Struct

from app.api.services import Services, UseCases
from app.services import api_key
from app.services.errors import RefusedError, UnauthenticatedError
from app.storage.keys import Key
from app.storage.operators import Operator

# They only split the header and describe themselves in the OpenAPI document. Never `auto_error`: it would challenge
# browsers to ask for a passphrase, which they would then send along with forged requests.
_BASIC = HTTPBase(
    scheme="basic",
    scheme_name="operator",
    description="An operator's name and passphrase, from scripts, over TLS or loopback. Browsers are refused.",
    auto_error=False,
)
_BEARER = HTTPBase(scheme="bearer", scheme_name="agent_key", description="An agent's key, `asudo_…`.", auto_error=False)
Given = HTTPAuthorizationCredentials | None


class Anyone(Struct, frozen=True):
    """An operator, or an agent by its key; exactly one of them."""

    operator: Operator | None
    key: Key | None

    @property
    def agent(self) -> str | None:
        """The agent to whom the caller's key belongs; None: an operator."""
        return self.key.agent if self.key is not None else None

    @property
    def id(self) -> str:
        """Who it is, unlike anybody else: names and keys' ids have no colon."""
        return f"key:{self.key.id}" if self.key is not None else f"operator:{self.operator and self.operator.name}"

    def stands(self, services: Services) -> bool:
        """Whether they are still who they were when they were let in. Blocks."""
        configuration = services.configurations.refresh()
        if self.key is not None:
            found = configuration.keys.get(self.key.digest)
            return found is not None and not services.configurations.has_expired(found)
        return self.operator is not None and configuration.operators.get(self.operator.name) == self.operator

    @property
    def sees_only(self) -> tuple[str, ...] | None:
        """The agents whose evaluations the caller may see; None: all."""
        return self.key.agents if self.key is not None else None


def _operator(request: Request, services: UseCases, given: Annotated[Given, Depends(_BASIC)]) -> Operator:
    if given is None or given.scheme.lower() != "basic":
        raise UnauthenticatedError("operator_needed", "This is for operators: send HTTP Basic operator:passphrase.")
    # INVARIANT: Basic is for scripts and never for browsers, which would send it along with forged requests.
    if "origin" in request.headers or any(name.startswith("sec-fetch-") for name in request.headers):
        raise RefusedError("basic_from_browser", "HTTP Basic is not taken from browsers.")
    # INVARIANT: a passphrase that came in the clear is not even looked at; who sent it by mistake sees it fail.
    if not _is_private(request, services):
        raise RefusedError("basic_in_clear", "HTTP Basic is taken over TLS or loopback only.")
    name, passphrase = _credentials(given.credentials)
    operator = services.configurations.refresh().operators.get(name)
    return services.passphrases.verify(name, operator, passphrase, source_of(request))


def source_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def _admin(operator: Annotated[Operator, Depends(_operator)]) -> Operator:
    if operator.role != "admin":
        raise RefusedError("admin_needed", f"The operator {operator.name!r} is {operator.role}; this needs an admin.")
    return operator


def _approver(operator: Annotated[Operator, Depends(_operator)]) -> Operator:
    if operator.role == "auditor":
        raise RefusedError("approver_needed", f"The operator {operator.name!r} is an auditor and only reads.")
    return operator


async def _calling_key(request: Request, services: UseCases, _described: Annotated[Given, Depends(_BEARER)]) -> Key:
    # As on the hot path: what this process has seen is enough, since the ledger is told what the entry rests upon.
    return _live(services, await services.hot.caller(dict(request.scope["headers"])))


def _agent_key(services: UseCases, given: Annotated[Given, Depends(_BEARER)]) -> Key:
    if given is None or given.scheme.lower() != "bearer":
        raise UnauthenticatedError("no_key", "Send the agent's key: Authorization: Bearer asudo_…")
    found = _live(services, services.configurations.refresh().keys.get(api_key.digest(given.credentials)))
    services.hot.check_rate(found)
    return found


def _live(services: Services, found: Key | None) -> Key:
    if found is None or services.configurations.has_expired(found):
        raise UnauthenticatedError("unknown_key", "This key is not known, has expired or was revoked.")
    return found


def _anyone(
    request: Request,
    services: UseCases,
    basic: Annotated[Given, Depends(_BASIC)],
    bearer: Annotated[Given, Depends(_BEARER)],
) -> Anyone:
    if basic is not None and basic.scheme.lower() == "basic":
        return Anyone(_operator(request, services, basic), None)
    return Anyone(None, _agent_key(services, bearer))


def _pep_key(key: Annotated[Key, Depends(_agent_key)]) -> Key:
    # INVARIANT: only an enforcement point vouches for anything; what an agent says of itself proves nothing.
    if key.kind != "pep":
        raise RefusedError("pep_key_needed", "This is for keys of kind pep, which the agent itself cannot read.")
    return key


def _pep_key_or_approver(caller: Annotated[Anyone, Depends(_anyone)]) -> Anyone:
    if caller.key is not None:
        _pep_key(caller.key)
    if caller.operator is not None:
        _approver(caller.operator)
    return caller


def _agent_key_or_approver(caller: Annotated[Anyone, Depends(_anyone)]) -> Anyone:
    if caller.operator is not None:
        _approver(caller.operator)
    return caller


def _is_private(request: Request, services: Services) -> bool:
    if request.url.scheme == "https" or services.behind_proxy:
        return True
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _credentials(value: str) -> tuple[str, str]:
    try:
        name, found, passphrase = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # wrong characters, wrong padding, no UTF-8
        raise _invalid_basic() from None
    if not found:
        raise _invalid_basic()
    return name, passphrase


def _invalid_basic() -> UnauthenticatedError:
    return UnauthenticatedError("invalid_basic", "HTTP Basic is base64 of operator:passphrase.")


AnOperator = Annotated[Operator, Depends(_operator)]
AnApprover = Annotated[Operator, Depends(_approver)]  # or an admin
AnAdmin = Annotated[Operator, Depends(_admin)]
ACallingKey = Annotated[Key, Depends(_calling_key)]
AnAgentKey = Annotated[Key, Depends(_agent_key)]
AnAgentOrApprover = Annotated[Anyone, Depends(_agent_key_or_approver)]
AnAgentOrOperator = Annotated[Anyone, Depends(_anyone)]
APepKey = Annotated[Key, Depends(_pep_key)]
APepKeyOrApprover = Annotated[Anyone, Depends(_pep_key_or_approver)]
