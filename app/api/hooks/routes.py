"""The route of hooks. It is answered before it comes here; it stands here so that the interface is described."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from app.api.services import UseCases

router = APIRouter(tags=["hooks"])
Harness = Literal["claude-code", "codex", "gemini", "copilot", "cursor"]
_DESCRIPTION = {
    "security": [{"agent_key": []}],
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
    "responses": {
        "200": {
            "description": "What the agent is told, in its own words; a failure is a denial too.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
}


@router.post("/hooks/{harness}", openapi_extra=_DESCRIPTION)
async def answer_hook(
    harness: Harness,  # noqa: ARG001 - described here, read where it is answered
    request: Request,
    services: UseCases,
    event: Annotated[str, Query(description="What the agent calls the event.")] = "",  # noqa: ARG001 - as above
    home: Annotated[str | None, Query(description="The user's home where the tool would run.")] = None,  # noqa: ARG001 - as above
) -> Any:
    """Answer an event of a coding agent's hook, with a key of kind `pep`. Whatever goes wrong is a denial."""
    answer = await services.hooks.respond(request.scope, dict(request.scope["headers"]), request.receive)
    return Response(answer.body, answer.status, media_type="application/json")
