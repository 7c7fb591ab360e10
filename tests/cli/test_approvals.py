"""`agent-sudo approvals`, `approve` and `deny`, on a running service."""

import http.server
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.cli.service import Service
from tests.cli.commands import SIGN_IN, Commands
from tests.cli.conversation import converse
from tests.homes import OPERATOR, PASSPHRASE, Home, bearer, prepare
from tests.processes import Process

POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: pushes, ask: shell, command: "git push *", risk: critical, reason: Pushing publishes work to others.}
  - {id: two, ask: "mcp:pay/*", approvers: {need: 2, owner: false}, risk: high}
"""
PUSH: dict[str, Any] = {
    "tool": "Bash",
    "arguments": {"command": "git push", "description": "p\u0430y \u202eevil\u2028 \x1b[2J"},
    "source": "user",
}
ME = ("--operator", OPERATOR)


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("asked")
    (folder / "home").mkdir(mode=0o700)
    return prepare(folder, f"sqlite:///{folder / 'home/agent-sudo.db'}", POLICY)


class Agent:
    """The agent of the home."""

    def __init__(self, process: Process, home: Home) -> None:
        self._process = process
        self._home = home

    def evaluate(self, request: Any) -> Any:
        return self._process.evaluate(self._home.key, json.dumps(request).encode())[1]

    def asks(self, name: str = "mcp:any/thing", **request: Any) -> str:
        """The approval that a request waits for."""
        answer = self.evaluate({"tool": name, "source": "user", **request})
        approval: str = answer["approval"]["id"]
        return approval

    def session(self) -> str:
        made: str = self._process.ask("POST", "/sessions", bearer(self._home.key), b"{}")[1]["id"]
        return made


@pytest.fixture
def agent(process: Process, served_home: Home) -> Iterator[Agent]:
    made = Agent(process, served_home)
    yield made
    # What still waits keeps the next test from asking.
    key = bearer(served_home.key)
    for one in process.ask("GET", "/approvals", key)[1]["approvals"]:
        process.ask("POST", f"/approvals/{one['id']}/cancel", key)


def test_what_waits_is_listed_the_gravest_first_within_80_columns(served: Commands, agent: Agent) -> None:
    assert served.signed_in("approvals", "list").out == "Nothing waits.\n"
    plain, strong = agent.asks(), agent.asks(**PUSH)
    ran = served.signed_in("approvals", "list")
    rows = ran.out.splitlines()
    assert [row.split()[0] for row in rows] == ["approval", strong, plain]
    assert all(len(row) <= 80 for row in rows)
    assert [one["id"] for one in served.signed_in("approvals", "list", "--json").lines] == [strong, plain]
    assert served.signed_in("approvals", "list", "--status", "denied", "--agent", "nobody").out == "There is none.\n"
    assert "--limit shows up to 200" in served.signed_in("approvals", "list", "--limit", "1").err
    assert served.signed_in("approvals", "list", "--status", "odd").code == 2


def test_all_of_a_request_is_shown_and_each_of_its_characters(served: Commands, agent: Agent) -> None:
    name = agent.asks(**PUSH, cwd="/srv/project", actor="coder/part", payload_summary="x" * 300)
    shown = served.signed_in("approvals", "show", name).out
    for words in (
        *("critical", "pushes", "Pushing publishes work to others.", "a passphrase with the answer", "coder/part"),
        *(
            r"\u202eevil\u2028 \u001b[2J",
            "p\u0430y (U+0430)",
            '"cwd": "/srv/project"',
            "network",
        ),
        "Exactly this would run:",
    ):
        assert words in shown
    assert shown.replace("\n", "").isprintable()
    assert shown.count("x") >= 300
    assert served.signed_in("approvals", "show", name, "--json").document["id"] == name
    assert "no approval 'a_none'" in served.signed_in("approvals", "show", "a_none").err


def test_the_tree_is_the_one_that_explain_shows(served: Commands, agent: Agent) -> None:
    line = "sudo bash -c 'git push origin \u202emain; rm -rf build' && git push --force > log"
    request: dict[str, Any] = {**PUSH, "arguments": {"command": line}, "cwd": "/srv/project"}
    (served.folder / "request.json").write_text(json.dumps(request))
    explained = served("policy", "explain", "request.json").out
    shown = served.signed_in("approvals", "show", agent.asks(**request)).out
    tree = shown.partition("What that does:\n")[2].rstrip("\n")
    assert "\n│   └── bash -c" in tree
    assert f"effects\n{tree}\nrules\n" in explained


def test_a_quorum_is_shown_and_who_owns_the_agent_cannot_answer(served: Commands, agent: Agent) -> None:
    name = agent.asks("mcp:pay/out")
    assert "2 to agree, not the agent's owner" in served.signed_in("approvals", "show", name).out
    ran = served.signed_in("approve", name, "--yes")
    assert (ran.code, "none of those who may approve" in ran.err) == (2, True)


def test_nothing_is_approved_without_a_yes(served: Commands, agent: Agent) -> None:
    name = agent.asks()
    ran = served.signed_in("approve", name)
    assert (ran.code, "Exactly this would run:" in ran.out) == (2, True)
    assert "nothing was approved" in ran.err
    code, shown = converse(served, ("approve", name, *ME), [("Passphrase", PASSPHRASE, True), ("[y/N]", "", False)])
    assert (code, "Nothing was approved" in shown) == (1, True)
    assert "answer with --yes" in served.signed_in("approve", name, "--json").err
    assert not agent.evaluate({"tool": "mcp:any/thing", "source": "user"})["allowed"]


def test_a_yes_at_the_terminal_lets_exactly_that_run_once(served: Commands, agent: Agent) -> None:
    name = agent.asks()
    code, shown = converse(served, ("approve", name, *ME), [("Passphrase", PASSPHRASE, True), ("[y/N]", "y", False)])
    assert (code, f"It may run: {name} is approved." in shown) == (0, True)
    assert shown.index("Exactly this would run:") < shown.index("[y/N]")
    request = {"tool": "mcp:any/thing", "source": "user"}
    assert [agent.evaluate(request)["allowed"] for _ in range(2)] == [True, False]
    ran = served.signed_in("approve", name, "--yes")
    assert (ran.code, "consumed already" in ran.err) == (1, True)
    shown = served.signed_in("approvals", "show", name).out
    assert "1 of 1" in shown
    assert "by alice" in shown


def test_what_is_critical_takes_the_passphrase_with_the_answer(served: Commands, agent: Agent) -> None:
    name = agent.asks(**PUSH)
    replies = [("Passphrase", PASSPHRASE, True), ("[y/N]", "y", False), ("Passphrase", "wrong horse", True)]
    code, shown = converse(served, ("approve", name, *ME), replies)
    assert (code, "passphrase is wrong" in shown) == (2, True)
    assert served.signed_in("approve", name, "--yes", "--json").document["status"] == "approved"
    assert agent.evaluate(PUSH)["allowed"]


def test_a_yes_for_the_session_holds_until_it_ends(served: Commands, agent: Agent) -> None:
    within = agent.session()
    name = agent.asks(session_id=within)
    assert served.signed_in("approve", name, "--for-session", "--yes").code == 0
    assert "0 of any number" in served.signed_in("approvals", "show", name).out
    denied = agent.asks("mcp:b/c", session_id=within)
    assert served.signed_in("deny", denied, "--end-session").code == 0
    assert not agent.evaluate({"tool": "mcp:any/thing", "source": "user", "session_id": within})["allowed"]


def test_a_denial_reaches_the_agent_with_its_message(served: Commands, agent: Agent) -> None:
    name = agent.asks("mcp:deny/it")
    ran = served.signed_in("deny", name, "--message", "Use a branch.")
    assert ran.out == f"The agent is told no: {name} is denied.\n"
    assert agent.evaluate({"tool": "mcp:deny/it", "source": "user"})["reason"] == "alice denied this: Use a branch."
    assert served.signed_in("deny", name, "--message", "Use a branch.", "--json").document["code"] == "denied"
    assert "already" in served.signed_in("deny", name).err
    assert "Use a branch." in served.signed_in("approvals", "show", name).out


def test_what_is_more_than_a_person_can_read_is_not_approved(served: Commands, agent: Agent) -> None:
    name = agent.asks(arguments={"body": "x" * 65_537})
    ran = served.signed_in("approve", name, "--yes")
    assert (ran.code, "can only be denied" in ran.err) == (1, True)
    assert served.signed_in("deny", name).code == 0


def test_watching_tells_what_waits_and_what_becomes_of_it(served: Commands, agent: Agent, tmp_path: Path) -> None:
    fake = tmp_path / "notify-send"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/said\n')
    fake.chmod(0o755)
    before = agent.asks()
    environment = {**served.environment, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = [sys.executable, "-I", "-m", "app.cli", "approvals", "watch", "--notify", *SIGN_IN]
    watching = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watching.stdin is not None
    assert watching.stdout is not None
    watching.stdin.write(f"{PASSPHRASE}\n")
    watching.stdin.close()
    assert before in watching.stdout.readline()
    name = agent.asks("mcp:<b>x</b>/--y")
    assert name in watching.stdout.readline()
    served.signed_in("deny", name)
    assert f"{name}  denied by alice  coder" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    assert watching.wait(30) == 0
    watching.stdout.close()
    assert watching.stderr is not None
    watching.stderr.close()
    said = (tmp_path / "said").read_text().splitlines()
    assert said[:4] == ["--app-name=agent-sudo", "--", "coder asks: mcp:any/thing", f"agent-sudo approve {before}"]
    assert "coder asks: mcp:&lt;b&gt;x&lt;/b&gt;/--y" in said
    assert len(said) == 8, "what was answered is not news"


def test_a_desktop_is_not_told_where_there_is_none(served: Commands, tmp_path: Path) -> None:
    quiet = Commands(served.folder, {**served.environment, "PATH": str(tmp_path)})
    assert "neither notify-send nor osascript" in quiet.signed_in("approvals", "watch", "--notify").err


class _Breaking(http.server.BaseHTTPRequestHandler):
    """A stream that breaks off after each event, once busy, and refuses in the end."""

    heard: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.heard.append(self.headers["Last-Event-ID"])
        status = {2: 503, 4: 401}.get(len(self.heard), 200)
        self.send_response(status)
        self.end_headers()
        if status == 200:
            at = len(self.heard)
            self.wfile.write(f': still here\n\nid: {at}\nevent: approval\ndata: {{"at":{at}}}\n\n'.encode())
        else:
            self.wfile.write(b'{"detail": "No more."}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_stream_that_breaks_off_is_taken_up_where_it_was(
    monkeypatch: pytest.MonkeyPatch, served: Commands, tmp_path: Path
) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Breaking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pauses: list[float] = []
    monkeypatch.setattr("app.cli.service.time.sleep", pauses.append)
    monkeypatch.setattr("app.cli.passphrase.passphrase", lambda *_, **__: PASSPHRASE)
    monkeypatch.setenv("AGENT_SUDO_HOME", str(tmp_path))
    service = Service(f"http://127.0.0.1:{server.server_port}", OPERATOR, passphrase_stdin=True)
    found: list[Any] = []
    with pytest.raises(Exception, match="No more"):
        found.extend(service.follow("/approvals/stream", 0))
    server.shutdown()
    server.server_close()
    assert _Breaking.heard == ["0", "1", "1", "3"]
    assert pauses == [0.5, 1.5, 0.5]
