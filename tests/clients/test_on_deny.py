"""What a guarded function does where it may not run: raise, log, or have somebody see to it. Never run."""

import asyncio
from typing import Any

import pytest
from agent_sudo_client import PermissionDenied, sudo

from tests.clients.cast import OTHER
from tests.clients.conftest import Running

pytestmark = pytest.mark.usefixtures("here")


def test_a_denial_that_is_logged_runs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    ran = []

    @sudo(on_deny="log")
    def forbidden() -> int:
        ran.append(1)
        return 1

    with OTHER.start_session():
        assert forbidden() is None
    assert not ran
    assert "not run: Denied: Nobody does this." in caplog.text


@pytest.mark.parametrize("answer", ["yes", 1, "no", [1], None, False, object()])
def test_a_callback_s_answer_counts_only_if_it_is_true_itself(answer: Any) -> None:
    asked = []

    def answering(denied: PermissionDenied) -> Any:
        asked.append(denied)
        return answer

    @sudo(on_deny=answering)
    def publish() -> None:
        raise AssertionError

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="Publishing needs a person"):
        publish()
    assert len(asked) == 1


def test_a_callback_s_true_lets_the_service_decide_once_more() -> None:
    async def seen(_: PermissionDenied) -> bool:
        return True

    @sudo(on_deny=seen)
    def forbidden() -> None:
        raise AssertionError

    @sudo(action="forbidden", on_deny=seen)
    async def forbidden_later() -> None:
        raise AssertionError

    with OTHER.start_session():
        for call in (forbidden, lambda: asyncio.run(forbidden_later())):
            with pytest.raises(PermissionDenied, match="Nobody does this"):
                call()


def test_a_callback_can_see_to_it_that_the_service_allows(here: Running) -> None:
    def a_person_agrees(_: PermissionDenied) -> bool:
        wish = {"agent": "other-bot", "allowed_actions": ["publish"], "ttl_seconds": 60, "max_uses": 1}
        here.as_operator("POST", "/delegations", wish)
        return True

    @sudo(on_deny=a_person_agrees)
    def publish(what: str) -> str:
        return f"{what} is out"

    with OTHER.start_session():
        assert publish("the page") == "the page is out"
