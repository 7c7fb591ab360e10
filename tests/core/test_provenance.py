"""Trust only falls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import ActionRequest, Effect, EffectKind, Provenance
from app.core.provenance import NO_LIMIT, Limit, assess, findings
from app.core.trust import CEILING, KeyKind, Trust

sources = st.none() | st.sampled_from(["user", "web", "agent", "somebody", "user web", "\uff37eb"])
trusts = st.none() | st.sampled_from([*Trust.__members__, "user_direct", "x"])
origins = st.none() | st.sampled_from(["USER_DIRECT", "LOCAL_UI", "EXTERNAL_API", "x"])
channels = st.none() | st.sampled_from(["email", "WebPage", "cli"])
kinds: st.SearchStrategy[KeyKind] = st.sampled_from(["pep", "agent"])
sessions = st.none() | st.sampled_from(Trust)


def trust(
    source: str | None, said: str | None, origin: str | None, channel: str | None, kind: KeyKind, session: Trust | None
) -> Trust:
    request = ActionRequest(
        tool="x", source=source, source_trust=said, provenance=Provenance(origin_type=origin, channel=channel)
    )
    return assess(request, kind, NO_LIMIT if session is None else Limit(session, "the session")).trust


@given(sources, trusts, origins, channels, kinds, sessions)
def test_no_claim_raises_above_the_key_or_the_session(
    source: str | None, said: str | None, origin: str | None, channel: str | None, kind: KeyKind, session: Trust | None
) -> None:
    found = trust(source, said, origin, channel, kind, session)
    assert found <= CEILING[kind]
    assert session is None or found <= session


@given(sources, trusts, origins, channels, kinds, sessions)
def test_one_more_claim_only_lowers(
    source: str | None, said: str | None, origin: str | None, channel: str | None, kind: KeyKind, session: Trust | None
) -> None:
    claims: list[str | None] = [source, said, origin, channel]
    whole = trust(source, said, origin, channel, kind, session)
    for at in range(4):
        fewer = [None if at == here else claim for here, claim in enumerate(claims)]
        less = trust(fewer[0], fewer[1], fewer[2], fewer[3], kind, session)
        # A request that claims nothing at all is unknown; its first claim is what says where it comes from.
        assert whole <= less or less is Trust.UNKNOWN


@pytest.mark.parametrize(
    ("request_", "kind", "expected", "why"),
    [
        (ActionRequest(tool="x"), "pep", Trust.UNKNOWN, ("the request does not say where it comes from",)),
        (ActionRequest(tool="x", source="user"), "pep", Trust.USER_DIRECT, ()),
        (
            ActionRequest(tool="x", source="user"),
            "agent",
            Trust.AGENT_INTERNAL,
            ("a key of kind agent gives at most AGENT_INTERNAL",),
        ),
        (
            ActionRequest(tool="x", source="user", provenance=Provenance(origin_type="EXTERNAL_API")),
            "pep",
            Trust.EXTERNAL_CONTENT,
            ("origin_type says EXTERNAL_CONTENT",),
        ),
        (
            ActionRequest(tool="x", source="user", source_trust="very"),
            "pep",
            Trust.UNKNOWN,
            ("source_trust says UNKNOWN",),
        ),
    ],
)
def test_contradictory_claims_are_capped_with_the_reason(
    request_: ActionRequest, kind: KeyKind, expected: Trust, why: tuple[str, ...]
) -> None:
    found = assess(request_, kind)
    assert (found.trust, found.why) == (expected, why)


def test_a_session_gives_at_most_what_it_has_left() -> None:
    found = assess(ActionRequest(tool="x", source="user"), "pep", Limit(Trust.EXTERNAL_CONTENT, "the session"))
    assert found.trust is Trust.EXTERNAL_CONTENT
    assert found.why == ("the session gives at most EXTERNAL_CONTENT",)


@pytest.mark.parametrize("kind", EffectKind)
def test_external_content_may_only_look(kind: EffectKind) -> None:
    found = findings(Trust.EXTERNAL_CONTENT, (Effect(EffectKind.READ, "/a"), Effect(kind, "x")))
    assert bool(found) is (kind not in (EffectKind.READ, EffectKind.QUERY))
