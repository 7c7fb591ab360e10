"""The OpenAPI document, completed: every route's errors, the hot path's types, nothing of the framework's."""

import json
from typing import Any

from fastapi import FastAPI

from app.api import examples
from app.api.hot import PATHS
from app.api.schema import COMPONENTS, RESPONSES, reference

TAGS = [
    {"name": "evaluations", "description": "May this tool call run? For agents and their enforcement points."},
    {"name": "hooks", "description": "The same for coding agents, in their own words."},
    {"name": "agents", "description": "Who may ask, and the keys by which they are known."},
    {"name": "sessions", "description": "Runs of agents: what the user said, what was seen, how far it is trusted."},
    {"name": "approvals", "description": "What people are asked about, and their answers."},
    {"name": "delegations", "description": "What people allow an agent ahead of time, narrowly and for a while."},
    {"name": "operators", "description": "The people who approve and administer."},
    {"name": "stops", "description": "Stop buttons: an agent, tools by their names, everything."},
    {"name": "policy", "description": "The rules in force, and proposals for other ones."},
    {"name": "workspaces", "description": "The folders that `$workspace` stands for in the policy."},
    {"name": "audit", "description": "The log of every decision and every change, read and verified."},
    {"name": "health", "description": "For supervisors and monitors; nothing here names an agent or a tool."},
]


def complete(app: FastAPI) -> None:
    """Have `app` describe itself completely."""
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(made())
        return made()

    app.openapi = described  # type: ignore[method-assign]  # the way that FastAPI documents


def text(app: FastAPI) -> str:
    """The document as it is checked in."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _complete(document: dict[str, Any]) -> None:
    components = document["components"]
    schemas = {name: schema for name, schema in components["schemas"].items() if "ValidationError" not in name}
    components["schemas"] = dict(sorted((schemas | COMPONENTS).items()))
    components["responses"] = RESPONSES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            responses.pop("422", None)  # a body of the wrong shape is answered with 400
            responses |= {str(status): reference(status) for status in _errors(path, method, operation)}
            operation["responses"] = dict(sorted(responses.items()))
    # Not through FastAPI: it leaves out what is null.
    for path, (status, request, answer) in examples.OPERATIONS.items():
        operation = document["paths"][path]["post"]
        operation["requestBody"]["content"]["application/json"]["example"] = request
        operation["responses"][status]["content"]["application/json"]["example"] = answer
    _drop_titles(document["paths"])
    _drop_titles(components)


def _errors(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """The errors that every route of this kind can answer with, and those that this one declares."""
    errors = {400, 403, 413} | {int(status) for status in operation["responses"] if int(status) >= 400}
    if "security" in operation:
        errors |= {401, 429}
        if method != "get":
            errors.add(503)
    if "{" in path:
        errors.add(404)
    if "requestBody" in operation and path not in PATHS:
        errors.add(415)
    return errors


def _drop_titles(part: Any) -> None:
    """Titles that are made of the names beside them tell nothing."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        for name, inner in part.items():
            if name != "example":
                _drop_titles(inner)
    elif isinstance(part, list):
        for inner in part:
            _drop_titles(inner)
