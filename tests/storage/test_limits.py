"""What limits count, whatever the clock and whoever comes when."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.data import data
from app.storage.agents import AddAgent, Traits
from app.storage.command import Command
from app.storage.database import Database, open_database
from app.storage.limits import Counter, CountUse, LimitHolds
from app.storage.migrate import migrate
from app.storage.tables import limit_use
from app.storage.writer import Writer
from tests.storage.samples import begin, changed

PER = 60_000_000
COUNTER = Counter("coder", "pay", "calls")


class Clock:
    now = 1_790_000_000_000_000

    def __call__(self) -> int:
        return self.now


class Limited:
    """A writer to a fresh database, whose clock a test moves."""

    def __init__(self, database: Database) -> None:
        self.clock = Clock()
        self.database = database
        self.writer = Writer(database, self.clock)
        self.log = begin(database, self.writer)
        self.writer.commit(
            [Command((changed(self.log),), (), (AddAgent("coder", Traits()), AddAgent("other", Traits())))]
        )

    def use(self, amount: int = 1, most: int = 10, per: int = PER, counter: Counter = COUNTER) -> bool:
        return self.use_all([amount], most, per, counter)[0]

    def use_all(self, amounts: list[int], most: int, per: int = PER, counter: Counter = COUNTER) -> list[bool]:
        """Several commands of one batch; which of them were written."""
        commands = [
            Command(
                (changed(self.log),),
                (LimitHolds("pay calls", counter, per, most - amount),),
                (CountUse(counter, per, amount),),
            )
            for amount in amounts
        ]
        return [isinstance(result, tuple) for result in self.writer.commit(commands)]

    def rows(self) -> int:
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(limit_use)).scalar_one())


def test_a_limit_holds_within_a_batch_and_across_batches(database: Database) -> None:
    limited = Limited(database)
    assert limited.use_all([1] * 7, 10) == [True] * 7
    assert limited.use_all([1] * 7, 10) == [True] * 3 + [False] * 4
    assert limited.use(3, most=13)
    assert not limited.use(1, most=13)
    limited.writer.close()


def test_agents_rules_and_units_are_counted_apart(database: Database) -> None:
    limited = Limited(database)
    for counter in (
        COUNTER,
        Counter("other", "pay", "calls"),
        Counter("coder", "b", "calls"),
        Counter("coder", "pay", "x"),
    ):
        assert limited.use_all([1, 1], 1, counter=counter) == [True, False]
    limited.writer.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, PER // 2), st.lists(st.integers(0, 6), max_size=8)), min_size=10, max_size=40
    ),
    per=st.sampled_from([PER, PER // 7]),
    most=st.integers(1, 12),
)
def test_no_stretch_of_time_ever_holds_more_than_the_limit_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, list[int]]], per: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("limits")
    database = open_database(f"sqlite:///{folder / 'x.db'}")
    migrate(database, data("migrations"))
    limited = Limited(database)
    taken: list[tuple[int, int]] = []
    for wait, amounts in steps:
        limited.clock.now += wait
        now = limited.clock.now
        for amount, written in zip(amounts, limited.use_all(amounts, most, per), strict=True):
            before = sum(one for at, one in taken if at > now - per)
            if written:
                taken.append((now, amount))
                assert before + amount <= most
            elif amount <= most:
                # What is rounded against the caller is no more than one bucket, a twentieth of the stretch.
                assert sum(one for at, one in taken if at > now - per - per // 20) + amount > most
    # However much was counted, little is kept.
    assert limited.rows() <= 24
    limited.writer.close()
    database.dispose()


def test_a_shorter_limit_does_not_forget_what_a_longer_one_has_counted(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(database, data("migrations"))
    limited = Limited(database)
    assert limited.use(10)
    limited.clock.now += PER // 2
    assert limited.use(10, per=PER // 10)
    assert not limited.use(1)
    limited.writer.close()
    database.dispose()
