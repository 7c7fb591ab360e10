"""The use cases of the service, each said once: what is sent, and what its answer means.

Each is a generator that yields what to send and is given the answer. `Client` and `AsyncClient` drive them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from agent_sudo_client.call import About, Call, call
from agent_sudo_client.decision import Approval, Decision
from agent_sudo_client.errors import ApprovalPending, PermissionDenied, ServiceUnavailable
from agent_sudo_client.values import encode

if TYPE_CHECKING:
    from typing_extensions import Unpack

# The longest that the service holds an answer open while a person decides.
_LONGEST_WAIT_S = 60.0
EVALUATE = "/evaluate"


@dataclass(frozen=True)
class Send:
    """A request. `patience`: seconds that its answer may take longer; `operator`: it needs an operator's name.

    `once`: a person's yes may be used up by it, so it is named, and sent again where its answer was lost.
    """

    method: str
    path: str
    body: bytes | None = None
    patience: float = 0.0
    operator: bool = False
    once: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back, and when the question left (monotonic)."""

    status: int
    content: bytes
    sent: float


T = TypeVar("T")
Talk = Generator[Send, Answer, T]


def evaluate(
    tool: str | Call,
    arguments: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
    wait: float = 0.0,
    **more: Unpack[About],
) -> Talk[Decision]:
    """The service's decision about a call. With `wait`, it is held back up to a minute while a person decides.

    Raises ServiceUnavailable where there is none, PermissionDenied where the request was not taken.
    """
    return (yield from _evaluated(call(tool, arguments, more), dry_run=dry_run, wait=wait))


def evaluate_batch(calls: Sequence[Call]) -> Talk[list[Decision]]:
    """The decisions about several calls, in their order. Raises as `evaluate` does."""
    answer = yield Send("POST", "/evaluate/batch", encode({"requests": [one.document() for one in calls]}))
    results = _document(answer).get("results")
    if not isinstance(results, list) or len(results) != len(calls):
        raise _unreadable()
    return [_decision(one, answer.sent) for one in results]


def require(
    tool: str | Call, arguments: Mapping[str, Any] | None = None, *, wait: float = 0.0, **more: Unpack[About]
) -> Talk[Decision]:
    """The decision, if and only if the call may run now; up to `wait` seconds are given to people to approve.

    Raises PermissionDenied: ApprovalPending, ArgumentsEdited and ServiceUnavailable are kinds of it.
    """
    asked = call(tool, arguments, more)
    until = time.monotonic() + wait
    decision = yield from evaluate(asked, wait=wait)
    # A person's answer is no decision: whatever was answered, the call is evaluated anew.
    while (waits_for := _waits_for(decision)) and (left := until - time.monotonic()) > 0:
        yield from wait_for_approval(waits_for, left)
        decision = yield from _evaluated(asked, once=True)
    return decision.require()


def wait_for_approval(id: str, timeout: float) -> Talk[Approval]:
    """The approval once a person has answered it. Raises ApprovalPending when nobody has after `timeout` seconds."""
    until = time.monotonic() + timeout
    while True:
        wait = max(0, min(int(_LONGEST_WAIT_S), round(until - time.monotonic())))
        answer = yield Send("GET", f"/approvals/{_part(id)}?wait={wait}", patience=wait)
        try:
            found = Approval.read(_document(answer))
        except (KeyError, TypeError):
            raise _unreadable() from None
        if not found.is_pending:
            return found
        if time.monotonic() >= until or not wait:
            where = f" They can do so at {found.url}" if found.url else ""
            said = f"A person must approve this, and nobody has answered yet.{where}"
            raise ApprovalPending(said, code="approval_pending")


def denied_tools(tools: Sequence[str]) -> Talk[list[str]]:
    """Those of up to 1,000 tools that are denied whatever they are called with: they need not be shown."""
    found = _document((yield Send("POST", "/tools/denied", encode({"tools": list(tools)})))).get("denied")
    if not isinstance(found, list):
        raise _unreadable()
    return [str(tool) for tool in found]


def report_outcome(
    evaluation_id: str,
    status: str,
    *,
    duration_ms: int | None = None,
    exit_code: int | None = None,
    error: str | None = None,
) -> Talk[None]:
    """Report how the tool went: `ok`, `error` or `not_run`. `error` is a kind, such as ValueError: never a text."""
    given = {"status": status, "duration_ms": duration_ms, "exit_code": exit_code, "error": error}
    path = f"/evaluations/{_part(evaluation_id)}/outcome"
    _document((yield Send("POST", path, encode({name: one for name, one in given.items() if one is not None}))))


def open_session(
    *,
    ttl: int = 3_600,
    prompts: Sequence[str] = (),
    labels: Sequence[str] = (),
    parent: str | None = None,
    agent: str | None = None,
) -> Talk[dict[str, Any]]:
    """Open a session, as in docs/sessions.md."""
    given = {"ttl_seconds": ttl, "prompts": prompts, "labels": labels, "parent": parent, "agent": agent}
    body = encode({name: one for name, one in given.items() if one is not None})
    return _document((yield Send("POST", "/sessions", body)))


