"""What the service says of itself is checked in, complete and true."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi.routing import iter_route_contexts

from app.api.openapi import text
from tests.api.world import World

CHECKED_IN = Path(__file__).parents[2] / "openapi" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(CHECKED_IN.read_text("utf-8"))
OPERATIONS = [
    pytest.param(path, operation, id=f"{method} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_the_document_is_what_the_service_says_now(api: World) -> None:
    assert CHECKED_IN.read_text("utf-8") == text(api.service.application), "run scripts/openapi"
    assert api.client.get("/openapi.json").json() == DOCUMENT


def test_every_route_is_described(api: World) -> None:
    routes = {
        (method.lower(), route.path)
        for route in iter_route_contexts(api.service.application.routes)
        for method in route.methods or ()
        if route.path != "/openapi.json"
    }
    assert routes == {(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations}


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_every_operation_declares_its_errors_as_problems(path: str, operation: dict[str, Any]) -> None:
    errors = {status for status in operation["responses"] if status >= "400"}
    assert {"400", "403", "413"} <= errors
    assert ("401" in errors) == ("security" in operation)
    assert "422" not in errors
    for status in errors:
        name = operation["responses"][status]["$ref"].rpartition("/")[2]
        content = DOCUMENT["components"]["responses"][name]["content"]
        assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_every_operation_is_explained(path: str, operation: dict[str, Any]) -> None:
    assert operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operations in DOCUMENT["paths"].values() for operation in operations.values()]
    assert len(names) == len(set(names))


def test_nothing_of_the_framework_shows() -> None:
    words = CHECKED_IN.read_text("utf-8")
    assert "ValidationError" not in words
    assert "pydantic" not in words
    assert '"title": "Response' not in words


def test_every_example_is_what_its_schema_says() -> None:
    seen = 0

    def check(part: Any) -> None:
        nonlocal seen
        if isinstance(part, dict):
            if "example" in part:
                schema = {**part["schema"], "components": DOCUMENT["components"]}
                jsonschema_rs.validate(schema, part["example"])
                seen += 1
            for inner in part.values():
                check(inner)

    check(DOCUMENT["paths"])
    check(DOCUMENT["components"]["responses"])
    assert seen >= 6


def test_every_reference_leads_somewhere() -> None:
    def check(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found: Any = DOCUMENT
                for step in part["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for inner in part.values():
                check(inner)
        elif isinstance(part, list):
            for inner in part:
                check(inner)

    check(DOCUMENT)
