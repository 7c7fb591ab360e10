"""Somebody who answers what waits for people."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent_sudo_client import Client


@contextmanager
def a_person(client: Client, decision: str, **more: Any) -> Iterator[None]:
    """Answers the first approval that opens while the block runs, and no other one that waits."""
    failures: list[BaseException] = []
    gone = threading.Event()
    others = {one["id"] for one in client.approvals()}

    def answer() -> None:
        try:
            waiting: list[dict[str, Any]] = []
            while not waiting and not gone.wait(0.02):
                waiting = [one for one in client.approvals() if one["id"] not in others]
            client.decide_approval(waiting[0]["id"], decision, **more)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        gone.set()
        thread.join(60)
        # Also where the block has failed: this is why.
        assert not failures
