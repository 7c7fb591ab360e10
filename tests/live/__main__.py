"""The real coding agents against everything that can go wrong: `scripts/test --live`.

Each agent is set up by `agent-sudo setup` in a home of its own. A scripted model asks for one command, everything that
the agent would ask its user about is allowed beforehand, and then it is looked whether the command ran. The table goes
into docs/integrations/harnesses.md; the exit code is 1 when a command ran that should not have, or the other way round.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from app.cli.routing import installed
from app.cli.routing.harness import HARNESSES, run_of
from app.cli.routing.model import scripted
from tests.cli.commands import SIGN_IN, Commands
from tests.homes import PASSPHRASE, basic, prepare
from tests.live.cells import ALLOWED, ASKED, CELLS, DENIED, Cell, Place, answer_of
from tests.processes import Process, start

PAGE = Path(__file__).parents[2] / "docs" / "integrations" / "harnesses.md"
WAYS = ("claude-code", "claude-code --shim", "codex", "gemini", "copilot")
BEGIN, END = "<!-- made by scripts/test --live -->\n", "<!-- end -->\n"
POLICY = f"""\
version: 1
rules:
  - {{id: allowed, allow: shell, command: "touch {ALLOWED}"}}
  - {{id: denied, deny: shell, command: "touch {DENIED}", reason: This is never done.}}
  - {{id: asked, ask: shell, command: "touch {ASKED}", reason: A person decides.}}
"""
_PATIENCE_S = 100.0
# What a Gemini CLI needs in order to start without asking; it also stands for what others wrote in the file.
_GEMINI = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    "hooksConfig": {"enabled": True},
}


class Live:
    """One service, the agents, and their homes."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        home = folder / "service"
        (home / "home").mkdir(parents=True, mode=0o700)
        self.home = prepare(home, f"sqlite:///{home}/agent-sudo.db", POLICY)
        self.process: Process = start(self.home, folder / "log")
        self.versions: dict[str, str] = {}

    def set_up(self, way: str) -> Place:
        """A fresh home in which one agent is set up."""
        name, _, more = way.partition(" ")
        user = Path(tempfile.mkdtemp(dir=self.folder))
        harness = HARNESSES[name]
        hooks = user / harness.file
        if name == "gemini":
            hooks.parent.mkdir(parents=True)
            hooks.write_text(json.dumps(_GEMINI, indent=2))
        settings = {
            "HOME": str(user),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "AGENT_SUDO_URL": self.process.url,
            "AGENT_SUDO_HOME": str(user / "ours"),
        }
        arguments = ("setup", name, "--apply", "--agent", "coder", *more.split(), *SIGN_IN)
        ran = Commands(user, settings).process(*arguments, stdin=f"{PASSPHRASE}\n")
        assert ran.code == 0, ran.err
        return Place(name, hooks, user / "ours" / "hooks")

    def run(self, way: str, cell: Cell) -> bool:
        """Whether the command ran in this cell."""
        place = self.set_up(way)
        if cell.fault is not None or cell.answer is not None:
            # What the user says would be stopped first, and then no tool would be tried.
            found = json.loads(place.hooks.read_text())
            found["hooks"] = {HARNESSES[place.harness].events[0]: found["hooks"][HARNESSES[place.harness].events[0]]}
            place.hooks.write_text(json.dumps(found, indent=2))
        if cell.fault is not None:
            cell.fault(place)
        user = place.folder.parent.parent
        work = user / "work"
        work.mkdir()
        with answering(cell, place.harness) as url, scripted(f"touch {cell.command}") as model:
            if url:
                target = place.hooks if self.process.url in place.hooks.read_text() else place.config
                if target.exists():
                    place.swap(target, self.process.url, url)
            program = str(self.programs / HARNESSES[place.harness].program)
            argv, more = run_of(place.harness, program, model.url)
            if place.harness == "codex" and "trusted" not in cell.name:
                argv.insert(2, "--dangerously-bypass-hook-trust")
            environment = {name: value for name, value in os.environ.items() if not name.startswith(_AGENTS)}
            environment |= {**more, "HOME": str(user), "PATH": f"{self.programs}:{os.environ['PATH']}"}
            over = threading.Event()
            person = threading.Thread(target=self._approve, args=(over,))
            if cell.approve:
                person.start()
            with (user / "said").open("w") as out:
                child = subprocess.Popen(
                    argv, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    start_new_session=True,
                )  # fmt: skip
                try:
                    child.wait(_PATIENCE_S)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, 9)
                    child.wait()
            over.set()
            if cell.approve:
                person.join()
            assert model.asked, (user / "said").read_text()[-2_000:]
            if not (work / cell.command).exists() and not model.heard:
                print(f"    nothing was heard of the call: {(user / 'said').read_text()[-300:]!r}")
        return (work / cell.command).exists()

    def _approve(self, over: threading.Event) -> None:
        """A person who says yes to whatever waits."""
        while not over.wait(0.2):
            _, answer = self.process.ask("GET", "/approvals", basic())
            for one in answer["approvals"]:
                if one["status"] == "pending":
                    body = json.dumps({"decision": "approve", "scope": "once"}).encode()
                    self.process.ask("POST", f"/approvals/{one['id']}/decision", basic(), body)


