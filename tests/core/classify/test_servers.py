"""Tools of common MCP servers: what is known adds effects, and takes one away only where it is trusted."""

import json
from typing import Any

import pytest

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.request import classify
from app.core.model import ActionRequest, EffectKind
from tests.core.policy.test_compile import compiled
from tests.policies.dialects import cases

CASES = cases("servers.yaml")
DOUBTING = compiled("{id: a, allow: x}").rules
TRUSTING = compiled("{id: a, allow: x}", "annotations: {trust: ['*']}").rules
ADDS = [(kind, call) for kind, calls in CASES["kinds"].items() for call in calls]


def kinds(call: str, *, trusted: bool = False, **said: Any) -> set[str]:
    tool, _, arguments = call.partition(" ")
    request = ActionRequest(tool=tool, arguments=json.loads(arguments), annotations=said)
    rules = TRUSTING if trusted else DOUBTING
    return {effect.kind.value for effect in classify(request, Place(), rules, Budget(20_000)).effects}


@pytest.mark.parametrize(("kind", "call"), ADDS)
@pytest.mark.parametrize("trusted", [True, False])
def test_what_is_known_to_change_something_is_an_effect(kind: str, call: str, *, trusted: bool) -> None:
    # No word of its own lowers that.
    assert kinds(call, trusted=trusted, readOnlyHint=True) >= {kind, "call"}


@pytest.mark.parametrize("call", CASES["reads"])
def test_what_is_known_to_read_asks_where_the_server_is_trusted(call: str) -> None:
    assert "query" in kinds(call, trusted=True)
    assert "call" not in kinds(call, trusted=True)
    assert "call" in kinds(call)
    # What the server says of itself is stricter.
    assert "call" in kinds(call, trusted=True, readOnlyHint=False)


@pytest.mark.parametrize("call", CASES["neither"])
def test_what_is_not_known_is_a_call(call: str) -> None:
    assert kinds(call, trusted=True) == {"call"}
    assert kinds(call, trusted=True, readOnlyHint=True) == {"query"}


def test_there_are_many_servers_and_cases() -> None:
    servers = {call.partition("/")[0] for _, call in ADDS} | {call.partition("/")[0] for call in CASES["reads"]}
    assert len(servers) >= 25
    assert len(ADDS) + len(CASES["reads"]) + len(CASES["neither"]) >= 75
    assert {kind for kind, _ in ADDS} <= {kind.value for kind in EffectKind}
