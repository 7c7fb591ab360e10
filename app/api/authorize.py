"""`POST /authorize`: the question of agent-runtimes' HTTP plugin, answered as that plugin reads it.

It sends no credential. So the route is there only where an operator has set a key for it, an agent's own: whoever asks
from this machine asks as that agent, with no more trust than an agent's word has.
"""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import structlog
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert
from msgspec.json import decode, encode
from starlette.types import Receive, Scope

from app.api.bodies import check_json, read_body
from app.api.hot import Hot, understood
from app.api.problem import problem
from app.api.response import Response
from app.services.errors import InvalidError, ProblemError, RefusedError
from app.services.evaluation import Evaluation
from app.telemetry.metrics import Metrics

PATH = "/authorize"
_JSON = ((b"content-type", b"application/json"),)
# What a browser, or something that passes on what others ask, says of itself.
_FOREIGN = ("cookie", "forwarded", "origin", "referer", "sec-", "via", "x-forwarded", "x-real-ip")
_RISK = {"SAFE": "low", "SENSITIVE": "medium", "CRITICAL": "high", "BLOCKED": "high"}
_log = structlog.get_logger()


class Question(Struct, frozen=True):
    """What is read of it: the call. What it says of delegations, risk and identity proves nothing."""

    tool: Annotated[str, Meta(min_length=1)]
    arguments: dict[str, Any] = {}
    resource: str | None = None

    def request(self) -> dict[str, Any]:
        """The same, as our own clients would put it."""
        asked = {"tool": self.tool, "arguments": self.arguments, "source": "agent"}
        # Where it knows of no resource it makes up an address of this form.
        made_up = self.resource is None or self.resource == f"tool://{self.tool}"
        return asked if made_up else {**asked, "target": self.resource}


class Verdict(Struct, frozen=True):
    """What the plugin reads is `decision` and `reason`, and takes along `delegation` and `risk_class`."""

    allowed: bool
    decision: Literal["allow", "deny", "approval_required", "delegated_allow"]
    reason: str
    code: str | UnsetType = UNSET
    risk_class: str | UnsetType = UNSET
    delegation: str | UnsetType = UNSET
    approval: dict[str, Any] | UnsetType = UNSET
    evaluation_id: str | UnsetType = UNSET
    valid_until: str | UnsetType = UNSET


class Authorize:
    """Answers the route in the name of the agent whose key is `secret`."""

    def __init__(self, secret: str, evaluation: Evaluation, hot: Hot, metrics: Metrics) -> None:
        self._secret = secret
        self._evaluation = evaluation
        self._hot = hot
        self._metrics = metrics

    async def respond(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, refused: ProblemError | None
    ) -> Response:
        """Answer one request; `refused` says why it is not let in at all. Never raises."""
        found = refused or _stranger(scope, headers)
        if found is not None:
            return self._no(found, admitted=False)
        try:
            return _said(200, await self._decided(headers, receive))
        except Exception as error:  # noqa: BLE001 - INVARIANT: an unforeseen error must not leave a client without a no
            return self._no(error, admitted=True)

    async def _decided(self, headers: Mapping[bytes, bytes], receive: Receive) -> Verdict:
        body = await read_body(headers, receive)
        check_json(headers, body)
        try:
            question = convert(decode(body), Question)
        except ValidationError as error:
            raise InvalidError("invalid_request", str(error)) from None
        key = await self._evaluation.key(self._secret)
        # INVARIANT: whoever asks here proved nothing, so it is heard as the agent itself: AGENT_INTERNAL at most.
        if key.kind != "agent":
            raise RefusedError("agent_key_needed", "AGENT_SUDO_AUTHORIZE_KEY takes a key of kind agent.")
        self._hot.check_rate(key)
        answered = await self._evaluation.evaluate(key, understood(encode(question.request())))
        self._metrics.decided(answered.decision)
        return _verdict(decode(answered.body))

    def _no(self, error: Exception, *, admitted: bool) -> Response:
        found = problem(error)
        if found.status == 500:
            _log.error("authorize.failed", exc_info=error)
        self._metrics.refused(found.code)
        # Any other status than 200 leaves the call to what the plugin was told to fall back to, which may be anything.
        # INVARIANT: nothing that the agent can put into a call leads there.
        status = 200 if admitted and found.status < 500 else found.status
        return _said(status, Verdict(False, "deny", found.detail, found.code))


def _said(status: int, verdict: Verdict) -> Response:
    return Response(status, encode(verdict), _JSON)


def _stranger(scope: Scope, headers: Mapping[bytes, bytes]) -> ProblemError | None:
    """Why this is no program of this machine."""
    client = scope["client"]
    try:
        here = client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        here = False
    if not here:
        return RefusedError("not_local", "This route is for programs of this machine.")
    # INVARIANT: no page in a browser asks here, wherever it comes from, and nothing passes on what others ask.
    if any(name.decode("latin-1").startswith(_FOREIGN) for name in headers):
        return RefusedError("not_a_program", "This route is neither for browsers nor behind a proxy.")
    return None


def _verdict(answer: dict[str, Any]) -> Verdict:
    approval, delegation = answer["approval"], answer["delegation"]
    decision: Literal["allow", "deny", "approval_required", "delegated_allow"] = "deny"
    # INVARIANT: `allowed` alone makes an allow of it.
    if answer["allowed"] is True:
        decision = "allow" if delegation is None else "delegated_allow"
    elif answer["decision"].startswith("REQUIRE_") and (approval is None or approval["status"] == "pending"):
        decision = "approval_required"
    return Verdict(
        allowed=answer["allowed"] is True,
        decision=decision,
        reason=answer["reason"],
        risk_class=_RISK[answer["classification"]],
        delegation=UNSET if delegation is None else delegation,
        approval=UNSET if approval is None else approval,
        evaluation_id=answer["evaluation_id"],
        valid_until=answer["valid_until"],
    )
