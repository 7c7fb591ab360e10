"""What can happen to a framework's tool call, each kind with the framework itself: run in an environment of its own.

`tests/frameworks/test_frameworks.py` starts this once for each framework; `AGENT_SUDO_FRAMEWORK` names it. What it sees
becomes that framework's row of docs/integrations/matrix.md.
"""

import base64
import importlib
import json
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from agent_sudo_client import Agent, Client, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, Permit

from tests.clients.answering import answering
from tests.clients.person import a_person

ROOT = Path(__file__).resolve().parents[2]
NAME = os.environ["AGENT_SUDO_FRAMEWORK"]
URL = os.environ["AGENT_SUDO_URL"]
OPERATOR = (os.environ["AGENT_SUDO_TEST_OPERATOR"], os.environ["AGENT_SUDO_TEST_PASSPHRASE"])
# Hostile in the way that names and texts of agents are.
TEXT = "Hi \x1b[31m“there” \\ \n{%s}"
sys.path.insert(0, str(ROOT / "examples/frameworks"))
example = importlib.import_module(f"with_{NAME}")
Cell = Callable[[str, str], None]


class Counted(Gate):
    """A gate that knows whether it was asked at all."""

    asked = 0

    def ask(self, *args: Any, **more: Any) -> Permit:
        self.asked += 1
        return super().ask(*args, **more)

    async def ask_later(self, *args: Any, **more: Any) -> Permit:
        self.asked += 1
        return await super().ask_later(*args, **more)


