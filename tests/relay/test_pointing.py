"""Clients of the new era are sent to the page where a person approves; what they bring back allows nothing."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import Client as Service
from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

from tests.relay.conftest import Running, relayed
from tests.relay.talking import Talk, talking

CAPABLE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"url": {}}},
}
ACCEPTED = {"agent-sudo": {"action": "accept"}}


@pytest.fixture
def talk(service: Running, tmp_path: Path) -> Iterator[Talk]:
    options = ("--trust-results", "*", "--wait", "1.5")
    with talking(service, tmp_path, *options, XDG_STATE_HOME=str(tmp_path)) as talk:
        yield talk


def ask(talk: Talk, id: int, to: str, **more: Any) -> dict[str, Any]:
    talk.send(id, "tools/call", name="upload", arguments={"to": to}, _meta=CAPABLE, **more)
    return talk.answer(id)


def test_a_client_is_sent_to_the_page_and_its_accept_is_no_approval(talk: Talk, operator: Service) -> None:
    pointed = ask(talk, 1, "a")["result"]
    assert pointed["resultType"] == "input_required"
    (asked,) = pointed["inputRequests"].values()
    (waiting,) = operator.approvals()
    assert asked["params"]["mode"] == "url"
    assert asked["params"]["url"].endswith(f"/console/approvals/{waiting['id']}")
    back = {"requestState": pointed["requestState"], "inputResponses": ACCEPTED}
    assert ask(talk, 2, "a", **back)["result"]["isError"]
    assert talk.called == []
    operator.decide_approval(waiting["id"], "approve")
    assert not ask(talk, 3, "a", **back)["result"]["isError"]
    assert talk.called == ["upload"]
    # Nothing of ours reaches the server.
    assert b"agent-sudo" not in talk.reached[-1]
    # And once is once.
    assert ask(talk, 4, "a")["result"]["resultType"] == "input_required"


def test_a_state_counts_for_its_own_call_and_run_only(service: Running, talk: Talk, tmp_path: Path) -> None:
    state = ask(talk, 1, "b")["result"]["requestState"]
    assert "error" in ask(talk, 2, "other", requestState=state, inputResponses=ACCEPTED)
    begun, content, seal = state.split(".")
    for forged in (
        f"{begun}.{content}.{'0' * len(seal)}",
        f"{begun}.{content[:-4]}AAAA.{seal}",
        f"{begun}.ä.",
        f"{begun}.",
    ):
        assert "error" in ask(talk, 3, "b", requestState=forged, inputResponses=ACCEPTED)
    with talking(service, tmp_path, "--wait", "0.1", XDG_STATE_HOME=str(tmp_path)) as another:
        assert "error" in ask(another, 4, "b", requestState=state, inputResponses=ACCEPTED)
        assert another.called == []
    assert talk.called == []


def test_who_declines_takes_the_request_back(talk: Talk, operator: Service) -> None:
    state = ask(talk, 1, "c")["result"]["requestState"]
    assert ask(talk, 2, "c", requestState=state, inputResponses={"agent-sudo": {"action": "decline"}})["result"][
        "isError"
    ]
    assert operator.approvals() == []
    assert talk.called == []


def test_what_the_server_had_asked_for_travels_along(talk: Talk, operator: Service) -> None:
    of_the_server = {"requestState": "its own", "inputResponses": {"name": {"action": "accept"}}}
    state = ask(talk, 1, "d", **of_the_server)["result"]["requestState"]
    operator.decide_approval(operator.approvals()[0]["id"], "approve")
    ask(talk, 2, "d", requestState=state, inputResponses=ACCEPTED)
    assert b'"its own"' in talk.reached[-1]
    assert b"agent-sudo" not in talk.reached[-1]


def test_the_official_client_follows(service: Running, tmp_path: Path, operator: Service) -> None:
    server = str(Path(__file__).with_name("modern_server.py"))
    command = relayed("closed", sys.executable, server, options=("--wait", "20"))
    environment = {**service.environment, "XDG_STATE_HOME": str(tmp_path)}
    shown: list[str] = []

    async def elicit(context: Any, params: Any) -> ElicitResult:
        shown.append(params.url)
        operator.decide_approval(params.url.rpartition("/")[2], "approve")
        return ElicitResult(action="accept")

    async def add() -> Any:
        parameters = StdioServerParameters(command=command[0], args=command[1:], env=environment)
        async with Client(parameters, mode="2026-07-28", elicitation_callback=elicit) as client:
            return await client.call_tool("add", {"a": 1, "b": 2})

    assert "3" in str(asyncio.run(add()).content)
    assert len(shown) == 1
