"""Microsoft Agent Framework: `Agent(…, middleware=[SudoMiddleware()])`. Needs the extra `agent_framework`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent_framework import Content, FunctionInvocationContext, FunctionMiddleware

from agent_sudo_client.errors import ApprovalPending, ArgumentsEdited, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.outcome import reported_later

_RESUMED = "approval_response"


class SudoMiddleware(FunctionMiddleware):
    """Every function call is asked about. Put it last, so that nothing changes a call after it was allowed.

    With `pause`, a call that people must approve becomes one of the response's `user_input_requests`, which names the
    `approval_id`. Whatever is answered to it, the service is asked again.
    """

    def __init__(self, gate: Gate | None = None, *, pause: bool = False) -> None:
        self._gate = gate or Gate()
        self._pause = pause

    async def process(self, context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]) -> None:
        """Run the call if it may run."""
        given = context.arguments
        arguments: dict[str, Any] = dict(given) if isinstance(given, Mapping) else given.model_dump(mode="json")
        name = context.function.name
        try:
            # The framework asks anew by itself about a call that changed since it was resumed.
            permit = await self._gate.ask_later(name, arguments, take_edits=_RESUMED not in context.metadata)
        except ArgumentsEdited as edited:
            context.arguments = edited.arguments
            return
        except PermissionDenied as denied:
            pauses = self._pause and isinstance(denied, ApprovalPending)
            context.result = _question(denied, context, arguments) if pauses else told(denied)
            return
        if permit.edited:
            context.arguments = permit.arguments
        async with reported_later(permit.session, permit.decision):
            await call_next()


def _question(denied: PermissionDenied, context: FunctionInvocationContext, arguments: dict[str, Any]) -> Content:
    call_id = context.metadata["call_id"]
    asked = {"approval_id": getattr(denied, "approval_id", None), "reason": denied.reason}
    return Content.from_function_approval_request(
        id=call_id,
        function_call=Content.from_function_call(call_id, context.function.name, arguments=arguments),
        additional_properties=asked,
    )
