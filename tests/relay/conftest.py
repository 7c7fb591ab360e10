"""A service that runs, and relays in front of servers that run."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import Client, PermissionDenied
from msgspec import Struct

from tests.homes import OPERATOR, PASSPHRASE, basic, prepare
from tests.processes import Process, start

POLICY = """\
version: 1
rules:
  - id: everything
    allow: ["mcp:open/*"]
    effects: [call, query, access, read, write, delete, network, configure, message]
  - {id: some, allow: ["mcp:odd/echo", "mcp:odd/fetch", "mcp:odd/wish", "mcp:odd/resources/read"]}
  - id: never
    deny: ["mcp:odd/forbidden", "mcp:*/prompts/forbidden", "mcp:odd/prompts/get"]
    reason: Nobody does this.
  - {id: wishes, deny: "mcp:odd/elicitation/create", reason: Servers ask people nothing.}
  - {id: upload, ask: "mcp:*/upload", reason: This leaves the house.}
"""


class Running(Struct, frozen=True):
    """A service, a key for it, and where its relays keep what they know."""

    process: Process
    key: str
    state: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a relay is started with."""
        return {
            **os.environ,
            "AGENT_SUDO_URL": self.process.url,
            "AGENT_SUDO_KEY": self.key,
            "XDG_STATE_HOME": str(self.state),
        }

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The log's entries of one type."""
        found: list[dict[str, Any]] = []
        after: int | None = -1
        while after is not None:
            status, page = self.process.ask("GET", f"/audit/entries?type={kind}&limit=100&after={after}", basic())
            assert status == 200
            found += page["entries"]
            after = page["next"]
        return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("relay")
    home = prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}", policy=POLICY)
    process = start(home, folder / "serve.log")
    try:
        yield Running(process, home.key, folder / "state")
    finally:
        process.kill()


@pytest.fixture
def operator(service: Running) -> Iterator[Client]:
    """Nothing waits for people from one test to the next."""
    with Client(service.process.url, service.key, operator=(OPERATOR, PASSPHRASE)) as client:
        for waiting in client.approvals():
            with suppress(PermissionDenied):  # the relay of an earlier test may just have done so
                client.cancel_approval(waiting["id"])
        yield client


def relayed(name: str, *command: str, options: tuple[str, ...] = ()) -> list[str]:
    """The command of a relay in front of what `command` starts."""
    return [
        sys.executable,
        "-I",
        "-m",
        "agent_sudo_relay",
        "run",
        "--timeout",
        "30",
        "--name",
        name,
        *options,
        "--",
        *command,
    ]
