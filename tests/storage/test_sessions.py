"""Guards and changes of sessions, and the number by which decisions notice them."""

from typing import Any

import pytest

from app.core.trust import Trust
from app.storage import sessions
from app.storage.agents import AddAgent, Traits
from app.storage.command import Change, Command, Guard, Stale
from app.storage.database import Database
from app.storage.keys import AddKey
from app.storage.sessions import (
    CountNote,
    EndSession,
    EndSessionsBy,
    EndSessionsOf,
    ExtendSession,
    FewerSessions,
    LowerSession,
    OpenSession,
    RoomForNote,
    Session,
    SessionLives,
    SessionsUnchanged,
    ShortenSessionsBy,
)
from app.storage.writer import Writer
from tests.storage.samples import changed, written

HOUR = 3_600_000_000
START = 1_700_000_000_000_000


class Desk:
    """Writes changes, asks whether guards hold, and looks; its clock stands until it is moved."""

    def __init__(self, database: Database, log: str) -> None:
        self.now = START
        self.writer = Writer(database, lambda: self.now)
        self._database = database
        self._log = log

    def change(self, *changes: Change) -> int:
        """The time of the change."""
        return written(self.writer, Command((changed(self._log),), (), changes))[0].ts

    def holds(self, *guards: Guard) -> list[bool]:
        results = self.writer.commit([Command((changed(self._log),), (guard,)) for guard in guards])
        assert all(isinstance(result, tuple | Stale) for result in results)
        return [isinstance(result, tuple) for result in results]

    def look(self, id: str) -> Session:
        with self._database.read() as connection:
            found = sessions.find_session(connection, id)
        assert found is not None
        return found

    def epoch(self) -> int:
        with self._database.read() as connection:
            return sessions.session_epoch(connection)


def opening(id: str, **other: Any) -> OpenSession:
    fields: dict[str, Any] = {
        "agent": "coder",
        "key": "k_1",
        "parent": None,
        "root": id,
        "labels": [],
        "trust": Trust.USER_DIRECT,
        "ttl": HOUR,
        "at_most": None,
        "prompts": 0,
    }
    return OpenSession(id=id, **{**fields, **other})


@pytest.fixture
def desk(database: Database, writer: Writer, log: str) -> Desk:
    made = Desk(database, log)
    add = [AddAgent("coder", Traits()), AddAgent("other", Traits())]
    keys = [
        AddKey("k_1", "coder", "pep", may_explain=True, digest=bytes(32), expires_at=None),
        AddKey("k_2", "coder", "agent", may_explain=True, digest=b"2" * 32, expires_at=None),
        AddKey("k_3", "other", "pep", may_explain=True, digest=b"3" * 32, expires_at=None),
    ]
    made.change(*add, *keys)
    return made


def test_a_session_lives_from_the_time_of_the_transaction_as_long_as_it_may(desk: Desk) -> None:
    now = desk.change(opening("a", labels=["é"], prompts=2))
    assert desk.look("a") == Session(
        "a", "coder", "k_1", None, "a", ["é"], now, now + HOUR, None, Trust.USER_DIRECT, 2, 0, 1
    )
    desk.change(opening("b", at_most=now + 5))
    assert desk.look("b").expires_at == now + 5
    assert desk.holds(SessionLives("a"), SessionLives("a", "coder", 1)) == [True, True]
    assert desk.holds(SessionLives("a", "other"), SessionLives("a", "coder", 2), SessionLives("x")) == [False] * 3


def test_a_session_is_over_at_its_expiry_by_the_time_of_the_transaction(database: Database, desk: Desk) -> None:
    if not database.is_sqlite:
        pytest.skip("there the time is the database's")
    until = desk.change(opening("a")) + HOUR
    desk.now = until - 1
    assert desk.holds(SessionLives("a"), FewerSessions("coder", 1)) == [True, False]
    desk.now = until
    assert desk.holds(SessionLives("a"), FewerSessions("coder", 1)) == [False, True]
    with database.read() as connection:
        assert sessions.live_sessions(connection, until) == []
        assert [one.id for one in sessions.live_sessions(connection, until - 1)] == ["a"]


def test_only_a_change_that_a_decision_could_feel_makes_decisions_stale(desk: Desk) -> None:
    desk.change(opening("a"), opening("b", agent="other", key="k_3"))
    mine, theirs = SessionsUnchanged("coder", 2), SessionsUnchanged("other", 2)
    desk.change(CountNote("a", "observations"), LowerSession("a", Trust.USER_DIRECT), ExtendSession("a", 1, START))
    assert (desk.epoch(), desk.holds(mine, theirs)) == (2, [True, True])
    desk.change(LowerSession("a", Trust.AGENT_INTERNAL))
    assert (desk.epoch(), desk.holds(mine, theirs)) == (3, [False, True])
    assert desk.holds(SessionsUnchanged("coder", 3), SessionsUnchanged("nobody", 0)) == [True, True]
    with_version = desk.look("a").version
    desk.change(LowerSession("a", Trust.EXTERNAL_CONTENT), LowerSession("a", Trust.USER_DIRECT))
    assert desk.look("a").trust is Trust.EXTERNAL_CONTENT
    assert (desk.look("a").version, desk.writer.session_epoch) == (with_version + 1, 4)


