"""A31: one thing followed through the log."""

from tests.cli.commands import Commands
from tests.homes import Home, bearer
from tests.processes import Process


def test_an_evaluation_is_traced_to_its_outcome(served: Commands, served_home: Home, process: Process) -> None:
    evaluation = process.evaluate(served_home.key)[1]["evaluation_id"]
    path = f"/evaluations/{evaluation}/outcome"
    assert process.ask("POST", path, bearer(served_home.key), b'{"status":"ok"}')[0] == 201
    assert [one["type"] for one in served("audit", "trace", evaluation, "--json").lines] == [
        "decision",
        "execution.result",
    ]
    assert "/srv/project/a.py" in served("audit", "trace", evaluation).out


def test_a_key_is_traced_by_the_beginning_of_its_id(served: Commands) -> None:
    entries = served("audit", "list", "--type", "key.created", "--json").lines
    key = entries[0]["body"]["data"]["key"]
    whole = [one["seq"] for one in served("audit", "trace", key, "--json").lines]
    assert whole[0] == entries[0]["seq"]
    assert len(whole) > 1
    assert [one["seq"] for one in served("audit", "trace", key[:8], "--json").lines] == whole


def test_what_is_unknown_short_or_ambiguous_is_said(served: Commands) -> None:
    assert "says nothing" in served("audit", "trace", "never-seen").err
    assert "too short" in served("audit", "trace", "asu").err
    ran = served("audit", "trace", "sha256:0000")
    assert (ran.code, "\x1b" in ran.err) == (2, False)
