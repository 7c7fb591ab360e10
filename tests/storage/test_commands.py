"""Guards and changes, one by one."""

from typing import Any

import pytest
from sqlalchemy import select

from app.audit_log.chain import LOG_CREATED
from app.audit_log.entry import draft
from app.storage import agents, keys, operators, outcomes, policies, workspaces
from app.storage.agents import AddAgent, AgentExists, Traits
from app.storage.command import Change, Command, EpochIs, Guard, NotAfter, RaiseEpoch, Stale
from app.storage.database import Database
from app.storage.entries import epoch
from app.storage.keys import AddKey, KeyLives, RevokeKey
from app.storage.operators import AddOperator, NoOperator
from app.storage.outcomes import AddOutcome, IsDecision, NoOutcome
from app.storage.policies import AddPolicy, PolicyExists, PolicyInForceIs, PutInForce
from app.storage.tables import agent
from app.storage.workspaces import SetWorkspaces
from app.storage.writer import Writer
from tests.storage.samples import changed, decided, written

DIGEST = f"sha256:{'0' * 64}"


class Desk:
    """Writes changes, and asks whether guards hold."""

    def __init__(self, writer: Writer, log: str) -> None:
        self._writer = writer
        self._log = log

    def change(self, *changes: Change) -> int:
        """The time of the change."""
        return written(self._writer, Command((changed(self._log),), (), changes))[0].ts

    def holds(self, guard: Guard) -> bool:
        result = self._writer.commit([Command((changed(self._log),), (guard,))])[0]
        assert isinstance(result, (tuple, Stale))
        assert isinstance(result, tuple) or result.guard is guard
        return isinstance(result, tuple)


@pytest.fixture
def desk(writer: Writer, log: str) -> Desk:
    return Desk(writer, log)


def _read(database: Database, query: Any, *arguments: Any) -> Any:
    with database.read() as connection:
        return query(connection, *arguments)


def test_the_epoch_holds_until_it_is_raised(database: Database, desk: Desk) -> None:
    assert desk.holds(EpochIs(0))
    desk.change(RaiseEpoch())
    assert not desk.holds(EpochIs(0))
    assert desk.holds(EpochIs(1))
    assert _read(database, epoch) == 1


def test_what_expires_is_in_force_strictly_before_its_expiry(desk: Desk) -> None:
    now = desk.change()
    assert desk.holds(NotAfter(now + 60_000_000))
    assert not desk.holds(NotAfter(now))


def test_an_expiry_is_compared_with_the_time_of_the_transaction(database: Database, log: str) -> None:
    if not database.is_sqlite:
        pytest.skip("there the time is the database's")
    writer = Writer(database, lambda: 4_000_000_000_000_000)
    desk = Desk(writer, log)
    assert desk.holds(NotAfter(4_000_000_000_000_001))
    assert not desk.holds(NotAfter(4_000_000_000_000_000))
    writer.close()


def test_agents(database: Database, desk: Desk) -> None:
    assert desk.holds(AgentExists("coder", expected=False))
    added = desk.change(AddAgent("coder", Traits("writes code")))
    assert desk.holds(AgentExists("coder", expected=True))
    assert not desk.holds(AgentExists("coder", expected=False))
    assert _read(database, agents.all_agents) == [agents.Agent("coder", Traits("writes code"), added)]


def test_keys(database: Database, desk: Desk) -> None:
    add = AddKey("k_1", "coder", "pep", may_explain=True, digest=bytes(32), expires_at=None)
    added = desk.change(AddAgent("coder", Traits()), AddAgent("other", Traits()), add)
    key = keys.Key("k_1", "coder", "pep", True, bytes(32), added, None, None)
    assert _read(database, keys.all_keys) == [key]
    assert desk.holds(KeyLives("coder", "k_1"))
    assert not desk.holds(KeyLives("other", "k_1"))
    assert not desk.holds(KeyLives("coder", "k_2"))
    revoked = desk.change(RevokeKey("k_1"))
    assert not desk.holds(KeyLives("coder", "k_1"))
    assert _read(database, keys.all_keys)[0].revoked_at == revoked


def test_operators(database: Database, desk: Desk) -> None:
    assert desk.holds(NoOperator())
    added = desk.change(AddOperator("alice", "admin", "hash"))
    assert not desk.holds(NoOperator())
    assert _read(database, operators.all_operators) == [operators.Operator("alice", "admin", "hash", added)]


def test_outcomes(database: Database, desk: Desk, writer: Writer, log: str) -> None:
    evaluation = written(writer, Command((decided(log),)))[0].seq
    assert desk.holds(IsDecision(evaluation, "coder"))
    assert not desk.holds(IsDecision(evaluation, "somebody"))
    assert not desk.holds(IsDecision(evaluation + 1, "coder"))
    assert _read(database, outcomes.outcome_of, evaluation) is None
    report = written(writer, Command((changed(log),), (NoOutcome(evaluation),), (AddOutcome(evaluation),)))[0]
    assert _read(database, outcomes.outcome_of, evaluation) == report.seq
    assert not desk.holds(NoOutcome(evaluation))
    assert not desk.holds(IsDecision(report.seq, "coder"))


def test_policies(database: Database, desk: Desk) -> None:
    other = DIGEST.replace("0", "1")
    assert _read(database, policies.policy_in_force_now) is None
    assert desk.holds(PolicyInForceIs(None))
    assert desk.holds(PolicyExists(DIGEST, expected=False))
    desk.change(
        AddPolicy(DIGEST, b"[]", "alice"), AddPolicy(other, b"[]", "alice"), PutInForce(DIGEST, "alice", first=True)
    )
    assert not desk.holds(PolicyInForceIs(None))
    assert desk.holds(PolicyInForceIs(DIGEST))
    assert desk.holds(PolicyExists(DIGEST, expected=True))
    desk.change(PutInForce(other, "bob"))
    assert not desk.holds(PolicyInForceIs(DIGEST))
    in_force = _read(database, policies.policy_in_force_now)
    assert (in_force.policy.digest, in_force.activated_by) == (other, "bob")
    assert _read(database, policies.find_policy, DIGEST).files == b"[]"
    assert _read(database, policies.find_policy, "none") is None


def test_workspaces_are_replaced_as_a_whole(database: Database, desk: Desk) -> None:
    desk.change(SetWorkspaces(("/a", "/b"), "alice"))
    desk.change(SetWorkspaces(("/c", "/b"), "alice"))
    assert _read(database, workspaces.all_workspaces) == ["/b", "/c"]


def test_all_changes_and_entries_of_a_command_are_one(database: Database, writer: Writer, log: str) -> None:
    seqs = written(
        writer, Command((changed(log), changed(log)), (), (AddAgent("a", Traits()), AddAgent("b", Traits())))
    )
    assert [receipt.seq for receipt in seqs] == [1, 2]
    # The second of one name breaks a constraint of the table: with it goes everything.
    writer.commit([Command((changed(log),), (), (AddAgent("c", Traits()), AddAgent("a", Traits())))])
    with database.read() as connection:
        assert list(connection.execute(select(agent.c.name).order_by(agent.c.name)).scalars()) == ["a", "b"]


def test_a_log_begins_once(writer: Writer, log: str) -> None:
    again = Command((draft(LOG_CREATED, {}, log=log),))
    assert not isinstance(writer.commit([again])[0], tuple)
