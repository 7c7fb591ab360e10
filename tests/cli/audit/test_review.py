"""A44: a day reviewed: is the log whole, what was decided, what was stopped."""

from tests.cli.audit.tampering import tamper
from tests.cli.commands import Commands
from tests.homes import Home


def test_a_review_verifies_counts_and_lists_what_was_stopped(served: Commands) -> None:
    found = served("audit", "review", "--json").document
    assert found["log"]["ok"] is True
    assert found["decisions"] == {"ALLOW": 2, "REQUIRE_APPROVAL": 1, "REQUIRE_STRONG_APPROVAL": 0, "DENY": 1}
    assert found["agents"] == {"coder": 4}
    assert [one["decision"] for one in found["not_allowed"]] == ["DENY", "REQUIRE_APPROVAL"]
    ran = served("audit", "review")
    assert ran.code == 0
    assert "consistent, not anchored" in ran.out
    assert "allow 2" in ran.out
    assert "/srv/project/.env" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_review_can_be_narrowed_and_shortened(served: Commands) -> None:
    assert served("audit", "review", "--origin", "external", "--json").document["decisions"]["ALLOW"] == 1
    assert "and 1 older ones" in served("audit", "review", "--limit", "1").out


def test_a_review_of_a_log_that_was_tampered_with_fails_and_shows_what_there_is(
    commands: Commands, prepared: Home
) -> None:
    assert "nothing was decided" in commands("audit", "review").out
    tamper(prepared, "UPDATE audit_entry SET agent = 'other' WHERE seq = 2")
    ran = commands("audit", "review")
    assert (ran.code, "TAMPERED" in ran.out) == (1, True)
