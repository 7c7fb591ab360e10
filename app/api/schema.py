"""The parts of the OpenAPI document that FastAPI cannot see: what the hot path reads and answers, and all errors.

They are made from the types that are really used.
"""

from inspect import cleandoc
from typing import Any

from msgspec.json import schema_components

from app.api import examples
from app.api.hot import MOST_IN_BATCH
from app.api.problem import ProblemDocument
from app.core.model import ActionRequest
from app.services.answer import Answer
from app.services.outcomes import Outcome

(_REQUEST, _ANSWER, _OUTCOME, _PROBLEM), COMPONENTS = schema_components(
    [ActionRequest, Answer, Outcome, ProblemDocument], ref_template="#/components/schemas/{name}"
)
for _schema in COMPONENTS.values():
    if "description" in _schema:
        _schema["description"] = cleandoc(_schema["description"])
COMPONENTS["ActionRequest"]["anyOf"] = [{"required": ["tool"]}, {"required": ["action"]}]
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
_ERRORS = {
    400: ("BadRequest", "The request is malformed; `code` and `detail` say in what."),
    401: ("NotAuthenticated", "No credential, or one that is not known, has expired or was revoked."),
    403: ("NotPermitted", "The caller may not do this, or the Host header names another host."),
    404: ("NotFound", "There is no such thing, or none that the caller may see."),
    409: ("Conflict", "The state is another than the request takes for granted."),
    413: ("TooLarge", "The body is larger than 1 MiB."),
    415: ("NotJson", "The body is not said to be application/json."),
    429: ("TooMany", "The caller asks too often; Retry-After says when to come again."),
    503: ("Unavailable", "Nothing can be recorded now, so nothing is allowed."),
}

RESPONSES = {
    name: {
        "description": description,
        "content": {"application/problem+json": {"schema": _PROBLEM, "example": examples.PROBLEM}},
    }
    for name, description in _ERRORS.values()
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declares errors of a route besides those that every route of its kind has."""
    return {status: reference(status) for status in statuses}


def reference(status: int) -> dict[str, Any]:
    """What stands in an operation for the error of this status."""
    return {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "A new name for each tool call, so that it can be sent again when its answer was lost: it counts once. "
        "What was allowed is answered again with the same entry, for as long as it was valid and nothing that it rests "
        "on has changed; everything else is decided anew. With another body it is answered 409. Not with `explain`."
    ),
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}


def _evaluation(request: dict[str, Any], answer: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    return {
        **_body(request),
        "security": [{"agent_key": []}],
        "parameters": [
            {
                "name": "explain",
                "in": "query",
                "required": False,
                "description": (
                    "Adds `tree`: the commands and what each does, and `trace`: every rule that nearly applied, "
                    "and the condition that failed."
                ),
                "schema": {"type": "boolean", "default": False},
            },
            *more,
        ],
        "responses": {
            "200": {
                "description": "A decision, whichever it is.",
                "content": {"application/json": {"schema": answer}},
            },
        },
    }


# What FastAPI does not read itself.
EVALUATE = _evaluation(_REQUEST, _ANSWER, _IDEMPOTENCY_KEY)
EVALUATE_BATCH = _evaluation(_BATCH_REQUEST, _BATCH_ANSWER)
OUTCOME = _body(_OUTCOME)
