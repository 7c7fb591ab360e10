"""`Client`: the service for programs that wait for its answers. Safe to share between threads, and across a fork."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from agent_sudo_client import talk
from agent_sudo_client.endpoint import Endpoint, unreachable
from agent_sudo_client.talk import Answer, Send, Talk

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

P = ParamSpec("P")
T = TypeVar("T")


def _driven(use_case: Callable[P, Talk[T]]) -> Callable[Concatenate[Client, P], T]:
    @functools.wraps(use_case)
    def method(self: Client, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.drive(use_case(*args, **kwargs))

    return method  # type: ignore[return-value]  # wraps() forgets that `self` is positional


class Client:
    """The service at `url`, asked with an agent's `key`; `AGENT_SUDO_URL` and `AGENT_SUDO_KEY` where they are left out.

    `operator` is a name and a passphrase, for what only people may do. `tls` replaces the system's authorities.
    With `retry` every evaluation whose answer was lost is sent once more, and counts once; without, what waits for
    people is. Proxies of the environment are not used: who can set a variable must not answer in the service's place.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        operator: tuple[str, str] | None = None,
        timeout: float = 10.0,
        retry: bool = False,
        connections: int = 32,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._endpoint = Endpoint(url, key, operator, tls, timeout, retry=retry)
        self._most = connections
        self._open()

    def _open(self) -> None:
        # Late, since it takes longer than everything here: importing the client costs a program next to nothing.
        from agent_sudo_client.connections import Connections  # noqa: PLC0415

        to = self._endpoint
        self._connections = Connections(to.host, to.port, to.tls(), self._most)
        self._pid = os.getpid()

    def drive(self, use_case: Talk[T]) -> T:
        """Send what a use case wants sent, until it is done."""
        try:
            send = next(use_case)
            while True:
                send = use_case.send(self._exchange(send))
        except StopIteration as done:
            result: T = done.value
            return result

    def _exchange(self, send: Send) -> Answer:
        # INVARIANT: a child process never speaks on its parent's connections: it could read the answer to another.
        if self._pid != os.getpid():
            self._open()
        request, patience = self._endpoint.request(send), self._endpoint.patience(send)
        sent = time.monotonic()
        try:
            reply = self._connections.exchange(request, patience, again=self._endpoint.names(send))
        except Exception as error:  # INVARIANT: whatever goes wrong on the way is a no
            raise unreachable(error) from error
        return Answer(reply.status, reply.content, sent)

    def close(self) -> None:
        """Close its connections."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    evaluate = _driven(talk.evaluate)
    evaluate_batch = _driven(talk.evaluate_batch)
    require = _driven(talk.require)
    denied_tools = _driven(talk.denied_tools)
    report_outcome = _driven(talk.report_outcome)
    open_session = _driven(talk.open_session)
    session = _driven(talk.session)
    add_prompt = _driven(talk.add_prompt)
    observe = _driven(talk.observe)
    extend_session = _driven(talk.extend_session)
    end_session = _driven(talk.end_session)
    approval = _driven(talk.approval)
    approvals = _driven(talk.approvals)
    wait_for_approval = _driven(talk.wait_for_approval)
    cancel_approval = _driven(talk.cancel_approval)
    decide_approval = _driven(talk.decide_approval)
    delegate = _driven(talk.delegate)
    delegations = _driven(talk.delegations)
    revoke_delegation = _driven(talk.revoke_delegation)
