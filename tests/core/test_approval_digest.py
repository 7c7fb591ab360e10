"""The digest of an approval: nothing that could change what runs can change without it."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.approval_digest import digest, edited, size_of_arguments
from app.core.strict_json import parse
from tests.swaps import APPROVED, SWAPS, swapped


def of(request: Any, agent: str = "coder") -> bytes:
    return digest(agent, parse(json.dumps(request).encode())[1])


def test_there_are_enough_swaps() -> None:
    assert len(SWAPS) >= 40


@pytest.mark.parametrize("swap", SWAPS, ids=[swap["name"] for swap in SWAPS])
def test_what_was_swapped_has_another_digest(swap: dict[str, Any]) -> None:
    assert of(swapped(swap)) != of(APPROVED)


def test_what_is_asked_by_another_agent_has_another_digest() -> None:
    assert of(APPROVED, "other") != of(APPROVED)


leaves = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    leaves | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(item, chance) for item in value]
    if isinstance(value, dict):
        items = [(key, _shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    return value


@given(st.dictionaries(st.text("abcé", max_size=3), values, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_count(arguments: dict[str, Any], chance: random.Random) -> None:
    request = {"tool": "x", "arguments": arguments, "cwd": "/srv"}
    assert of(_shuffled(request, chance)) == of(request)


@given(values, values)
def test_other_arguments_have_another_digest(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (of({"tool": "x", "arguments": {"a": one}}) == of({"tool": "x", "arguments": {"a": other}})) is same


@pytest.mark.parametrize(
    "aside", [{"dry_run": True}, {"wait_ms": 5_000}, {"source": "web"}, {"risk_hints": ["shell"]}, {"provenance": {}}]
)
def test_what_says_nothing_of_what_would_run_does_not_count(aside: dict[str, Any]) -> None:
    assert of({**APPROVED, **aside}) == of(APPROVED)


def test_an_edit_has_the_digest_of_the_request_with_those_arguments() -> None:
    canonical = parse(json.dumps(APPROVED).encode())[1]
    arguments = {"to": ["ann@corp.example"], "amount": 1.0}
    assert digest("coder", edited(canonical, arguments)) == of({**APPROVED, "arguments": arguments})


def test_the_size_is_that_of_the_arguments() -> None:
    assert size_of_arguments(parse(b'{"tool": "x", "arguments": {"a": [1, "\\u00e9"]}}')[1]) == len(
        '{"a":[1,"é"]}'.encode()
    )
    assert size_of_arguments(b'{"tool":"x"}') == 2