def test_within_one_batch_a_change_makes_the_decisions_after_it_stale_and_no_other(desk: Desk, log: str) -> None:
    desk.change(opening("a"), opening("b", agent="other", key="k_3"))
    mine, theirs = SessionsUnchanged("coder", 2), SessionsUnchanged("other", 2)
    row = (changed(log),)
    results = desk.writer.commit(
        [
            Command(row, (mine,)),
            Command(row, (), (LowerSession("a", Trust.UNKNOWN),)),
            Command(row, (mine,)),
            Command(row, (theirs,)),
            Command(row, (), (EndSession("b"),)),
            Command(row, (theirs,)),
        ]
    )
    assert [isinstance(result, Stale) for result in results] == [False, False, True, False, False, True]


def test_a_family_shares_what_it_has_heard_and_ends_from_the_outside_in(desk: Desk) -> None:
    desk.change(opening("a"), opening("b", parent="a", root="a"), opening("c", parent="b", root="a"), opening("d"))
    desk.change(LowerSession("c", Trust.EXTERNAL_CONTENT))
    trusts = {one: desk.look(one).trust.name for one in "abcd"}
    assert trusts == {**dict.fromkeys("abc", "EXTERNAL_CONTENT"), "d": "USER_DIRECT"}
    ended = desk.change(EndSession("b"))
    assert {one: desk.look(one).ended_at for one in "abcd"} == {"a": None, "b": ended, "c": ended, "d": None}
    desk.change(EndSession("b"))
    assert desk.look("b").ended_at == ended


def test_the_sessions_of_an_agent_or_of_a_key_end_at_once(desk: Desk) -> None:
    desk.change(opening("a"), opening("b", key="k_2"), opening("c", parent="b", root="b"))
    desk.change(opening("d", agent="other", key="k_3"))
    desk.change(EndSessionsBy("k_2"))
    assert {one for one in "abcd" if desk.look(one).ended_at is None} == {"a", "d"}
    desk.change(EndSessionsOf("coder"))
    assert {one for one in "abcd" if desk.look(one).ended_at is None} == {"d"}


def test_the_sessions_of_a_key_end_with_it_and_those_inside_of_them_too(desk: Desk) -> None:
    now = desk.change(opening("a"), opening("b", key="k_2"), opening("c", parent="b", root="b"))
    desk.change(opening("d", key="k_2", ttl=HOUR // 4))
    before = desk.epoch()
    desk.change(ShortenSessionsBy("k_2", now + HOUR // 2))
    assert [desk.look(one).expires_at - now for one in "abc"] == [HOUR, HOUR // 2, HOUR // 2]
    assert desk.look("d").expires_at < now + HOUR // 2
    assert desk.epoch() == before + 1


def test_a_session_is_extended_and_never_shortened(desk: Desk) -> None:
    now = desk.change(opening("a"))
    desk.change(ExtendSession("a", HOUR // 2, now + 9 * HOUR))
    assert desk.look("a").expires_at == now + HOUR
    later = desk.change(ExtendSession("a", 2 * HOUR, now + 9 * HOUR))
    assert desk.look("a").expires_at == later + 2 * HOUR
    desk.change(ExtendSession("a", 99 * HOUR, now + 9 * HOUR))
    assert desk.look("a").expires_at == now + 9 * HOUR


def test_live_sessions_are_counted_by_agent_and_by_who_opened_them(desk: Desk) -> None:
    desk.change(opening("a"), opening("b", key="k_2"))
    assert desk.holds(FewerSessions("coder", 3), FewerSessions("coder", 2)) == [True, False]
    assert desk.holds(FewerSessions("coder", 2, by_itself=True), FewerSessions("coder", 1, by_itself=True)) == [
        True,
        False,
    ]
    desk.change(EndSession("b"))
    assert desk.holds(FewerSessions("coder", 2), FewerSessions("coder", 1, by_itself=True)) == [True, True]


def test_a_full_session_takes_only_what_lowers_it(desk: Desk) -> None:
    desk.change(opening("a", trust=Trust.AGENT_INTERNAL), CountNote("a", "observations"), CountNote("a", "prompts"))
    assert (desk.look("a").prompts, desk.look("a").observations) == (1, 1)
    assert desk.holds(RoomForNote("a", "prompts", 2), RoomForNote("a", "prompts", 1)) == [True, False]
    assert desk.holds(
        RoomForNote("a", "observations", 1, Trust.EXTERNAL_CONTENT),
        RoomForNote("a", "observations", 1, Trust.AGENT_INTERNAL),
    ) == [True, False]


def test_changes_are_found_by_their_number(database: Database, desk: Desk) -> None:
    desk.change(opening("a"), opening("b"), opening("c", agent="other", key="k_3"))
    desk.change(EndSession("a"))
    with database.read() as connection:
        assert {one.id for one in sessions.changed_sessions(connection, 2)} == {"a", "c"}
        assert sessions.changed_sessions(connection, 4) == []
        assert [one.id for one in sessions.live_sessions(connection, START, ["coder"], 5)] == ["b"]
        assert {one.id for one in sessions.live_sessions(connection, START)} == {"b", "c"}
        assert len(sessions.live_sessions(connection, START, limit=1)) == 1
        assert sessions.find_session(connection, "x") is None
