"""Makes tour.svg: the tour of README.md in a terminal, from what the commands really print.

    .venv/bin/python docs/images/tour.py

It starts a service on a home of its own and asks it what the README asks. tests/test_docs.py looks whether the picture
still shows the tour.
"""  # noqa: INP001

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import picture
from rich.text import Text

PASSPHRASE = "a passphrase for a picture\n"  # noqa: S105 - of a home that lives for seconds
CALLS = ["git push origin main", "git status; cat ~/.s*/id_ed25519", "git log | head -3"]
COMMANDS = [
    ["policy", "explain", "git log | head -3 > notes.txt"],
    ["audit", "list", "--type", "decision"],
    ["audit", "verify"],
]
STYLES = {"ALLOW": "green", "REQUIRE_APPROVAL": "yellow", "DENY": "red"}


def main() -> None:
    """Serve, draw, stop."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        home = {"AGENT_SUDO_HOME": f"{folder}/.agent-sudo", "HOME": folder, "FORCE_COLOR": "1", "COLUMNS": "80"}
        environment = {**os.environ, **home}
        serve = [sys.executable, "-I", "-m", "app.cli", "serve", "--port", "0", "--json"]
        with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True) as service:  # noqa: S603
            try:
                url = json.loads("".join(iter(service.stdout.readline, "}\n")) + "}")["url"]
                environment["AGENT_SUDO_URL"] = url
                draw(project, environment, url)
            finally:
                service.terminate()


def draw(project: Path, environment: dict[str, str], url: str) -> None:
    """Do what the tour does, and write down what it says."""

    def agent_sudo(*arguments: str, given: str = "") -> str:
        command = [sys.executable, "-I", "-m", "app.cli", *arguments]
        given_so = {"cwd": project, "env": environment, "input": given, "text": True, "check": False}
        return subprocess.run(command, stdout=subprocess.PIPE, **given_so).stdout.rstrip()  # noqa: S603, PLW1510

    sign_in = ["--operator", "alice", "--passphrase-stdin"]
    key = json.loads(agent_sudo("init", *sign_in, "--agent", "coder", "--json", given=PASSPHRASE))["agent_key"]
    agent_sudo("workspace", "set", str(project), *sign_in, given=PASSPHRASE)
    console = picture.terminal(84)
    for call in CALLS:
        request = {"tool": "shell", "arguments": {"command": call}, "source": "user", "cwd": str(project)}
        headers = {"Authorization": f"Bearer {key}"}
        asked = urllib.request.Request(f"{url}/evaluate", json.dumps(request).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            said = json.load(answer)
        console.print(Text("agent wants  ", "dim") + Text(call, "bold"))
        console.print(Text(f"{said['decision']:>11}  ", STYLES[said["decision"]]) + Text(said["reason"]))
    for command in COMMANDS:
        line = " ".join(f"'{word}'" if " " in word else word for word in command)
        said = re.sub(re.escape(str(project.resolve())), "~/project", agent_sudo(*command))
        console.print()
        picture.command(console, f"agent-sudo {line}", said)
    picture.save(console, "tour")


if __name__ == "__main__":
    main()
