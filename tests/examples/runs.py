"""Examples as a user runs them: one command, a real service, real tools."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(example: str, folder: Path) -> str:
    """What `examples/EXAMPLE/run` prints; it must succeed and leave nothing behind."""
    environment = {name: value for name, value in os.environ.items() if "AGENT_SUDO_" not in name}
    done = subprocess.run(
        [ROOT / "examples" / example / "run"],
        cwd=folder,
        env={**environment, "TMPDIR": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == [], "it leaves nothing behind"
    return done.stdout
