"""The life of an approval: in whatever order things happen, it is used as often as granted and not after its end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from app.core.approval_life import Life, OverError, Vote, cancelled, denied, expired, used, voted
from app.core.grant import Quorum

ANN, BOB, OWNER = Vote("ann", "admin"), Vote("bob", "approver"), Vote("own", "admin")
FRESH = Life(expires_at=100, owner="own")
_FOLLOWS = {
    "pending": {"pending", "approved", "denied", "expired", "cancelled"},
    "approved": {"approved", "consumed", "expired", "cancelled"},
}
quorums = st.lists(
    st.builds(
        Quorum,
        st.integers(1, 3),
        st.lists(st.sampled_from(("ann", "admin", "approver")), max_size=2).map(tuple),
        st.booleans(),
    ),
    max_size=2,
).map(tuple)
deeds = st.lists(
    st.tuples(
        st.sampled_from(("vote", "deny", "cancel", "expire", "use")),
        st.sampled_from((ANN, BOB, OWNER)),
        st.integers(0, 60),
    ),
    max_size=14,
)


def _done(life: Life, deed: str, vote: Vote, now: int, uses: int | None) -> Life:
    match deed:
        case "vote":
            return voted(life, vote, now, valid_until=now + 50, uses=uses)
        case "deny":
            return denied(life, now)
        case "cancel":
            return cancelled(life)
        case "expire":
            return expired(life, now)
        case _:
            return used(life, now)


@given(quorums, deeds, st.none() | st.integers(1, 3))
def test_no_order_of_deeds_uses_it_more_often_than_granted_or_after_its_end(
    need: tuple[Quorum, ...], told: list[tuple[str, Vote, int]], uses: int | None
) -> None:
    life, now, times, is_denied = structs.replace(FRESH, quorums=need), 0, 0, False
    for deed, vote, later in told:
        now += later
        before = life
        try:
            life = _done(life, deed, vote, now, uses)
        except OverError:
            assert deed != "expire"
            continue
        is_denied |= deed == "deny"
        if deed == "use":
            times += 1
            assert before.status == "approved"
            assert before.valid_until is not None
            assert now < before.valid_until
        assert life.status in _FOLLOWS.get(before.status, {before.status})
        assert len({one.operator for one in life.votes}) == len(life.votes)
        if life.status == "approved":
            assert life.is_enough
            assert not is_denied
    assert uses is None or times <= uses
    assert (life.status == "consumed") is (uses is not None and times == uses)


def test_one_person_is_enough_unless_more_are_needed() -> None:
    assert _vote(FRESH, ANN).status == "approved"
    two = structs.replace(FRESH, quorums=(Quorum(2),))
    assert _vote(two, ANN).status == "pending"
    assert _vote(two, ANN, ANN).status == "pending"
    assert _vote(two, ANN, BOB).status == "approved"


@pytest.mark.parametrize(
    ("need", "votes", "status"),
    [
        (Quorum(1, ("bob",)), (ANN,), "pending"),
        (Quorum(1, ("bob",)), (ANN, BOB), "approved"),
        (Quorum(1, ("admin",)), (BOB,), "pending"),
        (Quorum(1, ("admin",)), (ANN,), "approved"),
        (Quorum(1, (), owner=False), (OWNER,), "pending"),
        (Quorum(1, ("own",), owner=False), (OWNER,), "pending"),
        (Quorum(2, ("admin",), owner=False), (OWNER, ANN), "pending"),
        (Quorum(2, ("admin",)), (OWNER, ANN), "approved"),
    ],
)
def test_those_count_whom_the_rule_names(need: Quorum, votes: tuple[Vote, ...], status: str) -> None:
    assert _vote(structs.replace(FRESH, quorums=(need,)), *votes).status == status


def test_all_that_must_agree_must_agree() -> None:
    both = structs.replace(FRESH, quorums=(Quorum(1, ("bob",)), Quorum(1, ("admin",))))
    assert _vote(both, ANN).status == "pending"
    assert _vote(both, ANN, BOB).status == "approved"
    assert both.counts(BOB)
    assert not both.counts(Vote("eve", "approver"))


@pytest.mark.parametrize("deed", ["vote", "deny"])
def test_what_has_expired_is_not_answered(deed: str) -> None:
    with pytest.raises(OverError, match="expired"):
        _done(FRESH, deed, ANN, 100, 1)
    assert _done(FRESH, deed, ANN, 99, 1).status in ("approved", "denied")


@pytest.mark.parametrize("over", ["denied", "expired", "cancelled", "consumed"])
@pytest.mark.parametrize("deed", ["vote", "deny", "cancel", "use"])
def test_what_is_over_stays_as_it_is(over: Any, deed: str) -> None:
    with pytest.raises(OverError, match=over):
        _done(structs.replace(FRESH, status=over), deed, ANN, 0, 1)


def test_a_yes_for_the_session_has_no_end_of_its_own() -> None:
    life = voted(FRESH, ANN, 0, valid_until=None, uses=None)
    assert expired(life, 10**9).status == "approved"
    assert used(used(life, 10**9), 10**9).status == "approved"


def _vote(life: Life, *votes: Vote) -> Life:
    for vote in votes:
        life = voted(life, vote, 0, valid_until=50, uses=1)
    return life
