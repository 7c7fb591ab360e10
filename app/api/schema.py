"""The hot path's part of the OpenAPI document, made from the types that it really uses."""

from typing import Any

from msgspec import Struct
from msgspec.json import schema_components

from app.api.hot import MOST_IN_BATCH
from app.core.model import ActionRequest
from app.services.answer import Answer


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem. `code` is stable; `allowed` is always false and stands on the routes that evaluate."""

    allowed: bool = False
    type: str
    title: str
    status: int
    code: str
    detail: str


(_REQUEST, _ANSWER, _PROBLEM), COMPONENTS = schema_components(
    [ActionRequest, Answer, ProblemDocument], ref_template="#/components/schemas/{name}"
)
_BATCH_REQUEST = {
    "type": "object",
    "required": ["requests"],
    "additionalProperties": False,
    "properties": {"requests": {"type": "array", "items": _REQUEST, "minItems": 1, "maxItems": MOST_IN_BATCH}},
}
_BATCH_ANSWER = {
    "type": "object",
    "required": ["results"],
    "properties": {"results": {"type": "array", "items": _ANSWER}},
}
_REFUSALS = {
    400: "The request is malformed.",
    401: "No key, or one that is not known, has expired or was revoked.",
    403: "The key may not do this.",
    413: "The body is too large.",
    429: "The key asks too often.",
    503: "The decision could not be recorded.",
}


def problems(*statuses: int) -> dict[str, Any]:
    """The error responses of a route."""
    content = {"application/problem+json": {"schema": _PROBLEM}}
    return {str(status): {"description": _REFUSALS[status], "content": content} for status in statuses}


def _operation(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "security": [{"agent_key": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "parameters": [
            {
                "name": "explain",
                "in": "query",
                "required": False,
                "description": "Adds `trace`: every rule that nearly applied, and the condition that failed.",
                "schema": {"type": "boolean", "default": False},
            }
        ],
        "responses": {
            "200": {"description": "A decision.", "content": {"application/json": {"schema": answer}}},
            **problems(*_REFUSALS),
        },
    }


REQUEST = _operation(_REQUEST, _ANSWER)
BATCH = _operation(_BATCH_REQUEST, _BATCH_ANSWER)
