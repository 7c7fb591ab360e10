"""An approval is void when more is required now than was shown then."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.approval import ASKED_FOR, Approval, Demand, Shown, Validity, demand
from app.core.budget import Budget
from app.core.decision import Classification, Decision, Finding, Stance, Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts, Offered
from app.core.grant import Quorum
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy
from app.core.trust import Trust

PLAIN = Shown(strong=False, quorums=(), trust=Trust.USER_DIRECT)


@pytest.mark.parametrize("strong", [False, True])
@pytest.mark.parametrize("trust", Trust)
def test_less_trust_or_a_stricter_level_voids_it(trust: Trust, *, strong: bool) -> None:
    for shown_strong in (False, True):
        for shown_trust in Trust:
            missed = Shown(shown_strong, (), shown_trust).misses(strong, (), trust)
            assert (missed is None) is (strong <= shown_strong and trust >= shown_trust)


@pytest.mark.parametrize(
    ("shown", "required", "void"),
    [
        ((), (Quorum(1),), False),
        ((), (Quorum(2),), True),
        ((), (Quorum(1, ("admin",)),), True),
        ((), (Quorum(1, owner=False),), True),
        ((Quorum(2),), (Quorum(1),), False),
        ((Quorum(2),), (Quorum(3),), True),
        ((Quorum(2),), (), False),
        ((Quorum(2, ("admin",)),), (Quorum(2),), False),
        ((Quorum(2),), (Quorum(2, ("admin",)),), True),
        ((Quorum(1, ("ann",)),), (Quorum(1, ("ann", "bob")),), False),
        ((Quorum(1, ("ann", "bob")),), (Quorum(1, ("ann",)),), True),
        ((Quorum(2, owner=False),), (Quorum(2),), False),
        ((Quorum(2),), (Quorum(2, owner=False),), True),
        ((Quorum(2), Quorum(1, ("ann",))), (Quorum(1, ("ann",)), Quorum(2)), False),
        ((Quorum(2),), (Quorum(2), Quorum(1, ("ann",))), True),
    ],
)
def test_a_larger_quorum_voids_it(shown: tuple[Quorum, ...], required: tuple[Quorum, ...], *, void: bool) -> None:
    missed = Shown(False, shown, Trust.USER_DIRECT).misses(False, required, Trust.USER_DIRECT)
    assert (missed is not None) is void


terms = st.lists(
    st.tuples(
        st.none() | st.builds(Quorum, st.integers(1, 3)),
        st.builds(
            Validity,
            st.integers(1, 9),
            st.none() | st.integers(1, 999),
            st.none() | st.integers(30, 86_400),
            st.booleans(),
        ),
    ),
    max_size=4,
)


@given(some=terms, more=terms, strong=st.booleans())
def test_one_more_that_asks_only_tightens(
    some: list[tuple[Quorum | None, Validity]], more: list[tuple[Quorum | None, Validity]], *, strong: bool
) -> None:
    before, after = (
        demand(strong=strong, asking=some or [(None, Validity())]),
        demand(strong=strong, asking=[*(some or [(None, Validity())]), *more]),
    )
    assert after.uses <= before.uses
    assert set(before.quorums) <= set(after.quorums)
    assert after.risk >= before.risk


def test_where_no_rule_speaks_one_person_is_asked_for_two_minutes() -> None:
    assert demand(strong=False, asking=()) == Demand(False, (), 1, ASKED_FOR, ASKED_FOR, 0)
    assert demand(strong=True, asking=[(None, Validity(expires=60, high=True))]) == Demand(True, (), 1, 60, 60, 2)
    assert demand(strong=False, asking=[(None, Validity(high=True, lasts=5))]).risk == 1


RULES = compile_policy((File("p.yaml", "version: 1\nrules:\n  - {id: ask, ask: x}\n  - {id: no, deny: y}\n"),)).rules
CALLER = Caller("coder", "k_1", "pep")
YES = Approval("a_1", b"d" * 32, PLAIN)
NO = Finding(Stance.DENY, "approval-denied", "ann denied this.", Classification.BLOCKED)


def decided(tool: str = "x", source: str = "user", **offered: Any) -> Decision:
    request = ActionRequest(tool=tool, source=source)
    return decide(request, Facts(CALLER, offered=Offered(**offered)), RULES, Budget(20_000))


def test_a_yes_answers_an_ask_and_nothing_else() -> None:
    assert decided(approval=YES).approval == "a_1"
    assert decided(approval=YES).demand is None
    assert decided("y", approval=YES).verdict is Verdict.DENY
    void = decided(source="web", approval=YES)
    assert (void.verdict, void.approval) == (Verdict.REQUIRE_APPROVAL, None)
    assert void.demand is not None


def test_a_no_answers_an_ask_and_a_yes_is_heard_first() -> None:
    assert (decided(refusal=NO).verdict, decided(refusal=NO).demand) == (Verdict.DENY, None)
    assert decided(refusal=NO).reason == "ann denied this."
    assert decided(approval=YES, refusal=NO).allowed
