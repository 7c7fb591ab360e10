"""`when:`, what it may cost and what becomes of its errors."""

import time
from typing import Any

import pytest

from app.core.budget import Budget, BudgetExceededError
from app.core.policy.condition import Condition, ConditionError, Facts, unfit


def holds(text: str, arguments: dict[str, Any], variables: dict[str, Any] | None = None) -> bool | None:
    known = {"args": arguments, "agent": "a", "target": "", "cwd": "", "trust": "USER_DIRECT"}
    known |= {"commands": [], "effects": ["read"], "resources": []}
    facts = Facts(lambda: known, arguments)
    return Condition(text, variables or {}).holds(facts)


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("args.a == 1", {"a": 1}, True),
        ("args.a == 1", {"a": 2}, False),
        ("args.a", {"a": True}, True),
        ("'read' in effects && agent == 'a'", {}, True),
        ("args.to.endsWith(vars.corp)", {"to": "x@y"}, True),
        # What cannot be evaluated
        ("args.a == 1", {}, None),
        ("args.a > 1", {"a": "x"}, None),
        ("args.a", {"a": "true"}, None),
        ("args.a", {"a": 1}, None),
        ("args.a == 1", {"a": 2**70}, None),
        ("args.a.size() > 1", {"a": "\ud800"}, None),
        ("1 / 0 == 1", {}, None),
        ("tool == 'x'", {}, None),
        ("args.a.matches('(')", {"a": "x"}, None),
        ("args.a.all(x, args.a.all(y, x == y))", {"a": ["z"] * 500}, None),
    ],
)
def test_only_a_literal_true_or_false_counts(text: str, arguments: dict[str, Any], expected: object) -> None:
    assert holds(text, arguments, {"corp": "@y"}) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 51 + "true" + ")" * 51, "nested deeper than 50"),
        ("!" * 60 + "true", "nested deeper than 50"),
        ("true ? " * 60 + "true", "nested deeper than 50"),
        ("[" * 1_900, "nested deeper than 50"),
        ("true || " * 300 + "true", "longer than 2000 characters"),
        ("nothing_known", "undeclared reference"),
        ("args.a +", "mismatched input|Syntax error"),
        ("'x'", "is not true or false"),
        ("'\ud800' == args.a", "text that nobody can write"),
    ],
)
def test_what_is_no_condition_is_refused_when_it_is_loaded(text: str, said: str) -> None:
    with pytest.raises(ConditionError, match=said):
        Condition(text, {})


@pytest.mark.parametrize("value", ["x", 1, 1.5, True, None, ["a", 1], {"a": ["b"]}])
def test_plain_values_fit_into_vars(value: object) -> None:
    assert unfit(value) == ""


@pytest.mark.parametrize("value", [2**70, "\ud800", object()])
def test_odd_values_do_not_fit_into_vars(value: object) -> None:
    assert unfit(value)


def test_facts_are_gathered_once() -> None:
    calls: list[int] = []

    def gather() -> dict[str, Any]:
        calls.append(1)
        return {"args": {}}

    facts = Facts(gather, {})
    assert [Condition("size(args) == 0", {}).holds(facts) for _ in range(3)] == [True] * 3
    assert len(calls) == 1


def test_regular_expressions_take_linear_time() -> None:
    began = time.process_time()
    assert holds("args.a.matches('^(a+)+$')", {"a": "a" * 50_000 + "b"}) is False
    assert time.process_time() - began < 0.2


def test_what_could_take_long_is_dearer_than_any_budget() -> None:
    arguments = {"x": ["aaaaaaab"] * 4_000, "y": "a" * 40_000}
    with pytest.raises(BudgetExceededError):
        Budget(20_000).spend(Facts(dict, arguments).cost)


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": ["aaab"] * 450, "y": "a" * 40_000},
        {"x": ["aaab"] * 40, "y": "a" * 400_000},
        {"x": [{"y": ["a" * 50] * 10} for _ in range(50)], "y": "a" * 1_000},
    ],
)
def test_what_the_budget_pays_for_is_done_in_time(arguments: dict[str, Any]) -> None:
    Budget(20_000).spend(Facts(dict, arguments).cost)
    began = time.process_time()
    holds("args.x.exists(a, args.y.contains(string(a)))", arguments)
    holds("args.x.map(a, args.x).size() < 0", arguments)
    assert time.process_time() - began < 1
