"""Turns: whoever has just had one goes to the end of the line."""

import threading
from pathlib import Path

from app.storage.turn import turn


def test_a_turn_waits_until_the_one_before_is_over_but_not_for_ever(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    with turn(path, 1.0), turn(path, 0.01):
        pass  # the second one went on without: it is manners, the lock that counts is the database's
    with turn(path, 0.0):
        pass  # and whoever comes when both are gone need not wait


def test_the_turn_passes_to_the_one_who_waits(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    order: list[str] = []

    def waits() -> None:
        with turn(path, 30.0):
            order.append("the one who waited")

    waiting = threading.Thread(target=waits)
    with turn(path, 1.0):
        waiting.start()
        order.append("the one who was there")
    waiting.join()
    assert order == ["the one who was there", "the one who waited"]


def test_where_no_line_can_be_made_one_goes_on_without(tmp_path: Path) -> None:
    with turn(str(tmp_path / "none" / "x.db"), 1.0):
        assert not (tmp_path / "none").exists()
