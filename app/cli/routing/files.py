"""Files of other programs, changed so that nothing is lost: whole or not at all, and kept as they were beside it."""

import difflib
import os
import tempfile
import time
from pathlib import Path

from app.cli.failure import Failure

_LARGEST = 4 * 1_048_576


def text_of(path: Path) -> str:
    """What stands in a file; nothing where there is none. Raises Failure."""
    try:
        with path.open(encoding="utf-8") as opened:
            text = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise Failure(f"{path} cannot be read: {error}.") from None
    if len(text) > _LARGEST:
        raise Failure(f"{path} is too large to be a file of settings.")
    return text


def difference(path: Path, before: str, after: str) -> str:
    """A unified diff; empty where nothing changes."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), lineterm="")
    return "\n".join(lines)


def replace(path: Path, text: str, *, private: bool = False) -> Path | None:
    """Put `text` in place of a file, and keep what was there; where that is now.

    With `private` nobody but its owner may read the file afterwards.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    mode = 0o600 if private else 0o644
    if path.exists():
        mode = 0o600 if private else path.stat().st_mode & 0o777
        kept = path.with_name(f"{path.name}.before-agent-sudo-{time.strftime('%Y%m%dT%H%M%S')}")
        _write(kept, path.read_text("utf-8"), mode & 0o700)
    _write(path, text, mode)
    return kept


def _write(path: Path, text: str, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            os.fchmod(opened.fileno(), mode)
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
