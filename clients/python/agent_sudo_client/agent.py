"""Who acts: agents, their sessions, and which of them is the current one."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from agent_sudo_client.async_client import AsyncClient
from agent_sudo_client.call import Call
from agent_sudo_client.client import Client
from agent_sudo_client.errors import PermissionDenied, ServiceUnavailable

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from typing_extensions import Self

_current: ContextVar[Session | None] = ContextVar("agent_sudo_session", default=None)
# Words for the trust that a session of one agent leaves to a session of another inside of it.
_WORDS = {"USER_DIRECT": None, "AGENT_INTERNAL": "agent", "EXTERNAL_CONTENT": "document"}
# Who drives a generator without lending it their context: what makes a `with` block of it, and our own guarded ones.
_KEEP_APART = ("contextlib", "agent_sudo_client.steps")
_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class Agent:
    """An agent that the service knows by this name; what it may do is decided there.

    Its key is `key`, else `AGENT_SUDO_KEY_<NAME>` (SUPPORT_BOT for support-bot), else `AGENT_SUDO_KEY`: one each, or
    one that speaks for several.
    """

    def __init__(self, name: str, *, url: str | None = None, key: str | None = None, timeout: float = 10.0) -> None:
        self.name = name
        variable = "AGENT_SUDO_KEY_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
        self._with = {"url": url, "key": key or os.environ.get(variable), "timeout": timeout}

    @functools.cached_property
    def client(self) -> Client:
        """The service, asked with this agent's key."""
        return Client(**self._with)  # type: ignore[arg-type]  # mypy sees one type for all the values

    def async_client(self) -> AsyncClient:
        """Another one, for the event loop that runs."""
        return AsyncClient(**self._with)  # type: ignore[arg-type]  # as above

    def start_session(
        self, ttl: int = 3_600, prompt: str | None = None, *, source: str = "agent", labels: Sequence[str] = ()
    ) -> Session:
        """One run of this agent, for `with` or `async with`: inside, what is guarded is asked in its name.

        `prompt` is what the user said. `source` says where the calls inside come from, if they do not say it.
        """
        return Session(self, ttl, prompt, source, labels)

    def __repr__(self) -> str:
        return f"Agent({self.name!r})"


