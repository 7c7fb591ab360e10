"""Room for connections: bounded, and never more than the system gives files for."""

import resource

import pytest

from app.services.errors import TooManyError
from app.services.room import CONNECTION, MOST_CONNECTIONS, MOST_WAITING, Room, make_room, waiting
from app.services.streams import Streams

WANTED = MOST_CONNECTIONS + MOST_WAITING + 1_024


def test_so_many_may_wait_and_who_leaves_makes_room() -> None:
    room = Room(2)
    assert [room.enter(who) for who in "abc"] == [True, True, False]
    room.leave("a")
    assert (room.enter("c"), room.waiting) == (True, 2)


def test_nobody_takes_all_the_room() -> None:
    room = Room(12)
    assert [room.enter("a") for _ in range(11)] == [True] * 10 + [False]
    assert room.enter("b")
    room.leave("a")
    assert room.enter("a")


class _Connection:
    """A connection that is let in or not, and what was done with it."""

    def __init__(self, *, is_let_in: bool) -> None:
        self.is_let_in = is_let_in
        self.done: list[str] = []

    def waits(self, who: str) -> bool:
        self.done.append(who)
        return self.is_let_in

    def waits_no_more(self) -> None:
        self.done.append("gone")


@pytest.mark.parametrize("is_let_in", [True, False])
def test_a_request_waits_while_it_is_waited_for_and_hears_whether_it_may(*, is_let_in: bool) -> None:
    connection = _Connection(is_let_in=is_let_in)
    with waiting({CONNECTION: connection}, "a") as may_wait:
        assert (may_wait, connection.done) == (is_let_in, ["a"])
    assert connection.done == ["a", "gone"]
    with waiting({}, "a") as may_wait:
        assert may_wait


def test_a_stream_that_finds_no_room_is_refused() -> None:
    streams = Streams()
    with (
        pytest.raises(TooManyError, match="wait for people already"),
        streams.one_of("a", {CONNECTION: _Connection(is_let_in=False)}),
    ):
        pass
    assert not streams._open


@pytest.mark.parametrize(
    ("soft", "hard", "asked", "waiting"),
    [
        (1_024, resource.RLIM_INFINITY, WANTED, MOST_WAITING),
        (1_024, 1_048_576, WANTED, MOST_WAITING),
        (1_024, 8_192, 8_192, 8_192 - MOST_CONNECTIONS - 1_024),
        (1_024, 2_048, 2_048, 0),
        (WANTED, WANTED, None, MOST_WAITING),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, MOST_WAITING),
    ],
)
def test_as_many_may_wait_as_the_system_gives_files_for(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: int | None, waiting: int
) -> None:
    limits: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.append(wanted[0]))
    room = make_room()
    assert limits == ([] if asked is None else [asked])
    assert room._most == waiting