_AGENTS = ("CLAUDE", "CODEX", "GEMINI", "COPILOT", "ANTHROPIC", "OPENAI", "GOOGLE", "AGENT_SUDO_", "CURSOR", "XDG_")


@contextmanager
def answering(cell: Cell, harness: str) -> Iterator[str]:
    """Where something answers in the service's place; "" where the service does."""
    if cell.answer is None:
        yield ""
        return
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    if cell.answer == b"refused":
        listening.close()
        yield url
        return
    answer = answer_of(cell, harness)
    kept = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                kept.append(connection)
                if answer != b"silent":
                    connection.settimeout(5)
                    connection.recv(1_048_576)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                if listening.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield url
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in kept:
            connection.close()


def main(folder: Path, wanted: list[str]) -> int:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    programs = folder / "node_modules" / ".bin"
    found: dict[tuple[str, str], str] = {}
    wrong: list[str] = []

    def all_of(way: str) -> None:
        live.versions[way] = installed.version_of(str(programs / HARNESSES[way.partition(" ")[0]].program))
        for cell in CELLS:
            if way not in cell.of or (wanted and not any(one in f"{way}: {cell.name}" for one in wanted)):
                continue
            began = time.monotonic()
            ran = live.run(way, cell)
            found[cell.name, way] = (
                "did not run" if not ran else f"ran: {cell.open[way]}" if way in cell.open else "ran"
            )
            mark = ""
            if ran != (cell.runs or way in cell.open):
                wrong.append(f"{way}: {cell.name}")
                mark = "   <<< WRONG"
            print(f"{way:20} {cell.name:40} {ran!s:6} {time.monotonic() - began:5.1f} s{mark}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        live = Live(Path(temporary), programs)
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(all_of, reversed(WAYS)))
        finally:
            live.process.kill()
    print(f"{len(found)} cells, {len(wrong)} wrong", *wrong, sep="\n")
    if not wanted and not wrong:
        made = BEGIN + table(found, live.versions) + END
        PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: made, PAGE.read_text(), flags=re.DOTALL))
    return 1 if wrong else 0


def table(found: dict[tuple[str, str], str], versions: dict[str, str]) -> str:
    """The cells as the page shows them."""
    heads = [f"{way} {versions[way]}" for way in WAYS]
    lines = [f"| | {' | '.join(heads)} |", f"|---{'|---' * len(WAYS)}|"]
    for cell in CELLS:
        row = [found.get((cell.name, way), "–") for way in WAYS]
        lines.append(f"| {cell.name} | {' | '.join(row)} |")
    count = sum(one != "–" for one in found.values())
    opened = sum(one.startswith("ran:") for one in found.values())
    return "\n".join([*lines, "", f"{count} cells; {opened} cannot be closed by any hook.", ""])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
