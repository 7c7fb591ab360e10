"""The TypeScript client, driven from here: one process of node for all that is asked."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "clients/typescript"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node here, so the TypeScript client is not tried")


class Driver:
    """A process that asks for us."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, url: str, asked: Sequence[tuple[str, Any]]) -> list[Any]:
        """What each question, a key and a call, came to: the answer, if any, and the name of what `require` throws."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for key, call in asked:
            self._process.stdin.write(json.dumps({"url": url, "key": key, "call": call}) + "\n")
        self._process.stdin.flush()
        return [json.loads(self._process.stdout.readline()) for _ in asked]


@contextmanager
def driver() -> Iterator[Driver]:
    """It lasts as long as the block."""
    assert NODE is not None
    command = [NODE, str(FOLDER / "test/driver.js")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Driver(process)
    finally:
        process.kill()
        process.communicate()
