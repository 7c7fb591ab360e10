"""A session vouches while it lives, and only for the agent that its key speaks for."""

import contextvars

import pytest
from agent_sudo_client import Agent, PermissionDenied, ServiceUnavailable, sudo
from agent_sudo_client.agent import current

from tests.clients.cast import OTHER
from tests.clients.conftest import Running

pytestmark = pytest.mark.usefixtures("here")


def test_a_session_that_is_over_vouches_for_nothing() -> None:
    @sudo()
    def who() -> str:
        return current().agent.name

    with OTHER.start_session() as session:
        copied = contextvars.copy_context()
        assert copied.run(who) == "other-bot"
    with pytest.raises(PermissionDenied, match="is over"):
        copied.run(who)
    with pytest.raises(RuntimeError, match="entered once"), session:
        pass


def test_the_service_gone_means_no_session_and_no_call(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Agent("other-bot", url="http://127.0.0.1:9")
    with pytest.raises(ServiceUnavailable), gone.start_session():
        raise AssertionError

    @sudo()
    def who() -> None:
        raise AssertionError

    with OTHER.start_session():
        monkeypatch.setattr(OTHER, "client", gone.client)
        with pytest.raises(ServiceUnavailable):
            who()
    gone.client.close()


def test_a_key_speaks_for_no_other_agent(here: Running) -> None:
    stranger = Agent("other-bot", key=here.keys["analytics-bot"])
    with pytest.raises(PermissionDenied), stranger.start_session():
        raise AssertionError
    stranger.client.close()


def test_each_agent_may_have_its_own_key_in_the_environment(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_SUDO_KEY", "asudo_wrong")
    monkeypatch.setenv("AGENT_SUDO_KEY_ANALYTICS_BOT", here.keys["analytics-bot"])
    agent = Agent("analytics-bot")
    with agent.start_session() as session:
        assert session.is_live
    agent.client.close()
