"""What a machine can think of, reading our own description: no crash, and every answer as described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.test_openapi import DOCUMENT
from tests.api.world import World, world

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# A stream of events has no end, and this client reads to the end.
_ENDLESS = frozenset(("/approvals/stream",))
# Where nothing is sent, nothing wrong can be sent.
_OPERATIONS = [
    (path, method, mode)
    for path, operations in DOCUMENT["paths"].items()
    if path not in _ENDLESS
    for method, operation in operations.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & operation.keys()
]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service whose agents, keys, policies and workspaces may become anything."""
    with world(tmp_path_factory.mktemp("fuzzed")) as made:
        yield made


@pytest.mark.parametrize("credential", ["pep", "admin"])
@pytest.mark.parametrize(("path", "method", "mode"), _OPERATIONS)
def test_answers_are_as_described(fuzzed: World, path: str, method: str, credential: str, mode: GenerationMode) -> None:
    authorization = fuzzed.pep if credential == "pep" else fuzzed.admin

    @given(case=_cases(path, method, mode))
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def holds(case: Case[Any]) -> None:
        sent = case.as_transport_kwargs(base_url=str(fuzzed.client.base_url).rstrip("/"))
        # Whether a credential is right is another test's business; here every request gets past the door.
        sent["headers"] = {**sent.get("headers", {}), **authorization, "Host": "127.0.0.1"}
        sent.pop("cookies", None)
        if isinstance(data := sent.pop("data", None), (bytes, str)):
            sent["content"] = data
        response = fuzzed.client.request(**sent)
        case.validate_response(response, checks=_CHECKS)

    holds()


def _cases(path: str, method: str, mode: GenerationMode) -> st.SearchStrategy[Case[Any]]:
    return _SCHEMA[path][method.upper()].as_strategy(generation_mode=mode)
