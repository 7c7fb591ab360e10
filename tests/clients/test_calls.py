"""Calls ready made: builders, tables of tools, models."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from agent_sudo_client import Agent, Call, Client, PermissionDenied, builders
from agent_sudo_client.executor import SafeExecutor
from agent_sudo_client.scoped import ScopedModel
from pydantic import ValidationError

from tests.clients.conftest import Running

CALLS = [
    builders.shell_command("ls", cwd="/srv"),
    builders.file_read("a"),
    builders.file_write(Path("a"), "x"),
    builders.file_edit("a", "x", "y"),
    builders.file_delete("a"),
    builders.browser_click("https://example.com", "#buy"),
    builders.send_message("#general", "hello"),
    builders.send_email(["ann@corp.example", "bob@corp.example"], "hi", "there"),
    builders.modify_auth("ann", "make her an admin"),
    builders.create_cron("* * * * *", "date"),
    builders.http_request("POST", "https://example.com", {"a": 1}),
    builders.payment("ann", 5.0, "EUR", note="lunch"),
]


@pytest.fixture
def agent(here: Running) -> Iterator[Agent]:
    made = Agent("support-bot")
    yield made
    made.client.close()


def test_every_builder_makes_a_call_that_the_service_takes(here: Running) -> None:
    with Client(here.url, here.keys["other-bot"]) as client:
        answers = client.evaluate_batch(CALLS)
    assert len(answers) == len(CALLS)
    assert {answer.verdict for answer in answers} <= {"ALLOW", "DENY", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL"}


def test_a_file_call_says_where_its_path_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    call: Call = builders.file_read(tmp_path / "link")
    assert call.resolved_target == "/etc/passwd"
    assert call.target == str(tmp_path / "link")


def test_a_table_of_tools_runs_what_is_allowed_and_nothing_else(agent: Agent) -> None:
    ran = []

    def keep(what: str) -> str:
        ran.append(what)
        return what

    async def later(number: int) -> int:
        return number

    tools = SafeExecutor({"lookup": keep, "forbidden": keep, "tick": later})
    with agent.start_session():
        assert tools.run("lookup", {"what": "a"}) == "a"
        assert asyncio.run(tools.run("tick", {"number": 2})) == 2
        for name in ("forbidden", "unknown"):
            with pytest.raises(PermissionDenied):
                tools.run(name, {"what": "b"})
    assert ran == ["a"]


def test_a_model_is_only_made_where_its_scope_is_held(agent: Agent, here: Running) -> None:
    class lookup(ScopedModel):  # noqa: N801 - the policy knows it by this name
        required_scope: ClassVar[str | None] = "write:refunds"
        order: str

    other = Agent("analytics-bot")
    with agent.start_session():
        assert lookup(order="1").order == "1"
        with pytest.raises(ValidationError):
            lookup(order=1)  # type: ignore[arg-type]
    with other.start_session(), pytest.raises(PermissionDenied, match="lacks the scope"):
        lookup(order="1")
    with pytest.raises(PermissionDenied, match="no agent's session"):
        lookup(order="1")
    other.client.close()
