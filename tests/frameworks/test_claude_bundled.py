"""The command line that the Claude Agent SDK brings along, the real one, asks by our hook before it calls a tool."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from agent_sudo_client import Client

from app.cli.routing import model
from tests.clients.person import a_person
from tests.frameworks.matrix import ROOT, python, service
from tests.homes import OPERATOR, PASSPHRASE, basic

TOOL = "mcp__office__send"
BUNDLED = list(python("claude_agent").parents[1].glob("lib/*/site-packages/claude_agent_sdk/_bundled/claude"))
_OTHERS = ("ANTHROPIC", "CLAUDE", "XDG_")


class Writing(model.ScriptedModel):
    """A model that writes to these people, one after another."""

    to: tuple[str, ...] = ()

    def answer(self, path: str, given: dict[str, Any]) -> list[tuple[str, Any]] | dict[str, Any]:
        self.heard.clear()
        answer = super().answer(path, given)
        heard = len(self.heard)
        if 0 < heard < len(self.to):
            # It would be content with one result; there is more to write.
            said = [one for one in given["messages"] if "tool_result" not in json.dumps(one["content"])]
            answer = super().answer(path, {**given, "messages": said})
        named = json.dumps(answer).replace('"Bash"', f'"{TOOL}"').replace("toolu_canary", f"toolu_{heard}")
        made: list[tuple[str, Any]] | dict[str, Any] = json.loads(named)
        return made

    def arguments(self, tool: str) -> dict[str, Any]:
        return {"to": self.to[min(len(self.heard), len(self.to) - 1)], "text": "Lunch is at one."}


def work(environment: dict[str, str], home: Path, *arguments: str) -> tuple[list[Any], list[str]]:
    """What was sent, and what the model was told."""
    with model.scripted("") as scripted:
        theirs = {
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": scripted.url,
            "ANTHROPIC_API_KEY": "canary",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
        }
        kept = {name: value for name, value in environment.items() if not name.startswith(_OTHERS)}
        done = subprocess.run(
            [python("claude_agent"), "tests/frameworks/bundled.py", *arguments],
            cwd=ROOT,
            env={**kept, **theirs},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), scripted.heard


@pytest.mark.skipif(not BUNDLED, reason="it is not set up: scripts/test --frameworks")
def test_the_real_command_line_runs_what_is_allowed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "ScriptedModel", Writing)
    with service() as environment:
        url, key = environment["AGENT_SUDO_URL"], environment["AGENT_SUDO_KEY"]
        operator = Client(url, key, operator=(OPERATOR, PASSPHRASE))
        monkeypatch.setattr(Writing, "to", ("staff", "press", "everyone"))
        edited = {"to": "everyone", "text": "Milder."}
        with operator, a_person(operator, "approve", arguments=edited):
            ran, told = work(environment, tmp_path)
        assert ran == [{"to": "staff", "text": "Lunch is at one."}, edited]
        assert "Sent to staff." in told[0]
        assert "Nobody writes to the press." in told[1]
        assert "Sent to everyone." in told[2]
        asking = Request(f"{url}/audit/entries?type=execution.result", headers=basic())  # noqa: S310 - our own service
        with urlopen(asking, timeout=30) as answer:  # noqa: S310 - as above
            assert len(json.load(answer)["entries"]) == 2  # how it went
        monkeypatch.setattr(Writing, "to", ("staff",))
        ran, told = work(environment, tmp_path, "down")
        assert ran == []
        assert "does not answer" in told[0]
