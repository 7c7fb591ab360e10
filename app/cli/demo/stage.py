"""A service of its own to play on: a temporary home, a real process, a free port, an operator, an agent and its key."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from app.cli.failure import Failure

if TYPE_CHECKING:
    from httpx2 import Client

    from app.settings import Settings

_OPERATOR = "you"
_AGENT = "coder"
_PATIENCE_S = 20.0


class Stage:
    """The service that plays, and who speaks to it."""

    def __init__(self, folder: Path, client: "Client", key: str, passphrase: str) -> None:
        self.folder = folder
        self.project = folder / "project"
        self._client = client
        self._key = key
        self._sign_in = (_OPERATOR, passphrase)

    @property
    def settings(self) -> "Settings":
        return _settings(self.folder)

    def evaluate(self, tool: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        """What the service answers when the agent's gate asks; nothing is run."""
        request = {"tool": tool, "arguments": arguments, "source": "user", **more}
        return self.agent("/evaluate", {**request, "cwd": str(self.project), "home": str(self.folder / "person")})

    def agent(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request with the agent's key, `status` among it."""
        headers = {"Authorization": f"Bearer {self._key}"}
        return _document(self._client.post(path, json=body, headers=headers))

    def operator(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer to a request of the operator's."""
        return _document(self._client.request(method, path, json=body, auth=self._sign_in))


def _document(answer: Any) -> dict[str, Any]:
    found = answer.json() if answer.content else {}
    return {"status": answer.status_code, **found}


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage, gone when the block ends, whatever happens in it. Raises Failure where it cannot be built."""
    import httpx2

    from app.cli.terminal import errors

    with errors().status("A service starts …") as waiting, tempfile.TemporaryDirectory(prefix="agent-sudo-") as name:
        folder = Path(name).resolve()
        (folder / "project").mkdir()
        passphrase = secrets.token_urlsafe(16)
        key = _prepare(folder, passphrase)
        with _serving(folder) as url, httpx2.Client(base_url=url, timeout=_PATIENCE_S, trust_env=False) as client:
            made = Stage(folder, client, key, passphrase)
            waiting.stop()
            made.operator("PUT", "/workspaces", {"roots": [str(made.project)]})
            yield made


def _settings(folder: Path) -> "Settings":
    from app.cli.environment import settings
    from app.services.policy_files import shipped_policy

    # INVARIANT: nothing of the caller's own home is touched, whatever the environment says.
    home = folder / "home"
    return settings(
        home=home, database_url=f"sqlite:///{home / 'agent-sudo.db'}", policy=shipped_policy(), host="127.0.0.1"
    )


def _prepare(folder: Path, passphrase: str) -> str:
    """Make the home; returns the agent's key."""
    from app.cli.home import opening
    from app.main import open_home
    from app.services.home import initialise

    (folder / "home").mkdir(mode=0o700)
    with opening():
        database, writer = open_home(_settings(folder))
    try:
        return initialise(database, writer, _OPERATOR, passphrase, _AGENT, "pep").key.secret
    finally:
        writer.close()
        database.dispose()


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SUDO_")}
    environment = {**kept, "AGENT_SUDO_HOME": str(folder / "home")}
    # -I: a folder named `app` where the command is typed must not stand in for this program.
    command = [sys.executable, "-I", "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", "0", "--json"]
    with (
        (folder / "serve.log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,  # noqa: S603 - this program
    ):
        try:
            yield _url(process.stdout, folder / "serve.log")
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(said: IO[str] | None, log: Path) -> str:
    """Where the service listens, by its own word."""
    lines: list[str] = []
    for line in said or ():
        lines.append(line)
        if line == "}\n":
            return str(json.loads("".join(lines))["url"])
    raise Failure("The service did not start.", log.read_text()[-2_000:] or "It said nothing.")
