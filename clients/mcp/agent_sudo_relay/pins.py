"""What a server said of its tools when it was first used, kept in a file: what it says later is compared."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

# What the model is told of a tool, and what clients believe of it.
_PINNED = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
_MOST_BYTES = 16 * 1024 * 1024


def state_folder() -> Path:
    """Where the files are."""
    around = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(around).expanduser() / "agent-sudo-relay"


class Pins:
    """The pins of one server. What it says first is taken as it is; what it says otherwise later is a change."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError for a file that is none of ours."""
        self._path = path
        self._pinned, self._changed = _read(path)
        # A server's first run pins whatever it lists; later on a tool that was never seen is a change, too.
        self._is_first = not path.exists()
        self._listed: dict[str, dict[str, Any]] = {}

    def see(self, tools: list[Any]) -> list[str]:
        """Take in what a server says of its tools; the names of those that it newly says something else of."""
        fresh, before = [], (dict(self._pinned), dict(self._changed))
        for tool in tools:
            if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
                continue
            name, digest = tool["name"], _digest(tool)
            said = tool.get("annotations")
            self._listed[name] = said if isinstance(said, dict) else {}
            if self._pinned.get(name) == digest:
                self._changed.pop(name, None)
            elif self._is_first and name not in self._pinned:
                self._pinned[name] = digest
            elif self._changed.get(name) != digest:
                self._changed[name] = digest
                fresh.append(name)
        if before != (self._pinned, self._changed) or not self._path.exists():
            self._write()
        return fresh

    def annotations(self, tool: str) -> dict[str, Any]:
        """What the server says of a tool's nature."""
        return self._listed.get(tool, {})

    def is_changed(self, tool: str) -> bool:
        """Whether this is not, or may not be, the tool that it was."""
        return tool in self._changed or (not self._is_first and tool not in self._pinned)

    @property
    def changed(self) -> list[str]:
        """The tools of which something else is said than was pinned."""
        return sorted(self._changed)

    def accept(self) -> None:
        """Pin what was said last."""
        self._pinned |= self._changed
        self._changed.clear()
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"tools": self._pinned, "changed": self._changed}, indent=1, sort_keys=True)
        # Made with mode 0600, and put in its place whole.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text + "\n")
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
        pinned, changed = document["tools"], document["changed"]
        for digest in (*pinned.values(), *changed.values()):
            bytes.fromhex(digest)
    except FileNotFoundError:
        return {}, {}
    except (ValueError, KeyError, TypeError, AttributeError):
        # INVARIANT: a file that cannot be read is no reason to believe whatever the server says now.
        raise ValueError(f"{path} cannot be read: look at it, and remove it to pin the server anew.") from None
    return pinned, changed


def _digest(tool: dict[str, Any]) -> str:
    said = {name: tool[name] for name in _PINNED if name in tool}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
