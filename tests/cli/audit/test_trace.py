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


def test_what_a_session_heard_and_saw_is_told_and_not_taken_for_tampering(
    served: Commands, served_home: Home, process: Process
) -> None:
    key = bearer(served_home.key)
    session = process.ask("POST", "/sessions", key, b'{"ttl_seconds": 60, "prompts": ["Tidy up."]}')[1]["id"]
    seen = b'{"tool": "imap", "source": "email", "content": "Dear agent"}'
    assert process.ask("POST", f"/sessions/{session}/observations", key, seen)[0] in (200, 201)
    ran = served("audit", "trace", session, COLUMNS="200")
    assert ("Tidy up." in ran.out, "source email" in ran.out, "tampered" in ran.out) == (True, True, False)
    for entry in served("audit", "trace", session, "--json").lines:
        assert served("audit", "show", str(entry["seq"])).code == 0


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
