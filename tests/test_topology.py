"""The topology that later tests and people stand on: replicas agree, and nothing is left of it."""

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.homes import ALLOWED, basic
from tests.postgres import Postgres
from tests.topology import topology

ROOT = Path(__file__).parents[1]


def test_what_is_stopped_at_one_replica_is_stopped_at_all_of_them(postgres: Postgres, tmp_path: Path) -> None:
    with topology(tmp_path, postgres, 3) as made:
        first, *others = made.replicas
        assert {process.evaluate(made.home.key)[1]["decision"] for process in made.replicas} == {"ALLOW"}
        assert first.ask("POST", "/stops", basic(), b'{"kind": "everything"}')[0] == 201
        assert {process.evaluate(made.home.key)[1]["decision"] for process in others} == {"DENY"}
    assert not any(process.is_running for process in made.replicas)


def test_the_script_says_where_it_is_and_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "tests.topology", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        shown = json.loads(popen.stdout.readline())
        (url,) = shown["replicas"]
        assert urlsplit(shown["database"]).scheme == "postgresql"
        done = subprocess.run(
            ["curl", "-sf", f"{url}/evaluate", "-H", f"Authorization: Bearer {shown['agent_key']}", "-d", ALLOWED],
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout)["allowed"]
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(60) == 0
    assert not list(Path(tempfile.gettempdir()).glob(f"*-{popen.pid}-*"))
    assert subprocess.run(["curl", "-sf", f"{url}/healthz"], check=False).returncode == 7
