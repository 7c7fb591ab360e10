"""A yes covers exactly what was shown: whatever is swapped, it does not pass."""

import json
from typing import Any

import pytest

from tests.api.asking import approve, asked, session
from tests.api.test_problems import assert_problem
from tests.api.world import World
from tests.swaps import APPROVED, SWAPS, placed, swapped


@pytest.fixture(scope="module")
def sworn(api: World) -> Any:
    """A request that was approved for a hundred uses, and another session of the same agent."""
    within, other = session(api), session(api)
    request = placed(APPROVED, within, other) | {"source": "user"}
    approve(api, asked(api, request), message="go")
    return request, within, other


@pytest.mark.parametrize("swap", SWAPS, ids=[swap["name"] for swap in SWAPS])
def test_no_swap_passes(api: World, sworn: Any, swap: dict[str, Any]) -> None:
    request, within, other = sworn
    changed = placed(swapped(swap), within, other) | {"source": "user"}
    assert json.dumps(changed) != json.dumps(request)
    assert not api.evaluate(changed)["allowed"]
    # Nothing that waits keeps the next one from being asked.
    for waits in api.client.get("/approvals?limit=200", headers=api.pep).json()["approvals"]:
        api.client.post(f"/approvals/{waits['id']}/cancel", headers=api.pep)


def test_the_order_of_keys_passes_and_an_agent_that_knows_it_all_does_not(api: World, sworn: Any) -> None:
    request, *_ = sworn
    turned = dict(reversed([*request.items()]))
    turned["arguments"] = dict(reversed([*turned["arguments"].items()]))
    assert api.evaluate(turned)["allowed"]
    stranger = {name: value for name, value in request.items() if name != "actor"}
    assert not api.evaluate(stranger, "other")["allowed"]
    assert not api.evaluate(request, "agent")["allowed"], "a key of kind agent attests less than was shown"


def test_duplicate_keys_are_no_request(api: World) -> None:
    body = b'{"tool":"x","arguments":{"a":"harmless","a":"evil"}}'
    headers = {**api.pep, "content-type": "application/json"}
    assert_problem(api.client.post("/evaluate", content=body, headers=headers), 400, "invalid_json")