class Kept(Gate):
    """A gate that keeps what it allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.permits: list[Permit] = []

    def ask(self, *args: Any, **more: Any) -> Permit:
        self.permits.append(super().ask(*args, **more))
        return self.permits[-1]

    async def ask_later(self, *args: Any, **more: Any) -> Permit:
        self.permits.append(await super().ask_later(*args, **more))
        return self.permits[-1]


class World:
    """An agent in a session, its tool, and what that has done."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.ran: list[dict[str, Any]] = []
        self.fails = False

    def tool(self) -> Callable[[str, str], str]:
        """A tool that does something."""

        def send(to: str, text: str) -> str:
            """Send a message."""
            self.ran.append({"to": to, "text": text})
            if self.fails:
                raise ConnectionError("a secret of the tool")
            return f"Sent to {to}."

        return send

    def ask(self, *to: str, gate: Gate | None = None, pause: Callable[[str], None] | None = None) -> list[str]:
        """What the model is told, having called the tool once for each of `to`."""
        more = {} if pause is None else {"pause": pause}
        told: list[str] = example.converse([call(one) for one in to], self.tool(), gate or Gate(), **more)
        assert len(told) == len(to)
        return told

    def end_or_say(self, to: str) -> str:
        """What comes of a call when the hook is not answered."""
        gate = Counted()
        try:
            (told,) = self.ask(to, gate=gate)
        except Exception as error:  # noqa: BLE001 - how each framework ends a run is its own
            told, seen = str(error), "not run, the run ends"
        else:
            seen = "not run, told"
        assert "Sent" not in told
        assert gate.asked
        return seen

    def reach(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on, the service is what answers there."""
        monkeypatch.setitem(self.agent._with, "url", url)
        monkeypatch.setitem(self.agent._with, "timeout", 0.2)
        monkeypatch.setattr(self.agent, "client", Client(url, "asudo_x", timeout=0.2))


def call(to: str) -> dict[str, str]:
    return {"to": to, "text": TEXT}


@pytest.fixture
def world() -> Iterator[World]:
    with acting() as world:
        yield world


@contextmanager
def acting() -> Iterator[World]:
    agent = Agent("coder")
    with agent.start_session(prompt="Write to the staff."):
        yield World(agent)
    agent.client.close()


@pytest.fixture
def operator() -> Iterator[Client]:
    """Answers what waits; nothing waits from one test to the next."""
    with Client(URL, operator=OPERATOR) as client:
        yield client
        take_back(client)


def take_back(client: Client) -> None:
    """Whatever waits for people; the service itself takes back what was asked in a session that is over."""
    for waiting in client.approvals():
        with suppress(PermissionDenied):
            client.cancel_approval(waiting["id"])


@pytest.fixture
def cell(record_property: Cell, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Write into the matrix: the column is the test's name."""
    return lambda text: record_property("cell", text)


def test_allowed(world: World, cell: Callable[[str], None]) -> None:
    assert world.ask("staff", "staff") == ["Sent to staff."] * 2
    assert world.ran == [call("staff")] * 2
    cell("runs")


def test_denied(world: World, cell: Callable[[str], None]) -> None:
    denied, allowed = world.ask("press", "staff")
    assert world.ran == [call("staff")]
    assert "Nobody writes to the press." in denied
    assert "It would take another policy" in denied or "it would take another policy" in denied
    assert allowed == "Sent to staff."
    cell("not run, told")


def test_approval(world: World, cell: Callable[[str], None], operator: Client) -> None:
    (pending,) = world.ask("everyone")
    assert not world.ran
    assert "Writing to everyone needs a person." in pending
    assert re.search(r"It is request \w{8,}", pending)
    take_back(operator)
    with a_person(operator, "approve"):
        assert world.ask("everyone", gate=Gate(wait=60)) == ["Sent to everyone."]
    assert world.ran == [call("everyone")]
    cell("pauses or waits, then runs" if pauses() else "waits, then runs")


def pauses() -> bool:
    return "pause" in example.converse.__code__.co_varnames


@pytest.mark.skipif(not pauses(), reason="this framework has nothing to pause with")
class TestPauses:
    def test_a_run_pauses_and_runs_once_a_person_approved(self, world: World, operator: Client) -> None:
        asked: list[str] = []

        def pause(id: str) -> None:
            asked.append(id)
            assert not world.ran
            operator.decide_approval(id, "approve")

        assert world.ask("everyone", pause=pause) == ["Sent to everyone."]
        assert world.ran == [call("everyone")]
        assert len(asked) == 1

    def test_resuming_approves_nothing(self, world: World, operator: Client) -> None:
        asked: list[str] = []

        def pause(id: str) -> None:
            asked.append(id)
            if len(asked) == 3:
                operator.decide_approval(id, "deny", message="Not today.")

        (told,) = world.ask("everyone", pause=pause)
        assert not world.ran
        assert len(set(asked)) == 1
        # Some frameworks pause again, some go on and tell the model.
        assert ("Not today." if len(asked) == 3 else "A person must approve this") in told

    def test_what_was_edited_during_a_pause_is_what_runs(self, world: World, operator: Client) -> None:
        edited = {"to": "everyone", "text": "Milder."}
        asked: list[str] = []

        def pause(id: str) -> None:
            if not asked:
                operator.decide_approval(id, "approve", arguments=edited)
            asked.append(id)

        assert world.ask("everyone", pause=pause) == ["Sent to everyone."]
        assert world.ran == [edited]


def test_outcome(world: World, cell: Callable[[str], None], operator: Client) -> None:
    assert outcome(world)["status"] == "ok"
    world.fails = True
    failed = outcome(world)
    assert "secret" not in str(failed)
    heard = {"error": "reported, and errors", "ok": "reported; what the framework makes of an error is ok"}
    cell(heard[failed["status"]] if failed else "reported, errors not")


def outcome(world: World) -> dict[str, Any]:
    """What was reported of the next call; nothing, if nothing was."""
    gate = Kept()
    with suppress(Exception):  # how each framework takes an error of a tool is its own
        world.ask("staff", gate=gate)
    (permit,) = gate.permits
    request = Request(f"{URL}/evaluations/{permit.decision.evaluation_id}")  # noqa: S310 - our own service
    request.add_header("Authorization", "Basic " + base64.b64encode(":".join(OPERATOR).encode()).decode())
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own service
        return json.load(answer)["outcome"] or {}


def test_refused_by_a_person(world: World, operator: Client) -> None:
    with a_person(operator, "deny", message="Not today."):
        (told,) = world.ask("everyone", gate=Gate(wait=60))
    assert not world.ran
    assert "Not today." in told


def test_edited(world: World, cell: Callable[[str], None], operator: Client) -> None:
    edited = {"to": "everyone", "text": "Milder."}
    with a_person(operator, "approve", arguments=edited):
        assert world.ask("everyone", gate=Gate(wait=60)) == ["Sent to everyone."]
    assert world.ran == [edited]
    cell("the edited arguments run")


def test_edited_into_what_is_denied(world: World, operator: Client) -> None:
    with a_person(operator, "approve", arguments={"to": "press", "text": "Milder."}):
        (told,) = world.ask("everyone", gate=Gate(wait=60))
    assert not world.ran
    assert "Sent" not in told


def test_service_down(world: World, cell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    world.reach(f"http://127.0.0.1:{port}", monkeypatch)
    cell(world.end_or_say("staff"))
    assert not world.ran


def test_service_slow(world: World, cell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, b"{}", delay=1.0) as url:
        world.reach(url, monkeypatch)
        cell(world.end_or_say("staff"))
    assert not world.ran


def test_malformed_answer(world: World, cell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b'{"allowed": true}', b"allowed", b'{"allowed": "yes", "decision": "ALLOW"}'):
        with answering(200, content) as url:
            world.reach(url, monkeypatch)
            cell(world.end_or_say("staff"))
    assert not world.ran


def test_hook_raises(world: World, cell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake in the hook")

    monkeypatch.setattr(Gate, "_asked", broken)
    cell(world.end_or_say("staff"))
    # And where even what should never raise does.
    monkeypatch.setattr(Gate, "ask", broken)
    monkeypatch.setattr(Gate, "ask_later", broken)
    world.end_or_say("staff")
    assert not world.ran


def test_outside_any_session(cell: Callable[[str], None]) -> None:
    world = World(Agent("coder"))
    cell(world.end_or_say("staff"))
    assert not world.ran


def test_a_session_of_its_own_counts_and_not_the_one_around(world: World) -> None:
    agent = Agent("coder")
    with agent.start_session() as own:
        gate = Gate(own)
        assert world.ask("staff", gate=gate) == ["Sent to staff."]
    (told,) = world.ask("staff", gate=gate)
    assert "The session of coder is over." in told
    assert len(world.ran) == 1
    agent.client.close()


def test_the_example(capsys: pytest.CaptureFixture[str], operator: Client) -> None:
    stage = importlib.import_module("stage")
    stage.play(example.converse)
    said = capsys.readouterr().out
    assert "send to staff: Sent to staff." in said
    assert "send to press: Not run. Denied: Nobody writes to the press." in said
    assert "send to everyone: Not run. A person must approve this" in said
    assert said.endswith("It was sent to: staff\n")


def test_the_page(world: World) -> None:
    """The page's snippets run as they stand; what they name without making it is there."""
    page = (ROOT / f"docs/integrations/{NAME}.md").read_text()
    snippets = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert snippets
    for snippet in snippets:
        ran = len(world.ran)
        send = world.tool()
        exec(compile(snippet, f"{NAME}.md", "exec"), {"send": send, **example.parts([call("staff")], send)})  # noqa: S102 - our own page
        assert len(world.ran) == ran + 1
