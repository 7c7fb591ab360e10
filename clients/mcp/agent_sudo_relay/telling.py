"""What the relay itself says to either side, as lines."""

from __future__ import annotations

from typing import Any

from agent_sudo_client import ApprovalPending, ArgumentsEdited, PermissionDenied, ServiceUnavailable

from agent_sudo_relay.message import Id, Message, write

PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS = -32700, -32600, -32602
DENIED, OVERLOADED, GONE = -32001, -32002, -32000
# What the protocol has for a person's no to a server's wish.
_REJECTED = -1


def refusal(request: Message, denied: PermissionDenied) -> bytes:
    """The answer to a client's request that was not allowed: of a tool's call a result, so that the model reads why."""
    if request.method != "tools/call":
        return error(request.id, DENIED, told(denied))
    result = {"content": [{"type": "text", "text": told(denied)}], "isError": True}
    return write({"jsonrpc": "2.0", "id": request.id, "result": {**_kind_of(request), **result}})


def refusal_back(request: Message, denied: PermissionDenied) -> bytes:
    """The answer to a server's request that was not allowed."""
    if request.method == "elicitation/create":
        return write({"jsonrpc": "2.0", "id": request.id, "result": {"action": "decline"}})
    return error(request.id, _REJECTED, f"Not allowed: {denied.reason}")


def error(id: Id | None, code: int, text: str) -> bytes:
    """An answer that is an error."""
    return write({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})


def progress(token: Any, step: int, url: str) -> bytes:
    """A sign of life while a person is asked."""
    # In steps so small that whatever the server reports later is more.
    params = {"progressToken": token, "progress": step / 1_000_000, "message": f"A person is asked to approve: {url}"}
    return write({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})


def told(denied: PermissionDenied) -> str:
    """Why, and what would be needed."""
    if isinstance(denied, ArgumentsEdited):
        return f"Not run. {denied.reason}"
    if isinstance(denied, ApprovalPending):
        return f"Not run yet. Approval pending: call again with the same arguments. {denied.reason}"
    if isinstance(denied, ServiceUnavailable):
        return f"Not run. {denied.reason} Nothing can be run until it answers again; tell the user."
    return (
        f"Not run. {denied.reason} Do not try to reach the same by another way: "
        "it would take another policy, or a person who delegates this."
    )


def _kind_of(request: Message) -> dict[str, str]:
    """What results say of themselves since 2026-07-28."""
    version = request.meta.get("io.modelcontextprotocol/protocolVersion")
    return {"resultType": "complete"} if isinstance(version, str) and version >= "2026-07-28" else {}
