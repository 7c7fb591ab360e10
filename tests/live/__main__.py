"""The real coding agents against everything that can go wrong: `scripts/test --live`.

Each agent is set up by `agent-sudo setup` in a home of its own. A scripted model asks for one command, everything
that the agent would ask its user about is allowed beforehand, and then it is looked whether the command ran. So is
`verify-routing`, with the hooks and without. The table goes into docs/integrations/harnesses.md; the exit code is 1
when a cell came out otherwise than that page says.
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
from contextlib import contextmanager, suppress
from pathlib import Path

from app.cli.routing import installed
from app.cli.routing.gaps import open_in
from app.cli.routing.harness import HARNESSES, run_of
from app.cli.routing.model import scripted
from tests.cli.commands import SIGN_IN, Commands, Ran
from tests.homes import PASSPHRASE, basic, prepare
from tests.live.cells import ALLOWED, ASKED, CELLS, DENIED, WAYS, Cell, Place, answer_of
from tests.processes import Process, start

PAGE = Path(__file__).parents[2] / "docs" / "integrations" / "harnesses.md"
BEGIN, END = "<!-- made by scripts/test --live -->\n", "<!-- end -->\n"
POLICY = f"""\
version: 1
rules:
  - {{id: allowed, allow: shell, command: "touch {ALLOWED}"}}
  - {{id: denied, deny: shell, command: "touch {DENIED}", reason: This is never done.}}
  - {{id: canary, deny: shell, command: "agent-sudo *", reason: This is not the agent's to steer.}}
  - {{id: asked, ask: shell, command: "touch {ASKED}", reason: A person decides.}}
"""
_PATIENCE_S = 100.0
# An agent that waits for a hook for ever is waited for no longer than this: by then the others have long run it.
_ENDLESS_S = 20.0
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
        # Set once somebody has interrupted us, or one of the agents could not be tried: the others then end, too.
        self.over = threading.Event()
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
        arguments = ("setup", name, "--apply", "--agent", "coder", *more.split(), *SIGN_IN)
        ran = self._command(user, *arguments, stdin=f"{PASSPHRASE}\n")
        assert ran.code == 0, ran.err
        return Place(name, hooks, user / "ours" / "hooks")

    def outcome(self, way: str, cell: Cell) -> str:
        """What is seen in this cell, as the page says it."""
        place = self.set_up(way)
        if cell.fault is not None or cell.answer is not None:
            # What the user says would be stopped first, and then no tool would be tried.
            found = json.loads(place.hooks.read_text())
            found["hooks"] = {HARNESSES[place.harness].events[0]: found["hooks"][HARNESSES[place.harness].events[0]]}
            place.hooks.write_text(json.dumps(found, indent=2))
        if cell.fault is not None:
            cell.fault(place)
        if cell.verify:
            ran = self._command(place.user, "verify-routing", place.harness, "--json")
            return str(ran.document["agents"][0]["state"])
        if not self._runs(place, cell):
            return "did not run"
        return f"ran: it {why}" if (why := open_in(cell.name, way)) else "ran"

    def _runs(self, place: Place, cell: Cell) -> bool:
        """Whether the command ran."""
        work = place.user / "work"
        work.mkdir()
        with answering(cell, place.harness) as url, scripted(f"touch {cell.command}") as model:
            if url:
                target = place.hooks if self.process.url in place.hooks.read_text() else place.config
                if target.exists():
                    place.swap(target, self.process.url, url)
            program = str(self.programs / HARNESSES[place.harness].program)
            argv, more = run_of(place.harness, program, model.url)
            if place.harness == "codex" and cell.trusted:
                argv.insert(2, "--dangerously-bypass-hook-trust")
            environment = {name: value for name, value in os.environ.items() if not name.startswith(_AGENTS)}
            environment |= {**more, "HOME": str(place.user), "PATH": f"{self.programs}:{os.environ['PATH']}"}
            over = threading.Event()
            person = threading.Thread(target=self._approve, args=(over,))
            if cell.approve:
                person.start()
            with (place.user / "said").open("w") as out:
                child = subprocess.Popen(
                    argv, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    start_new_session=True,
                )  # fmt: skip
                try:
                    _wait(child, place, self.over)
                finally:
                    with suppress(ProcessLookupError):
                        os.killpg(child.pid, 9)
                    child.wait()
                    _end(place)
            over.set()
            if cell.approve:
                person.join()
            if self.over.is_set():
                raise KeyboardInterrupt
            assert model.asked, (place.user / "said").read_text()[-2_000:]
            ran = (work / cell.command).exists()
            if not ran and not model.heard and not place.begun.exists():
                print(f"    nothing was heard of the call: {(place.user / 'said').read_text()[-300:]!r}")
        return ran

    def _command(self, user: Path, *arguments: str, stdin: str = "") -> Ran:
        """Run the command line as this user."""
        settings = {
            "HOME": str(user),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "AGENT_SUDO_URL": self.process.url,
            "AGENT_SUDO_HOME": str(user / "ours"),
        }
        return Commands(user, settings).process(*arguments, stdin=stdin)

    def _approve(self, over: threading.Event) -> None:
        """A person who says yes to whatever waits."""
        while not over.wait(0.2):
            _, answer = self.process.ask("GET", "/approvals", basic())
            for one in answer["approvals"]:
                if one["status"] == "pending":
                    body = json.dumps({"decision": "approve", "scope": "once"}).encode()
                    self.process.ask("POST", f"/approvals/{one['id']}/decision", basic(), body)


_AGENTS = ("CLAUDE", "CODEX", "GEMINI", "COPILOT", "ANTHROPIC", "OPENAI", "GOOGLE", "AGENT_SUDO_", "CURSOR", "XDG_")


def _wait(child: "subprocess.Popen[bytes]", place: Place, over: threading.Event) -> None:
    """Until the agent is done, or has waited long enough for a hook that never ends."""
    until = time.monotonic() + _PATIENCE_S
    while child.poll() is None and time.monotonic() < until and not over.wait(0.1):
        if place.begun.exists():
            until = min(until, place.begun.stat().st_mtime - time.time() + time.monotonic() + _ENDLESS_S)


def _end(place: Place) -> None:
    """What an agent has started in a session of its own outlives it."""
    if place.begun.exists() and (process := place.begun.read_text()):
        with suppress(ProcessLookupError):
            os.kill(int(process), 9)


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
    start_at = time.monotonic()
    found: dict[tuple[str, str], str] = {}
    wrong: list[str] = []

    def is_wanted(way: str, cell: Cell) -> bool:
        return way in cell.of and (not wanted or any(one in f"{way}: {cell.name}" for one in wanted))

    cells = sum(is_wanted(way, cell) for way in WAYS for cell in CELLS)

    def all_of(way: str) -> None:
        live.versions[way] = installed.version_of(str(programs / HARNESSES[way.partition(" ")[0]].program))
        for cell in CELLS:
            if not is_wanted(way, cell) or live.over.is_set():
                continue
            began = time.monotonic()
            saw = found[cell.name, way] = live.outcome(way, cell)
            mark = ""
            if saw != cell.expected(way):
                wrong.append(f"{way}: {cell.name}")
                mark = f"   <<< expected: {cell.expected(way)}"
            took = time.monotonic() - began
            print(f"{len(found):3}/{cells} {way:18} {cell.name:52} {saw:12.12} {took:5.1f} s{mark}", flush=True)

    # What an agent has left running may still write there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        live = Live(Path(temporary), programs)
        try:
            with ThreadPoolExecutor(2) as pool:
                try:
                    list(pool.map(all_of, reversed(WAYS)))
                finally:
                    live.over.set()
        finally:
            live.process.kill()
    print(f"{len(found)} cells in {time.monotonic() - start_at:.0f} s, {len(wrong)} wrong", *wrong, sep="\n")
    if wanted:
        return 1 if wrong else 0
    made, page = BEGIN + table(found, live.versions) + END, PAGE.read_text()
    print(made)
    after = re.sub(f"{BEGIN}.*{END}", lambda _: made, page, flags=re.DOTALL)
    if wrong or after == page:
        return 1 if wrong else 0
    PAGE.write_text(after)
    print(f"{PAGE.name} said something else, and was written anew.")
    return 1


def table(found: dict[tuple[str, str], str], versions: dict[str, str]) -> str:
    """The cells as the page shows them."""
    heads = [f"{way} {versions[way]}" for way in WAYS]
    lines = [f"| | {' | '.join(heads)} |", f"|---{'|---' * len(WAYS)}|"]
    for cell in CELLS:
        row = [found.get((cell.name, way), "–") for way in WAYS]
        lines.append(f"| {cell.name} | {' | '.join(row)} |")
    count = sum(one != "–" for one in found.values())
    opened = sum(one.startswith("ran:") for one in found.values())
    summary = f"{count} cells; {opened} open, and `agent-sudo doctor` warns where it finds one of these."
    return "\n".join([*lines, "", summary, ""])


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