def session(id: str) -> Talk[dict[str, Any]]:
    """How a session stands."""
    return _document((yield Send("GET", f"/sessions/{_part(id)}")))


def add_prompt(session: str, prompt: str) -> Talk[dict[str, Any]]:
    """Attest what else the user said."""
    return _document((yield Send("POST", f"/sessions/{_part(session)}/prompts", encode({"prompt": prompt}))))


def observe(
    session: str, *, tool: str | None = None, source: str | None = None, content: str | None = None
) -> Talk[dict[str, Any]]:
    """Report what a session has seen; its trust only falls by it."""
    given = {"tool": tool, "source": source, "content": content}
    body = encode({name: one for name, one in given.items() if one is not None})
    return _document((yield Send("POST", f"/sessions/{_part(session)}/observations", body)))


def extend_session(session: str, *, ttl: int = 3_600) -> Talk[dict[str, Any]]:
    """Let a session live `ttl` seconds from now."""
    return _document((yield Send("POST", f"/sessions/{_part(session)}/extend", encode({"ttl_seconds": ttl}))))


def end_session(session: str) -> Talk[None]:
    """End a session, and all inside of it."""
    _document((yield Send("DELETE", f"/sessions/{_part(session)}")))


def approval(id: str) -> Talk[dict[str, Any]]:
    """One approval, with its whole request."""
    return _document((yield Send("GET", f"/approvals/{_part(id)}")))


def approvals(*, status: str = "pending", limit: int = 50) -> Talk[list[dict[str, Any]]]:
    """What waits for people."""
    found = _document((yield Send("GET", f"/approvals?status={_part(status)}&limit={int(limit)}")))
    return list(found["approvals"])


def cancel_approval(id: str) -> Talk[dict[str, Any]]:
    """Take a request for approval back."""
    return _document((yield Send("POST", f"/approvals/{_part(id)}/cancel", b"{}")))


def decide_approval(id: str, decision: str, **more: Any) -> Talk[dict[str, Any]]:
    """Answer in the operator's name: `approve` or `deny`; `more` as POST /approvals/{id}/decision takes it."""
    body = encode({"decision": decision, **more})
    return _document((yield Send("POST", f"/approvals/{_part(id)}/decision", body, operator=True)))


def delegate(agent: str, *, ttl: int, **terms: Any) -> Talk[dict[str, Any]]:
    """Allow something ahead of time in the operator's name; `terms` as POST /delegations takes them."""
    body = encode({"agent": agent, "ttl_seconds": ttl, **terms})
    return _document((yield Send("POST", "/delegations", body, operator=True)))


def delegations(*, agent: str | None = None, live: bool = False) -> Talk[list[dict[str, Any]]]:
    """What was delegated, the newest first."""
    only = "" if agent is None else f"&agent={_part(agent)}"
    found = _document((yield Send("GET", f"/delegations?live={str(live).lower()}{only}", operator=True)))
    return list(found["delegations"])


def revoke_delegation(id: str) -> Talk[None]:
    """Revoke a delegation: nothing recorded after the answer relies on it."""
    _document((yield Send("DELETE", f"/delegations/{_part(id)}", operator=True)))


def _evaluated(asked: Call, *, dry_run: bool = False, wait: float = 0.0, once: bool = False) -> Talk[Decision]:
    wait = max(0.0, min(wait, _LONGEST_WAIT_S))
    body = encode(asked.document(dry_run=dry_run, wait_ms=int(wait * 1_000)))
    answer = yield Send("POST", EVALUATE, body, wait, once=once or wait > 0)
    return _decision(_document(answer), answer.sent + wait)


def _waits_for(decision: Decision) -> str | None:
    approval = decision.approval
    return approval.id if approval is not None and approval.is_pending and not decision.allowed else None


def _decision(document: Any, sent: float) -> Decision:
    try:
        return Decision.read(document, sent)
    except (KeyError, TypeError, ValueError):
        raise _unreadable() from None


def _document(answer: Answer) -> dict[str, Any]:
    """The document of a good answer. Raises PermissionDenied, ServiceUnavailable."""
    if answer.status == 204:
        return {}
    try:
        document = json.loads(answer.content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        document = None
    good = answer.status in (200, 201)
    if isinstance(document, dict) and good:
        return document
    if good or not 400 <= answer.status < 500 or not isinstance(document, dict):
        raise (
            _unreadable()
            if good
            else ServiceUnavailable(
                f"The policy service gave no decision (HTTP {answer.status}), so nothing is allowed.",
                code="unavailable",
            )
        )
    code, detail = str(document.get("code", "refused")), str(document.get("detail", "The request was refused."))
    kind = ServiceUnavailable if answer.status == 429 else PermissionDenied
    raise kind(detail, code=code)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands there twice")
    return document


def _unreadable() -> ServiceUnavailable:
    return ServiceUnavailable("What answered is not the policy service, so nothing is allowed.", code="malformed")


def _part(text: str) -> str:
    """A name as one part of an address, whatever stands in it."""
    from urllib.parse import quote  # noqa: PLC0415 - late: importing the client costs a program next to nothing

    if text in (".", ".."):
        raise PermissionDenied("This is no name of anything.", code="no_such_thing")
    return quote(text, safe="")
