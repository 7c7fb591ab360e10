"""`@sudo`: a function runs only when the service allows this very call, in the current agent's name, and no other's."""

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import Agent, PermissionDenied, ServiceUnavailable, sudo
from agent_sudo_client.agent import current

from tests.clients.conftest import Running

pytestmark = pytest.mark.usefixtures("here")
SUPPORT, ANALYTICS, OTHER = Agent("support-bot"), Agent("analytics-bot"), Agent("other-bot")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Agents of this test: their clients are closed after it."""
    global SUPPORT, ANALYTICS, OTHER
    SUPPORT, ANALYTICS, OTHER = Agent("support-bot"), Agent("analytics-bot"), Agent("other-bot")
    yield
    for agent in (SUPPORT, ANALYTICS, OTHER):
        agent.client.close()


def decided(running: Running, tool: str) -> list[dict[str, Any]]:
    return [one for one in running.entries("decision") if one["body"].get("request", {}).get("tool") == tool]


def test_an_agent_does_what_its_scopes_hold_and_another_does_not() -> None:
    @sudo(scope="write:refunds")
    def refund(order: str, amount: float) -> str:
        return f"{amount} for {order}"

    with SUPPORT.start_session():
        assert refund("order_123", 50.0) == "50.0 for order_123"
    with ANALYTICS.start_session(), pytest.raises(PermissionDenied, match="lacks the scope write:refunds"):
        refund("order_123", 50.0)


def test_outside_any_session_it_is_refused_and_not_skipped() -> None:
    ran = []

    @sudo()
    def lookup() -> None:
        ran.append(1)

    @sudo()
    async def lookup_later() -> None:
        ran.append(1)

    with pytest.raises(PermissionDenied, match="no agent's session"):
        lookup()
    with pytest.raises(PermissionDenied, match="no agent's session"):
        asyncio.run(lookup_later())
    assert not ran


def test_the_arguments_are_bound_and_sent_whole(here: Running) -> None:
    @dataclass
    class Item:
        name: str

    @sudo()
    def lookup(first: int, /, second: Any = 2, *rest: Any, named: Any = None, **more: Any) -> None: ...

    with OTHER.start_session():
        lookup(1, Item("x"), Path("/a"), 4, named=(1, 2), extra={"a": None})
    (entry,) = [one for one in sent(here, "lookup") if "extra" in one["arguments"]]
    assert entry["arguments"] == {
        "first": 1, "second": {"name": "x"}, "rest": ["/a", 4], "named": [1, 2], "extra": {"a": None},
    }  # fmt: skip
    assert entry["actor"] == "other-bot"
    assert entry["source"] == "agent"


def sent(running: Running, tool: str) -> list[dict[str, Any]]:
    """The requests about a tool, as received."""
    found = []
    for entry in running.entries("decision"):
        log, seq = entry["body"]["log"], entry["seq"]
        payload = running.as_operator("GET", f"/evaluations/{log}-{seq}")["payload"]
        if payload["request"].get("tool") == tool:
            found.append(payload["request"])
    return found


def test_an_argument_hides_no_other() -> None:
    @sudo()
    def lookup(order: str, /, **more: Any) -> None: ...

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="Two arguments are named 'order'"):
        lookup("a", order="b")


def test_an_argument_that_nobody_could_read_stops_the_call() -> None:
    ran = []

    @sudo()
    def lookup(what: Any) -> None:
        ran.append(what)

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="no JSON that means the same"):
        lookup(object())
    assert not ran


def test_methods_leave_themselves_out_and_static_ones_do_not() -> None:
    class Shop:
        @sudo(action="tick")
        def method(self, amount: int) -> int:
            return amount

        @classmethod
        @sudo(action="tick")
        def of_class(cls, amount: int) -> int:
            return amount

        @staticmethod
        @sudo(action="tick")
        def of_none(amount: int) -> int:
            return amount

    with OTHER.start_session():
        shop = Shop()
        assert [shop.method(1), Shop.of_class(2), Shop.of_none(3), Shop.method(shop, amount=4)] == [1, 2, 3, 4]


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "innocent").symlink_to("/srv/project/.env")
    read = []

    @sudo()
    def read_file(path: str) -> None:
        read.append(path)

    with OTHER.start_session(source="user"):
        read_file("/srv/project/a.py")
        with pytest.raises(PermissionDenied, match="Credentials are never read"):
            read_file(str(tmp_path / "innocent"))
    assert read == ["/srv/project/a.py"]


def test_a_mistake_in_its_use_shows_at_once() -> None:
    with pytest.raises(TypeError, match="no parameter"):
        sudo(target="what")(lambda path: None)
    with pytest.raises(ValueError, match="on_deny"):
        sudo(on_deny="ignore")(lambda: None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="directly above"):
        sudo()(staticmethod(lambda: None))


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


def test_how_it_went_is_reported_without_what_it_said(here: Running) -> None:
    @sudo()
    def tick(fail: bool) -> str:  # noqa: FBT001
        if fail:
            raise ValueError("the secret is xyzzy")
        return "the secret is xyzzy"

    before = len(here.entries("execution.result"))
    with OTHER.start_session():
        tick(False)
        with pytest.raises(ValueError, match="secret"):
            tick(True)
    good, bad = here.entries("execution.result")[before:]
    assert good["body"]["data"]["status"] == "ok"
    assert bad["body"]["data"]["status"] == "error"
    assert bad["body"]["data"]["error"] == "ValueError"
    assert "xyzzy" not in str(good) + str(bad)


def test_arguments_that_change_while_the_call_is_decided_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ["a"]

    @sudo()
    def refund(order: list[str]) -> None:
        raise AssertionError

    with SUPPORT.start_session():
        exchange = SUPPORT.client._exchange

        def meddled(send: Any) -> Any:
            answer = exchange(send)
            order.append("b")
            return answer

        monkeypatch.setattr(SUPPORT.client, "_exchange", meddled)
        with pytest.raises(PermissionDenied, match="changed while"):
            refund(order)


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


class TestIdentity:
    """No call ever runs under another agent's identity."""

    @pytest.fixture
    def who(self, here: Running) -> Callable[[], str]:
        @sudo()
        def who() -> str:
            return current().agent.name

        return who

    def test_threads_have_no_agent_but_by_a_copied_context(self, who: Callable[[], str]) -> None:
        with SUPPORT.start_session(), ThreadPoolExecutor(1) as pool:
            with pytest.raises(PermissionDenied, match="no agent's session"):
                pool.submit(who).result()
            assert pool.submit(contextvars.copy_context().run, who).result() == "support-bot"

    def test_threads_keep_to_their_own(self, who: Callable[[], str]) -> None:
        seen: list[tuple[str, str]] = []
        together = threading.Barrier(6)

        def work(agent: Agent) -> None:
            together.wait(30)
            with agent.start_session():
                seen.extend((agent.name, who()) for _ in range(5))

        threads = [threading.Thread(target=work, args=(agent,)) for agent in (SUPPORT, ANALYTICS, OTHER) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 30
        assert all(expected == got for expected, got in seen)

    def test_tasks_keep_to_their_own(self) -> None:
        @sudo()
        async def who() -> str:
            await asyncio.sleep(0)
            return current().agent.name

        async def work(agent: Agent) -> list[tuple[str, str]]:
            async with agent.start_session():
                return [(agent.name, name) for name in await asyncio.gather(*(who() for _ in range(5)))]

        async def all_of_them() -> list[list[tuple[str, str]]]:
            return await asyncio.gather(*(work(agent) for agent in (SUPPORT, ANALYTICS, OTHER) * 2))

        seen = [pair for pairs in asyncio.run(all_of_them()) for pair in pairs]
        assert len(seen) == 30
        assert all(expected == got for expected, got in seen)

    def test_an_async_function_runs_in_a_session_opened_without_asyncio(self) -> None:
        @sudo()
        async def who() -> str:
            return current().agent.name

        with SUPPORT.start_session():
            assert asyncio.run(who()) == "support-bot"

    def test_a_generator_acts_for_whoever_called_it(self, who: Callable[[], str]) -> None:
        @sudo(action="tick")
        def notes() -> Iterator[str]:
            yield who()
            with OTHER.start_session():
                yield who()
                yield who()
            yield who()

        with SUPPORT.start_session():
            made = notes()
            with ANALYTICS.start_session():
                assert who() == "analytics-bot"
                assert next(made) == "support-bot"
                assert who() == "analytics-bot"
                assert [next(made), who(), next(made), who(), next(made), who()] == [
                    "other-bot", "analytics-bot", "other-bot", "analytics-bot", "support-bot", "analytics-bot",
                ]  # fmt: skip
            assert list(made) == []

    def test_an_async_generator_acts_for_whoever_called_it(self, who: Callable[[], str]) -> None:
        @sudo(action="tick")
        async def notes() -> AsyncIterator[str]:
            yield who()
            await asyncio.sleep(0)
            yield who()

        async def run() -> list[str]:
            async with SUPPORT.start_session():
                made = notes()
                async with ANALYTICS.start_session():
                    return [name async for one in made for name in (one, who())]

        assert asyncio.run(run()) == ["support-bot", "analytics-bot"] * 2

    def test_a_generator_is_asked_about_at_its_first_step_and_reported_at_its_end(self, here: Running) -> None:
        @sudo(action="forbidden")
        def forbidden() -> Iterator[int]:
            yield 1

        @sudo(action="tick")
        def two() -> Generator[int, str, str]:
            return (yield 1) + (yield 2)

        before = len(here.entries("execution.result"))
        with OTHER.start_session():
            made = forbidden()
            with pytest.raises(PermissionDenied, match="Nobody does this"):
                next(made)
            talk = two()
            assert [next(talk), talk.send("a")] == [1, 2]
            with pytest.raises(StopIteration, match="ab"):
                talk.send("b")
        (report,) = here.entries("execution.result")[before:]
        assert report["body"]["data"]["status"] == "ok"

    def test_a_session_is_not_opened_in_a_generator_s_body(self) -> None:
        def leaking() -> Iterator[None]:
            with SUPPORT.start_session():
                yield

        async def leaking_later() -> AsyncIterator[None]:
            async with SUPPORT.start_session():
                yield

        async def run() -> None:
            async for _ in leaking_later():
                raise AssertionError

        with pytest.raises(RuntimeError, match="left to whoever iterates"):
            next(leaking())
        with pytest.raises(RuntimeError, match="left to whoever iterates"):
            asyncio.run(run())

    def test_a_with_block_made_of_a_generator_is_one(self, who: Callable[[], str]) -> None:
        @contextlib.contextmanager
        def supporting() -> Iterator[None]:
            with SUPPORT.start_session():
                yield

        @contextlib.asynccontextmanager
        async def supporting_later() -> AsyncIterator[None]:
            async with SUPPORT.start_session():
                yield

        async def run() -> str:
            async with supporting_later():
                return who()

        with supporting():
            assert who() == "support-bot"
        assert asyncio.run(run()) == "support-bot"
        with pytest.raises(PermissionDenied, match="no agent's session"):
            who()

    def test_a_session_inside_of_another_lives_no_longer(self, who: Callable[[], str]) -> None:
        with SUPPORT.start_session(ttl=60) as outer, ANALYTICS.start_session(ttl=3_600) as inner:
            assert inner.expires <= outer.expires + 1
            assert who() == "analytics-bot"
            outer.expires = time.monotonic()
            with pytest.raises(PermissionDenied, match="is over"):
                who()

    @pytest.mark.parametrize("inner", ["SUPPORT", "ANALYTICS"])
    def test_a_session_inside_of_another_is_trusted_no_more(self, inner: str) -> None:
        @sudo(source="user")
        def tainted_only() -> str:
            return "done"

        with SUPPORT.start_session() as outer:
            with globals()[inner].start_session():
                assert tainted_only() == "done"
            outer.observe(tool="fetch", source="web")
            with globals()[inner].start_session(), pytest.raises(PermissionDenied, match="What a page asked for"):
                tainted_only()

    def test_what_is_seen_inside_was_heard_outside(self) -> None:
        @sudo(source="user")
        def tainted_only() -> str:
            return "done"

        with SUPPORT.start_session():
            with ANALYTICS.start_session() as inner:
                inner.observe(tool="fetch", source="web")
            with pytest.raises(PermissionDenied, match="What a page asked for"):
                tainted_only()
