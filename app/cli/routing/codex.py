"""Codex's own trust in hooks: it skips those that nobody has trusted, and says nothing.

It is asked and told by the interface that its own windows use (`codex app-server`), so that what was trusted is what
Codex itself takes for trusted, whatever it computes.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from app.cli.routing.harness import OURS
from app.cli.routing.installed import Installed

_PATIENCE_S = 20.0
_LARGEST = 1_048_576


class _Silent(Exception):
    """Codex has not answered, or not so that it could be understood."""


class _Server:
    """A Codex that answers requests, one after the other."""

    def __init__(self, written: IO[bytes], read: IO[bytes]) -> None:
        self._written = written
        self._read = read
        self._asked = 0

    def ask(self, method: str, **given: Any) -> Any:
        """The result of one request. Raises _Silent."""
        self._asked += 1
        self._tell({"id": self._asked, "method": method, "params": given})
        while line := self._read.readline(_LARGEST):
            try:
                said = json.loads(line)
            except ValueError:
                break
            if isinstance(said, dict) and said.get("id") == self._asked:
                if "result" in said:
                    return said["result"]
                break
        raise _Silent

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            self._written.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            self._written.flush()
        except OSError:
            raise _Silent from None

    def begin(self) -> None:
        self.ask("initialize", clientInfo={"name": "agent-sudo", "version": "0"})
        self._tell({"method": "initialized"})

    def ours(self) -> list[dict[str, Any]]:
        """Our hooks as it knows them."""
        found = self.ask("hooks/list", cwds=[str(Path.home())])
        hooks = [hook for folder in found["data"] for hook in folder["hooks"]]
        return [hook for hook in hooks if OURS in str(hook.get("command", ""))]


@contextmanager
def _server(program: str) -> Iterator[_Server]:
    with subprocess.Popen(  # noqa: S603 - the agent that the user has on the path, and no shell
        [program, "app-server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path.home(),
        start_new_session=True,
    ) as child:
        # What is started from npm starts another program, which would go on alone.
        over = threading.Timer(_PATIENCE_S, os.killpg, (child.pid, signal.SIGKILL))
        over.start()
        try:
            server = _Server(cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout))
            server.begin()
            yield server
        finally:
            over.cancel()
            os.killpg(child.pid, signal.SIGKILL)


def trusts(one: Installed) -> bool:
    """Whether Codex runs all of our hooks that stand in its file, as they stand there."""
    wanted = sum(map(len, one.hooks.values()))
    try:
        with _server(one.program) as server:
            trusted = [hook for hook in server.ours() if hook["trustStatus"] in ("trusted", "managed")]
    except (_Silent, OSError, LookupError, TypeError, AttributeError):
        return False
    found = sum(bool(hook["sourcePath"] == str(one.path) and hook["enabled"]) for hook in trusted)
    return found == wanted


def trust(one: Installed) -> bool:
    """Have Codex trust our hooks as they stand in its file; whether it does."""
    try:
        with _server(one.program) as server:
            hooks = [hook for hook in server.ours() if hook["sourcePath"] == str(one.path)]
            state = {hook["key"]: {"trusted_hash": hook["currentHash"]} for hook in hooks}
            edit = {"keyPath": "hooks.state", "mergeStrategy": "upsert", "value": state}
            server.ask("config/batchWrite", edits=[edit], reloadUserConfig=True)
    except (_Silent, OSError, LookupError, TypeError, AttributeError):
        return False
    return trusts(one)
