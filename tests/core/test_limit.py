"""Limits of rules: what a call takes of them, and what is said beyond them."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.decision import Decision, Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.limit import MILLION, Limit, Use, millionths
from app.core.model import ActionRequest
from tests.core.test_engine import rules

PAID = Limit("pay", 100 * MILLION, 3_600_000_000, ("amount",))
CALLS = Limit("pay", 3, 60_000_000)
RULES = rules(
    "id: pay, allow: pay, limit: {calls: 3, per: 1m}, budget: {sum: args.amount, max: 100, per: 1h}",
    "id: send, allow: send, limit: {calls: 1, per: 1s, over: deny}",
)


def decided(tool: str, arguments: dict[str, Any], *reached: str) -> Decision:
    facts = Facts(Caller("coder", "k", "pep"), refused=frozenset(reached))
    return decide(ActionRequest(tool=tool, arguments=arguments, source="user"), facts, RULES, Budget(999))


def test_a_call_within_its_limits_names_what_it_takes_of_them() -> None:
    decision = decided("pay", {"amount": 12.5})
    assert decision.verdict is Verdict.ALLOW
    assert decision.uses == (Use(CALLS, 1), Use(PAID, 12_500_000))


@pytest.mark.parametrize("reached", [CALLS.name, PAID.name])
def test_what_is_beyond_a_limit_is_asked_about(reached: str) -> None:
    decision = decided("pay", {"amount": 1}, reached)
    assert (decision.verdict, decision.rules, decision.uses) == (Verdict.REQUIRE_APPROVAL, ("pay",), ())


def test_or_denied_where_the_rule_says_so() -> None:
    assert decided("send", {}).verdict is Verdict.ALLOW
    assert decided("send", {}, "send calls").verdict is Verdict.DENY


NO_AMOUNTS: list[Any] = [None, -1, -0.01, "1", "", True, False, [], [1], {}, {"amount": 1}, 1e308, float("inf")]


@pytest.mark.parametrize("amount", NO_AMOUNTS, ids=repr)
def test_what_is_no_amount_counts_as_over_the_limit(amount: Any) -> None:
    assert PAID.amount({"amount": amount}) is None
    assert decided("pay", {"amount": amount}).verdict is Verdict.REQUIRE_APPROVAL


def test_a_missing_amount_counts_as_over_the_limit() -> None:
    assert PAID.amount({}) is None
    deep = Limit("r", MILLION, 1, ("order", "total"))
    given: list[dict[str, Any]] = [{}, {"order": 1}, {"order": {}}, {"order": {"total": 1}}]
    assert [deep.amount(one) for one in given] == [None, None, None, MILLION]
    assert deep.unit == "args.order.total"


def test_decimals_are_counted_as_they_are_written() -> None:
    assert PAID.amount({"amount": 0.1}) == 100_000
    assert PAID.amount({"amount": 100}) == 100 * MILLION
    assert PAID.amount({"amount": 100.0000001}) is None


@given(st.floats(0, 100) | st.integers(0, 100), st.floats(1e-9, 1e12))
def test_rounding_is_against_the_caller(amount: float, most: float) -> None:
    counted = PAID.amount({"amount": amount})
    assert counted is not None
    assert counted >= Fraction(repr(amount)) * MILLION
    assert millionths(most) <= Fraction(repr(most)) * MILLION


def test_a_rule_that_stands_twice_among_the_candidates_is_counted_once() -> None:
    ruleset = rules("id: a, allow: shell, command: ['git status *', 'ls *'], limit: {calls: 9, per: 1h}")
    request = ActionRequest(tool="Bash", arguments={"command": "git status; ls"}, source="user")
    decision = decide(request, Facts(Caller("coder", "k", "pep")), ruleset, Budget(999))
    assert decision.uses == (Use(Limit("a", 9, 3_600_000_000), 1),)
