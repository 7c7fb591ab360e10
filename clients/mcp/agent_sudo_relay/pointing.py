"""Sending a client of the new era to the page where a person approves, and knowing what it brings back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import replace
from typing import Any

from agent_sudo_client import Approval

from agent_sudo_relay.message import Message, write

# The methods whose answer may be that something is needed first.
_MAY_POINT = frozenset(("tools/call", "resources/read", "prompts/get"))
_OURS = "agent-sudo"
_CARRIED = ("inputResponses", "requestState")


def can_follow(request: Message) -> bool:
    """Whether this client, by what it says in the request, can send its user to an address."""
    capabilities = request.meta.get("io.modelcontextprotocol/clientCapabilities")
    elicitation = capabilities.get("elicitation") if isinstance(capabilities, dict) else None
    return request.method in _MAY_POINT and isinstance(elicitation, dict) and isinstance(elicitation.get("url"), dict)


class Pointer:
    """Seals what it sends along with a key of this run, whose one session it is: no other run takes it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def point(self, request: Message, approval: Approval) -> bytes:
        """The answer that sends a client to the page; what else the request carried travels along."""
        carried = {name: request.params[name] for name in _CARRIED if name in request.params}
        content = write({"approval": approval.id, "carried": carried})
        state = f"{_OURS}.{base64.b64encode(content).decode()}.{self._seal(request, content)}"
        asked = {"mode": "url", "message": "A person must approve this call.", "url": approval.url}
        result = {
            "resultType": "input_required",
            "inputRequests": {_OURS: {"method": "elicitation/create", "params": asked}},
            "requestState": state,
        }
        return write({"jsonrpc": "2.0", "id": request.id, "result": result})

    def followed(self, request: Message) -> tuple[Message, str, bool] | None:
        """The request as it was before it was pointed elsewhere, its approval, and whether the client still wants it.

        None where it is no such request. Raises ValueError for a state that is not ours, or belongs to another call.
        """
        state = request.params.get("requestState")
        if not isinstance(state, str) or not state.startswith(f"{_OURS}."):
            return None
        _, _, rest = state.partition(".")
        encoded, _, seal = rest.partition(".")
        content = base64.b64decode(encoded, validate=True)
        # INVARIANT: a state counts for the very call that it was given for, in the run that gave it.
        if not hmac.compare_digest(seal.encode(), self._seal(request, content).encode()):
            raise ValueError("The request's state is not of this call.")
        kept = json.loads(content)
        params = {name: value for name, value in request.params.items() if name not in _CARRIED} | kept["carried"]
        body = {**request.body, "params": params}
        # INVARIANT: a client's `accept` says that somebody was shown an address, and allows nothing.
        answers = request.params.get("inputResponses")
        answer = answers.get(_OURS) if isinstance(answers, dict) else None
        wanted = isinstance(answer, dict) and answer.get("action") == "accept"
        return replace(request, line=write(body), body=body), kept["approval"], wanted

    def _seal(self, request: Message, content: bytes) -> str:
        named: dict[str, Any] = {
            name: value for name, value in request.params.items() if name not in (*_CARRIED, "_meta")
        }
        about = json.dumps([request.method, named], sort_keys=True).encode()
        digest = hashlib.sha256(about).digest()
        return hmac.new(self._key, digest + content, hashlib.sha256).hexdigest()
