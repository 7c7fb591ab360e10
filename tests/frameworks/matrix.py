"""docs/integrations/matrix.md: what becomes of a tool call, framework by framework, as their tests have seen it."""

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.homes import OPERATOR, PASSPHRASE, prepare
from tests.processes import start

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/integrations/matrix.md"
FRAMEWORKS = {
    "agent_framework": "Microsoft Agent Framework",
    "claude_agent": "Claude Agent SDK",
    "crewai": "CrewAI",
    "fastmcp": "FastMCP",
    "google_adk": "Google ADK",
    "langchain": "LangChain, LangGraph",
    "openai_agents": "OpenAI Agents SDK",
    "pydantic_ai": "Pydantic AI",
}
# The tests of kinds.py that write a cell, and their columns.
COLUMNS = {
    "allowed": "allowed",
    "denied": "denied",
    "approval": "needs a person",
    "edited": "a person edits it",
    "service_down": "service down",
    "service_slow": "service slow",
    "malformed_answer": "answer malformed",
    "hook_raises": "hook raises",
    "outside_any_session": "no session",
    "outcome": "how it went",
}
HEAD = """\
# What becomes of a tool call

Each cell is what a test with the framework itself saw (its real SDK, a scripted model, a real service);
`scripts/matrix` writes this page. *Told* means that the model is told why it did not run and what would be needed.
Where a framework *pauses*, its run ends in its own way of asking and goes on once a person has answered; where it
*waits*, the call is held open meanwhile. *How it went* is what the service hears of a tool that ran, and of one
that raised.

"""


def python(name: str) -> Path:
    """The Python that has the framework; it is there once `scripts/frameworks` has run."""
    return ROOT / ".venv-frameworks" / name / "bin/python"


@contextmanager
def service() -> Iterator[dict[str, str]]:
    """A service for these tests, as the environment names it."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        policy = (ROOT / "examples/frameworks/policy.yaml").read_text()
        home = prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}", policy=policy)
        process = start(home, folder / "serve.log")
        kept = {name: value for name, value in os.environ.items() if "AGENT_SUDO_" not in name and "PYTEST" not in name}
        try:
            yield {
                **kept,
                "AGENT_SUDO_URL": process.url,
                "AGENT_SUDO_KEY": home.key,
                "AGENT_SUDO_TEST_OPERATOR": OPERATOR,
                "AGENT_SUDO_TEST_PASSPHRASE": PASSPHRASE,
                "PYTHONPATH": str(ROOT / "clients/python"),
            }
        finally:
            process.kill()


def row(name: str, environment: dict[str, str], report: Path) -> str:
    """Run the tests with one framework; its line of the page."""
    options = [
        "--confcutdir=tests/frameworks",
        "--override-ini=filterwarnings=",
        "--timeout=60",
        f"--junitxml={report}",
    ]
    done = subprocess.run(
        [python(name), "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "tests/frameworks/kinds.py"],
        cwd=ROOT,
        env={**environment, "AGENT_SUDO_FRAMEWORK": name, "HOME": str(report.parent)},
        capture_output=True,
        text=True,
        timeout=270,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cells = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own report
        seen = {one.get("value") for one in case.iter("property") if one.get("name") == "cell"}
        cells[case.get("name", "").removeprefix("test_")] = " or ".join(sorted(filter(None, seen)))
    return _line([f"[{FRAMEWORKS[name]}]({name}.md)", *(cells[column] for column in COLUMNS)])


def page(rows: list[str]) -> str:
    """The whole page."""
    return HEAD + "".join([_line(["", *COLUMNS.values()]), _line(["---"] * (len(COLUMNS) + 1)), *rows])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    with service() as environment, tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page([row(name, environment, Path(folder) / f"{name}.xml") for name in FRAMEWORKS]))
