"""Who listens in the service's place: the command hook asks only what the service's own user has opened."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.hooks.shim import Answerer, assert_no, run, whole
from tests.listeners import needs_listeners

# The port of a service that is down, taken by whoever gets it: another user, whose child answers as it likes.
TAKER = """
import os, socket, sys
host, port, uid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.setuid(uid)
taken = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
print(taken.getsockname()[1], flush=True)
taken.settimeout(60)
connection, _ = taken.accept()
print(len(connection.recv(65536)), flush=True)
"""


@contextmanager
def taken_by(uid: int, host: str = "127.0.0.1", port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A program of this user that listens; it tells how much it has heard."""
    command = [sys.executable, "-c", TAKER, host, str(port), str(uid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child, int(child.stdout.readline())
        finally:
            child.kill()


@needs_listeners
def test_only_the_user_who_runs_the_service_is_believed(answerer: Answerer, config: Path) -> None:
    answerer.answer = whole({})
    text = config.read_text()
    config.write_text(f"{text}owner={os.getuid()}\n")
    assert run("codex", "PreToolUse", config) == (0, "{}\n", "")
    for owner in (str(os.getuid() + 1), "-1", "0x0", "root"):
        answerer.heard = b""
        config.write_text(f"{text}owner={owner}\n")
        assert_no(run("codex", "PreToolUse", config), "another user's program listens in place of agent-sudo")
        assert answerer.heard == b""


@needs_listeners
def test_what_listens_at_every_address_is_known_as_well(config: Path, answerer: Answerer) -> None:
    everywhere = Answerer(host="0.0.0.0")  # noqa: S104 - as a service behind a proxy does
    everywhere.answer = whole({})
    text = config.read_text().replace(answerer.url, everywhere.url.replace("0.0.0.0", "localhost"))  # noqa: S104
    config.write_text(f"{text}owner={os.getuid()}\n")
    assert run("codex", "PreToolUse", config) == (0, "{}\n", "")
    config.write_text(f"{text}owner={os.getuid() + 1}\n")
    assert_no(run("codex", "PreToolUse", config), "another user's program")
    everywhere.close()


@needs_listeners
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_who_takes_the_port_while_the_service_is_down_hears_no_key(config: Path, answerer: Answerer) -> None:
    text = config.read_text()
    with taken_by(65_534) as (child, port):
        config.write_text(text.replace(answerer.url, f"http://127.0.0.1:{port}") + f"owner={os.getuid()}\n")
        assert_no(run("codex", "PreToolUse", config), "another user's program")
        assert child.stdout is not None
        assert child.stdout.readline() == "0\n"
    # At another address of this machine it stands in nobody's way.
    port = int(answerer.url.rpartition(":")[2])
    answerer.answer = whole({})
    with taken_by(65_534, "127.0.0.2", port):
        config.write_text(f"{text}owner={os.getuid()}\n")
        assert run("codex", "PreToolUse", config) == (0, "{}\n", "")
