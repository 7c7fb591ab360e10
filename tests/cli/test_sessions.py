"""`agent-sudo sessions`, on a running service."""

from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.homes import Home, bearer
from tests.processes import Process


def gate(process: Process, home: Home, path: str, body: bytes) -> Any:
    status, document = process.ask("POST", path, bearer(home.key), body)
    assert status == 201, document
    return document


@pytest.fixture
def session(process: Process, served_home: Home) -> str:
    body = rb'{"prompts": ["Fix \u001b[31mit."], "labels": ["[red]nightly"]}'
    made: str = gate(process, served_home, "/sessions", body)["id"]
    gate(process, served_home, f"/sessions/{made}/observations", b'{"tool": "fetch", "source": "web"}')
    return made


def test_sessions_are_listed_and_shown(served: Commands, process: Process, served_home: Home, session: str) -> None:
    listed = served.signed_in("sessions", "list", "--agent", "coder", "--json").lines
    assert session in [one["id"] for one in listed]
    assert session in served.signed_in("sessions", "list").out
    assert served.signed_in("sessions", "list", "--agent", "nobody", "--json").lines == []
    shown = served.signed_in("sessions", "show", session)
    for word in ("EXTERNAL_CONTENT", "[red]nightly", r"Fix \x1b[31mit.", "The user said (1 of 1)", "web", "fetch"):
        assert word in shown.out
    inner = gate(process, served_home, "/sessions", f'{{"parent": "{session}"}}'.encode())["id"]
    assert f"inside of {session}" in served.signed_in("sessions", "show", inner).out
    assert "has seen" not in served.signed_in("sessions", "show", inner).out
    assert served.signed_in("sessions", "show", session, "--json").document["trust"] == "EXTERNAL_CONTENT"


def test_sessions_end_one_by_one_or_all_at_once(served: Commands, session: str) -> None:
    assert served.signed_in("sessions", "end", session).code == 0
    assert "ended" in served.signed_in("sessions", "show", session).out
    assert "has ended or expired" in served.signed_in("sessions", "end", session, "--json").err
    assert served.signed_in("sessions", "end-all", "coder", "--json").document == {"agent": "coder", "ended": True}
    assert served.signed_in("sessions", "list", "--json").lines == []
    assert "session of coder" in served.signed_in("sessions", "end-all", "coder").out


def test_a_session_that_is_ended_is_named(served: Commands, session: str) -> None:
    assert served.signed_in("sessions", "end", session, "--json").document == {"session": session, "ended": True}
    ran = served.signed_in("sessions", "end", "none")
    assert (ran.code, ran.err) == (2, "agent-sudo: There is no session of this id.\n")