class Session:
    """One run of an agent. Inside of another session it lives no longer than that one and is trusted no more."""

    def __init__(self, agent: Agent, ttl: int, prompt: str | None, source: str, labels: Sequence[str]) -> None:
        self.agent = agent
        self.source = source
        self.id = ""
        self._wish: dict[str, Any] = {"labels": labels, "prompts": [] if prompt is None else [prompt]}
        self._ttl = ttl
        self.outer: Session | None = None
        self.expires = 0.0
        self._token: Token[Session | None] | None = None
        self._kept: tuple[asyncio.AbstractEventLoop, AsyncClient] | None = None
        self._ended = False

    @property
    def is_live(self) -> bool:
        """Whether it was opened, and is neither over nor ended, nor one around it."""
        around = self.outer is None or self.outer.is_live
        return bool(self.id) and not self._ended and time.monotonic() < self.expires and around

    def speak(self, call: Call) -> Call:
        """The call in this session's name."""
        source = self.source if call.source is None else call.source
        # INVARIANT: who calls is never left to the arguments or to whoever made the call.
        return call.with_(session_id=self.id, actor=self.agent.name, source=source)

    def observe(self, *, tool: str | None = None, source: str | None = None, content: str | None = None) -> None:
        """Report what came in from outside, before going on. What was inside, those around have heard too."""
        heard: Session | None = self
        while heard is not None:
            heard.agent.client.observe(heard.id, tool=tool, source=source, content=content)
            heard = heard.outer

    def add_prompt(self, prompt: str) -> None:
        """Attest what else the user said."""
        self.agent.client.add_prompt(self.id, prompt)

    @contextlib.asynccontextmanager
    async def async_client(self) -> AsyncIterator[AsyncClient]:
        """A client for the event loop that runs: the session's own, or one for this once on another loop."""
        import asyncio  # noqa: PLC0415 - half the time of importing all this

        if self._kept is not None and self._kept[0] is asyncio.get_running_loop():
            yield self._kept[1]
        else:
            async with self.agent.async_client() as client:
                yield client

    def __enter__(self) -> Self:
        _refuse_to_leak(sys._getframe(1))  # noqa: SLF001 - no other way to see the caller
        self._open()
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        self._end()

    async def __aenter__(self) -> Self:
        import asyncio  # noqa: PLC0415 - as above

        _refuse_to_leak(sys._getframe(1))  # noqa: SLF001 - no other way to see the caller
        await asyncio.to_thread(self._open)
        self._kept = asyncio.get_running_loop(), self.agent.async_client()
        self._token = _current.set(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        import asyncio  # noqa: PLC0415 - as above

        self._leave()
        await asyncio.to_thread(self._end)
        if self._kept is not None:
            # What is still reported after this takes a client of its own, which is closed again.
            kept, self._kept = self._kept, None
            await kept[1].close()

    def _leave(self) -> None:
        self._ended = True
        if self._token is not None:
            # Where the context is another one by now, it holds a session that has ended, and is refused by that.
            with contextlib.suppress(ValueError):
                _current.reset(self._token)

    def _end(self) -> None:
        with contextlib.suppress(PermissionDenied):  # then it ends by itself, at its time
            self.agent.client.end_session(self.id)

    def _open(self) -> None:
        if self.id:
            raise RuntimeError("A session is entered once; start another one.")
        outer, client, ttl = _current.get(), self.agent.client, self._ttl
        if outer is not None:
            current()
            ttl = max(1, min(ttl, int(outer.expires - time.monotonic())))
        same = outer is not None and outer.agent.name == self.agent.name
        opened = time.monotonic()
        document = client.open_session(
            ttl=ttl, parent=outer.id if outer is not None and same else None, agent=self.agent.name, **self._wish
        )
        if document.get("agent") != self.agent.name or not isinstance(document.get("id"), str):
            raise ServiceUnavailable("What answered is not the policy service.", code="malformed")
        self.id = document["id"]
        if outer is not None and not same:
            self._lower_to(outer)
        self.outer = outer
        self.expires = opened + ttl

    def _lower_to(self, outer: Session) -> None:
        """A session of another agent gains nothing: it starts with no more trust than the one around it has left."""
        trust = outer.agent.client.session(outer.id).get("trust")
        if trust not in _WORDS:
            raise PermissionDenied("The session around this one is not trusted at all.", code="no_trust")
        word = _WORDS[trust]
        if word is not None:
            self.agent.client.observe(self.id, tool="session", source=word)


def current() -> Session:
    """The session in whose name this code acts. Raises PermissionDenied where there is none, or none that lives."""
    session = _current.get()
    # INVARIANT: outside any agent's session nothing guarded runs: it is refused, not skipped.
    if session is None:
        raise PermissionDenied("This runs in no agent's session: with Agent(…).start_session(): …", code="no_session")
    if not session.is_live:
        raise PermissionDenied(f"The session of {session.agent.name} is over.", code="session_over")
    return session


def _refuse_to_leak(frame: FrameType) -> None:
    """Refuse to open a session in the body of a generator: between its steps, whoever takes them would act in it."""
    if not frame.f_code.co_flags & _GENERATOR:
        return
    by = frame.f_back
    if by is not None and by.f_globals.get("__name__") in _KEEP_APART:
        return
    raise RuntimeError("A session opened inside a generator would be left to whoever iterates it; open it around that.")


class Identity:
    """The current session as one generator sees it, carried from step to step whoever takes them."""

    def __init__(self, session: Session) -> None:
        self._session: Session | None = session

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """One step, taken in its own session; whoever takes it is left in theirs."""
        token = _current.set(self._session)
        try:
            yield
        finally:
            self._session = _current.get()
            _current.reset(token)
