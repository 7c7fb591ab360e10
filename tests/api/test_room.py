"""Room for connections: bounded, and never more than the system gives files for."""

import resource

import pytest

from app.api.room import MOST_CONNECTIONS, MOST_WAITING, Room, make_room

WANTED = MOST_CONNECTIONS + MOST_WAITING + 1_024


def test_so_many_may_wait_and_who_leaves_makes_room() -> None:
    room = Room(2)
    assert [room.enter() for _ in range(3)] == [True, True, False]
    room.leave()
    assert (room.enter(), room.waiting) == (True, 2)


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
