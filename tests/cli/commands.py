"""Commands as people run them, on a home of their own: as processes, or in this one, which is twenty times quicker."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec import Struct

from app.cli import main
from tests.homes import OPERATOR, PASSPHRASE

SIGN_IN = ("--operator", OPERATOR, "--passphrase-stdin")


class Ran(Struct, frozen=True):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSONL."""
        return [json.loads(line) for line in self.out.splitlines()]


class Commands:
    """Runs `agent-sudo` with some settings; nothing of the caller's own settings is left."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SUDO_")}
        self.environment = {**kept, "NO_COLOR": "1", "COLUMNS": "80", **environment}
        self.folder = folder

    def __call__(self, *arguments: str | Path, stdin: str = "", **settings: str) -> Ran:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        with (
            mock.patch.dict(os.environ, self._with(settings), clear=True),
            mock.patch.object(sys, "argv", ["agent-sudo", *map(str, arguments)]),
            mock.patch.object(sys, "stdin", given),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            contextlib.chdir(self.folder),
        ):
            try:
                main()
                code: Any = 0
            except SystemExit as end:
                code = end.code or 0
        return Ran(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str | Path, stdin: str = "", **settings: str) -> Ran:
        """Run a command as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-I", "-m", "app.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self._with(settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def signed_in(self, *arguments: str | Path, stdin: str = "", **settings: str) -> Ran:
        """The same as the operator of the home."""
        return self(*arguments, *SIGN_IN, stdin=f"{PASSPHRASE}\n{stdin}", **settings)

    def _with(self, settings: dict[str, str]) -> dict[str, str]:
        return {**self.environment, **{f"AGENT_SUDO_{name.upper()}": value for name, value in settings.items()}}
