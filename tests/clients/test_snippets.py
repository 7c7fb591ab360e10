"""The programs of docs/integrations/http.md run a tool upon a clear yes, and upon nothing else."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.answering import answering
from tests.clients.test_client import GOOD
from tests.test_docs import RUSTUP, blocks, is_there

PAGE = "docs/integrations/http.md"
# How a program becomes one that can be run, and how it is run.
HOW = {
    "sh": ("cat > program", ["sh", "program"]),
    "python": ("cat > program", [sys.executable, "program"]),
    "js": ("cat > program.mjs", ["node", "program.mjs"]),
    "go": ("cat > program.go && go build -o program program.go", ["./program"]),
    "rust": ("cat > program.rs && rustc -D warnings -o program program.rs", ["./program"]),
}
YES = json.dumps(GOOD, separators=(",", ":")).encode()
NOS = {
    "an error of the server": (500, YES),
    "a refusal": (403, YES),
    "a redirect": (307, YES),
    "nothing": (200, b""),
    "no JSON": (200, b"<html>allowed</html>"),
    "half of it": (200, YES[:-9]),
    "allowed as a text": (200, YES.replace(b"true", b'"true"', 1)),
    "a no that speaks of a yes": (200, b'{"allowed":false,"reason":"{\\"allowed\\":true,"}'),
}


@pytest.mark.parametrize("language", HOW)
def test_a_program_in_any_language_fails_closed(language: str, tmp_path: Path) -> None:
    make, run = HOW[language]
    if not is_there(language):
        pytest.skip(f"there is nothing here that runs {language}")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/README.md").write_text("A project.\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **RUSTUP}
    text = blocks(PAGE, language)[-1]
    made = subprocess.run(
        ["sh", "-c", make],
        input=text,
        cwd=tmp_path,
        env=environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr

    def said(url: str) -> str:
        asking = {**environment, "AGENT_SUDO_URL": url, "AGENT_SUDO_KEY": "asudo_x"}
        done = subprocess.run(run, cwd=tmp_path, env=asking, text=True, capture_output=True, timeout=60, check=False)
        assert "asudo_x" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    with answering(200, YES) as url:
        assert said(url) == "A project.\n"
    for kind, answer in NOS.items():
        with answering(*answer) as url:
            assert said(url).startswith("not run"), kind
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert said(f"http://127.0.0.1:{port}").startswith("not run")
