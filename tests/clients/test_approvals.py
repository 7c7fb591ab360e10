"""A person is asked: the call waits, and what runs is what was approved."""

import asyncio
from collections.abc import Iterator

import pytest
from agent_sudo_client import Agent, ApprovalPending, Client, PermissionDenied, sudo

from tests.clients.conftest import Running
from tests.clients.person import a_person
from tests.homes import OPERATOR, PASSPHRASE


@pytest.fixture
def agent(here: Running) -> Iterator[Agent]:
    made = Agent("analytics-bot")
    yield made
    made.client.close()


@pytest.fixture
def operator(here: Running) -> Iterator[Client]:
    with Client(here.url, here.keys["analytics-bot"], operator=(OPERATOR, PASSPHRASE)) as client:
        yield client


@sudo(on_deny="wait", wait=60)
def publish(what: str, to: list[str]) -> str:
    return f"{what} to {to}"


@sudo(action="publish", on_deny="wait", wait=60)
async def publish_later(what: str) -> str:
    return what


def test_a_call_waits_for_a_person_and_runs(agent: Agent, operator: Client) -> None:
    with agent.start_session(), a_person(operator, "approve"):
        assert publish("a page", ["x"]) == "a page to ['x']"


def test_a_coroutine_waits_for_a_person_and_runs(agent: Agent, operator: Client) -> None:
    async def run() -> str:
        async with agent.start_session():
            return await publish_later("a page")

    with a_person(operator, "approve"):
        assert asyncio.run(run()) == "a page"


def test_what_a_person_refuses_does_not_run(agent: Agent, operator: Client) -> None:
    with agent.start_session(), a_person(operator, "deny", message="Not today."):
        with pytest.raises(PermissionDenied) as denied:
            publish("a secret", ["x"])
        assert not isinstance(denied.value, ApprovalPending)
        assert str(denied.value).count("Not today.") == 1


def test_arguments_that_a_person_edited_are_the_ones_that_run(agent: Agent, operator: Client) -> None:
    edited = {"what": "a page", "to": ["staff"]}
    with agent.start_session(), a_person(operator, "approve", arguments=edited):
        assert publish("a page", ["everybody"]) == "a page to ['staff']"


def test_arguments_that_do_not_fit_run_nothing(agent: Agent, operator: Client) -> None:
    refused = pytest.raises(PermissionDenied, match="do not fit")
    with agent.start_session(), a_person(operator, "approve", arguments={"what": "a page"}), refused:
        publish("a page", ["nobody"])


def test_nobody_answers_and_nothing_runs(here: Running) -> None:
    with Client(here.url, here.keys["analytics-bot"]) as client:
        with pytest.raises(ApprovalPending) as pending:
            client.require("publish", {"what": "alone"}, source="user")
        assert pending.value.approval_id is not None
        with pytest.raises(ApprovalPending, match="nobody has answered"):
            client.wait_for_approval(pending.value.approval_id, 0)
        assert client.cancel_approval(pending.value.approval_id)["status"] == "cancelled"
        assert client.wait_for_approval(pending.value.approval_id, 5).status == "cancelled"
