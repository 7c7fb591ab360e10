"""Makes demo.svg: `agent-sudo demo` as it plays in a terminal of 84 columns.

.venv/bin/python docs/images/demo.py
"""  # noqa: INP001

import os
import subprocess
import sys

from picture import command, save, terminal

WIDTH = 84


def main() -> None:
    """Play, draw."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    demo = [sys.executable, "-I", "-m", "app.cli", "demo"]
    done = subprocess.run(demo, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)  # noqa: S603
    console = terminal(WIDTH)
    command(console, "agent-sudo demo", done.stdout.decode())
    save(console, "demo")


if __name__ == "__main__":
    main()
