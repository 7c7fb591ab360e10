"""A session's trust only falls, and nothing a request says of sessions lifts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from app.core.model import ActionRequest, Provenance
from app.core.provenance import assess
from app.core.session import APART, SKEW_US, Live, giving_way, observed, opened, standing
from app.core.trust import CEILING, KeyKind, Trust

NOW = 1_000_000_000
kinds: st.SearchStrategy[KeyKind] = st.sampled_from(["pep", "agent"])
trusts = st.sampled_from(Trust)
sources = st.none() | st.text() | st.sampled_from(["user", "the web", "e-mail", "agent", "user's mail", "tool", "?"])
names = st.none() | st.sampled_from(["a", "b", "c", "nobody"])
times = st.integers(NOW - 2 * SKEW_US, NOW + 2 * SKEW_US)
lives = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.builds(Live, trusts, times))


def named(session: str | None, earlier: str | None = None) -> ActionRequest:
    return ActionRequest(tool="x", source="user", session_id=session, provenance=Provenance(session_id=earlier))


@given(kinds, st.none() | trusts, st.lists(sources))
def test_whatever_is_observed_a_session_is_never_trusted_more_than_before(
    kind: KeyKind, parent: Trust | None, seen: list[str | None]
) -> None:
    trust = opened(kind, parent)
    assert trust <= CEILING[kind]
    assert parent is None or trust <= parent
    for source in seen:
        # The one rule by which storage lowers: the lesser of the two.
        lowered = min(trust, observed(source))
        assert lowered <= trust
        trust = lowered


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("user", Trust.USER_DIRECT),
        ("the agent's own plan", Trust.AGENT_INTERNAL),
        ("user's mail", Trust.EXTERNAL_CONTENT),
        ("slack", Trust.EXTERNAL_CONTENT),
        ("\uff37eb", Trust.EXTERNAL_CONTENT),
        ("a place of which nobody has heard", Trust.EXTERNAL_CONTENT),
        ("", Trust.EXTERNAL_CONTENT),
        (None, Trust.EXTERNAL_CONTENT),
    ],
)
def test_what_nobody_vouches_for_is_external_content(source: str | None, left: Trust) -> None:
    assert observed(source) is left


@given(names, names, lives, kinds)
def test_no_session_lifts_a_request_above_what_it_gets_without(
    session: str | None, earlier: str | None, live: dict[str, Live], kind: KeyKind
) -> None:
    request = named(session, earlier)
    found = standing(request, kind, live, NOW)
    assert assess(request, kind, found.limit).trust <= assess(request, kind).trust
    if found.id is not None:
        assert found.limit.trust <= live[found.id].trust
        assert found.until == live[found.id].expires_at > NOW
    elif session is None and earlier is None:
        for one in live.values():
            assert found.limit.trust <= one.trust or one.expires_at <= NOW
    else:
        assert found.limit.trust is Trust.UNKNOWN


@given(names, kinds, lives, trusts, st.sampled_from(["a", "b", "c"]))
def test_lowering_a_session_lifts_no_request(
    name: str | None, kind: KeyKind, live: dict[str, Live], trust: Trust, which: str
) -> None:
    before = standing(named(name), kind, live, NOW).limit.trust
    lowered = {key: Live(min(one.trust, trust), one.expires_at) if key == which else one for key, one in live.items()}
    assert standing(named(name), kind, lowered, NOW).limit.trust <= before


@given(names, kinds, lives, st.integers(0, 2 * SKEW_US))
def test_what_lasts_is_so_at_any_later_time_until_its_session_ends(
    name: str | None, kind: KeyKind, live: dict[str, Live], later: int
) -> None:
    found = standing(named(name), kind, live, NOW)
    if found.lasts and (found.until is None or NOW + later < found.until):
        assert standing(named(name), kind, live, NOW + later) == found


def test_what_other_sessions_say_lasts_no_longer_than_they_do() -> None:
    live = {"a": Live(Trust.USER_DIRECT, NOW + 9 * SKEW_US), "b": Live(Trust.EXTERNAL_CONTENT, NOW + 1)}
    assert standing(named("a"), "pep", live, NOW).lasts
    assert not standing(named("a"), "agent", live, NOW).lasts
    assert not standing(named(None), "pep", live, NOW).lasts


@given(names, lives)
def test_an_agent_gains_nothing_by_the_session_that_it_names(name: str | None, live: dict[str, Live]) -> None:
    without = standing(named(None), "agent", live, NOW).limit.trust
    assert standing(named(name), "agent", live, NOW).limit.trust <= without


def test_a_request_without_a_session_of_an_agent_without_any_stands_apart() -> None:
    assert standing(named(None), "pep", {}, NOW) is APART
    assert not APART.tainted


def test_a_session_counts_against_its_agent_for_as_long_as_it_lives_by_anybodys_clock() -> None:
    live = {"a": Live(Trust.EXTERNAL_CONTENT, NOW)}
    assert standing(named(None), "pep", live, NOW + SKEW_US - 1).tainted
    assert standing(named(None), "pep", live, NOW + SKEW_US) is APART
    assert standing(named("a"), "pep", live, NOW - 1).id == "a"
    assert standing(named("a"), "pep", live, NOW).limit.trust is Trust.UNKNOWN


def test_two_sessions_are_none() -> None:
    live = {"a": Live(Trust.USER_DIRECT, NOW + 1), "b": Live(Trust.USER_DIRECT, NOW + 1)}
    assert standing(named("a", "a"), "pep", live, NOW).id == standing(named(None, "a"), "pep", live, NOW).id == "a"
    assert standing(named("a", "b"), "pep", live, NOW).limit.trust is Trust.UNKNOWN


class Silent(Struct, frozen=True):
    """A run as it is looked at to make room."""

    id: str
    trust: Trust
    expires_at: int


@pytest.mark.parametrize(
    ("runs", "which"),
    [
        ([], None),
        ([("a", 4, 1)], None),
        ([("a", 4, 2), ("b", 4, 1)], "b"),
        ([("b", 4, 1), ("a", 4, 1)], "a"),
        ([("a", 2, 1), ("b", 4, 2)], None),
        ([("a", 2, 1), ("b", 4, 2), ("c", 3, 3)], "b"),
        ([("a", 2, 1), ("b", 4, 2), ("c", 2, 3)], "a"),
    ],
)
def test_the_run_that_was_silent_for_longest_gives_way_if_another_is_trusted_no_more(
    runs: list[tuple[str, int, int]], which: str | None
) -> None:
    levels = dict(enumerate(sorted(Trust), start=1))
    assert giving_way(Silent(name, levels[trust], until) for name, trust, until in runs) == which


@given(st.lists(st.tuples(trusts, st.integers(1, 9)), max_size=12), st.integers(0, 10))
def test_nothing_is_shed_by_making_runs(given_runs: list[tuple[Trust, int]], at: int) -> None:
    """Whatever gives way, the least trust among those that live is the same at any time from now on."""
    runs = [Silent(str(number), *one) for number, one in enumerate(given_runs)]
    name = giving_way(runs)

    def least(found: list[Silent]) -> Trust | None:
        return min((one.trust for one in found if one.expires_at > at), default=None)

    assert least([one for one in runs if one.id != name]) == least(runs)
    # So many can never all have to stay.
    assert name is not None or len(runs) <= len(Trust)
