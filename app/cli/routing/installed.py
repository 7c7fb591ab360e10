"""Coding agents as they are on this machine: which version, which hooks, and what goes round them."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.failure import Failure
from app.cli.routing import hooks_file
from app.cli.routing.files import text_of
from app.cli.routing.harness import HARNESSES, Harness

# The first version of Claude Code of which it was seen that a hook which fails blocks; older ones ignore `onFailure`.
BLOCKS_SINCE = (2, 1, 330)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PATIENCE_S = 20.0
# Where an agent keeps its files when this names another place than the one below the home.
_ELSEWHERE = {"claude-code": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME"}


class Installed(Struct, frozen=True):
    """One agent here. `version` is "" where it cannot be told, `program` where it is not installed.

    hooks    ours, by event
    wrong    why its file of hooks cannot be read
    """

    harness: Harness
    program: str
    version: str
    path: Path
    hooks: dict[str, list[dict[str, Any]]]
    wrong: str = ""

    @property
    def is_there(self) -> bool:
        return bool(self.program) or self.path.parent.is_dir()

    @property
    def missing(self) -> tuple[str, ...]:
        """The events that are set up elsewhere and are not here."""
        return tuple(event for event in self.harness.events if event not in self.hooks)

    @property
    def blocks(self) -> bool:
        """Whether this version of Claude Code takes a hook that fails for a no."""
        return tuple(map(int, self.version.split("."))) >= BLOCKS_SINCE if self.version else False

    @property
    def way(self) -> str:
        kinds = {str(one.get("type", "command")) for handlers in self.hooks.values() for one in handlers}
        return ", ".join(sorted(kinds))


def path_of(harness: Harness) -> Path:
    """Where an agent keeps the hooks of this user."""
    elsewhere = os.environ.get(_ELSEWHERE.get(harness.name, ""), "")
    below = Path(harness.file)
    return Path(elsewhere, *below.parts[1:]) if elsewhere else Path.home() / below


def look(harness: Harness) -> Installed:
    """How it is here; reads only."""
    program = shutil.which(harness.program) or ""
    path = path_of(harness)
    hooks: dict[str, list[dict[str, Any]]] = {}
    wrong = ""
    try:
        hooks = hooks_file.ours(harness, hooks_file.read(text_of(path), str(path)))
    except Failure as failure:
        wrong = failure.message
    return Installed(harness, program, version_of(program) if program else "", path, hooks, wrong)


def all_installed() -> list[Installed]:
    """Those that are here, and those that have left files here."""
    return [found for found in map(look, HARNESSES.values()) if found.is_there]


def version_of(program: str) -> str:
    """What a program says of itself."""
    try:
        done = subprocess.run(  # noqa: S603 - the agent that the user has on the path, and no shell
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search(done.stdout.decode(errors="replace"))
    return found[0] if found else ""
