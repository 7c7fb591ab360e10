"""No call ever runs under another agent's identity: in threads, tasks, generators, or sessions inside of sessions."""

import asyncio
import contextlib
import contextvars
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from agent_sudo_client import Agent, PermissionDenied, sudo
from agent_sudo_client.agent import current

from tests.clients.cast import ANALYTICS, CAST, OTHER, SUPPORT
from tests.clients.conftest import Running

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def who(here: Running) -> Callable[[], str]:
    @sudo()
    def who() -> str:
        return current().agent.name

    return who


def test_threads_have_no_agent_but_by_a_copied_context(who: Callable[[], str]) -> None:
    with SUPPORT.start_session(), ThreadPoolExecutor(1) as pool:
        with pytest.raises(PermissionDenied, match="no agent's session"):
            pool.submit(who).result()
        assert pool.submit(contextvars.copy_context().run, who).result() == "support-bot"


def test_threads_keep_to_their_own(who: Callable[[], str]) -> None:
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


def test_tasks_keep_to_their_own() -> None:
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


def test_an_async_function_runs_in_a_session_opened_without_asyncio() -> None:
    @sudo()
    async def who() -> str:
        return current().agent.name

    with SUPPORT.start_session():
        assert asyncio.run(who()) == "support-bot"


def test_a_generator_acts_for_whoever_called_it(who: Callable[[], str]) -> None:
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


def test_an_async_generator_acts_for_whoever_called_it(who: Callable[[], str]) -> None:
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


def test_a_generator_is_asked_about_at_its_first_step_and_reported_at_its_end(here: Running) -> None:
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


def test_a_session_is_not_opened_in_a_generator_s_body() -> None:
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


def test_a_with_block_made_of_a_generator_is_one(who: Callable[[], str]) -> None:
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


def test_a_session_inside_of_another_lives_no_longer(who: Callable[[], str]) -> None:
    with SUPPORT.start_session(ttl=60) as outer, ANALYTICS.start_session(ttl=3_600) as inner:
        assert inner.expires <= outer.expires + 1
        assert who() == "analytics-bot"
        outer.expires = time.monotonic()
        with pytest.raises(PermissionDenied, match="is over"):
            who()


@pytest.mark.parametrize("inner", [SUPPORT, ANALYTICS], ids=repr)
def test_a_session_inside_of_another_is_trusted_no_more(inner: Agent) -> None:
    @sudo(source="user")
    def tainted_only() -> str:
        return "done"

    with SUPPORT.start_session() as outer:
        with inner.start_session():
            assert tainted_only() == "done"
        outer.observe(tool="fetch", source="web")
        with inner.start_session(), pytest.raises(PermissionDenied, match="What a page asked for"):
            tainted_only()


def test_what_is_seen_inside_was_heard_outside() -> None:
    @sudo(source="user")
    def tainted_only() -> str:
        return "done"

    with SUPPORT.start_session():
        with ANALYTICS.start_session() as inner:
            inner.observe(tool="fetch", source="web")
        with pytest.raises(PermissionDenied, match="What a page asked for"):
            tainted_only()


def test_a_thread_of_asyncio_keeps_the_agent_and_another_has_none(who: Callable[[], str]) -> None:
    async def run() -> None:
        async with SUPPORT.start_session():
            assert await asyncio.to_thread(who) == "support-bot"
            with pytest.raises(PermissionDenied, match="no agent's session"):
                await asyncio.get_running_loop().run_in_executor(None, who)

    asyncio.run(run())


def test_a_task_that_outlives_its_session_acts_for_nobody(who: Callable[[], str]) -> None:
    async def late(ended: asyncio.Event) -> str:
        await ended.wait()
        return who()

    async def run() -> None:
        ended = asyncio.Event()
        async with SUPPORT.start_session():
            task = asyncio.create_task(late(ended))
        async with ANALYTICS.start_session():
            ended.set()
            with pytest.raises(PermissionDenied, match="The session of support-bot is over"):
                await task

    asyncio.run(run())


def test_a_generator_keeps_its_agent_in_whatever_thread_or_task_it_goes_on() -> None:
    @sudo(action="tick")
    def notes() -> Iterator[str]:
        while True:
            yield current().agent.name

    @sudo(action="tick")
    async def notes_later() -> AsyncIterator[str]:
        while True:
            yield current().agent.name

    async def elsewhere(made: AsyncIterator[str]) -> tuple[str, str]:
        async with ANALYTICS.start_session():
            return await anext(made), current().agent.name

    async def run() -> None:
        async with SUPPORT.start_session():
            made = notes_later()
            assert await asyncio.create_task(elsewhere(made)) == ("support-bot", "analytics-bot")
            assert await anext(made) == "support-bot"

    with SUPPORT.start_session(), ThreadPoolExecutor(1) as pool:
        made = notes()
        assert pool.submit(next, made).result() == "support-bot"
        assert next(made) == "support-bot"
    asyncio.run(run())


def test_a_generator_that_is_closed_or_thrown_at_acts_for_its_own_agent_to_the_end() -> None:
    seen = []

    @sudo(action="tick")
    def notes() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            seen.append(current().agent.name)

    with SUPPORT.start_session():
        closed, thrown = notes(), notes()
        with ANALYTICS.start_session():
            next(closed), next(thrown)
            closed.close()  # type: ignore[attr-defined]  # it is a generator
            with pytest.raises(KeyError):
                thrown.throw(KeyError())  # type: ignore[attr-defined]  # as above
            assert current().agent.name == "analytics-bot"
    assert seen == ["support-bot"] * 2


@pytest.mark.parametrize("seed", range(5))
def test_however_generators_and_sessions_alternate_each_acts_for_its_own(seed: int) -> None:
    chance = random.Random(seed)

    @sudo(action="tick")
    def notes() -> Iterator[tuple[str, str]]:
        mine = current().agent.name
        while True:
            yield mine, current().agent.name
            if chance.random() < 0.3:
                with chance.choice(CAST).start_session() as inner:
                    yield inner.agent.name, current().agent.name

    with contextlib.ExitStack() as sessions:
        open_ones, made = [], []
        for _ in range(6):
            agent = chance.choice(CAST)
            sessions.enter_context(agent.start_session())
            open_ones.append(agent.name)
            made.append(notes())
            for _ in range(8):
                expected, got = next(chance.choice(made))
                assert expected == got
                assert current().agent.name == open_ones[-1]
