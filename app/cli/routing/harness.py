"""The coding agents that have hooks: where they keep them, which they are, and how they are run for a try."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

# Seconds. The service waits up to 50 for people, the command hook gives up after 58, and the system ends it after 62.
TIMEOUT_S = 70
# INVARIANT: where an agent runs the tool when its hook does not end in time, that time never comes: what stops a hook
# that has two deadlines of its own stops the agent with it. Longer than this some would not wait at all: they count
# milliseconds in 31 bits.
FOREVER_S = 2_000_000
OURS = "agent_sudo_hook.py"


class Harness(Struct, frozen=True):
    """One coding agent.

    program  what it is started by
    file     where it keeps the user's hooks, below their home
    events   those that are set up
    flat     its handlers stand in a list for each event; else in groups, each with what it matches
    timeout  how a handler says how long it may take
    more     what else stands in each handler
    root     what must stand in the file besides
    """

    name: str
    program: str
    file: str
    events: tuple[str, ...]
    timeout: tuple[str, int] = ("timeout", FOREVER_S)
    flat: bool = False
    word: str = "command"
    more: Mapping[str, Any] = {}
    root: Mapping[str, Any] = {}

    def handler(self, event: str, shim: "Shim") -> dict[str, Any]:
        """What runs the command hook on an event."""
        name, value = self.timeout
        return {**self.more, self.word: shim.command(self.name, event), name: value}


class Shim(Struct, frozen=True):
    """The command hook as it is set up: the interpreter, its file, and where it finds its configuration."""

    python: str
    file: Path
    config: Path

    def command(self, harness: str, event: str) -> str:
        words = (self.python, "-I", "-S", str(self.file), harness, event, str(self.config))
        # INVARIANT: an interpreter that is gone or is killed is a no as well, with a reason: most agents run the tool
        # at any other exit code than 2, and one of them at a 2 that says nothing.
        failed = "{ echo 'agent-sudo: not run: the hook failed.' >&2; exit 2; }"
        return f"{' '.join(map(shlex.quote, words))} || {failed}"


_COMMAND = {"type": "command"}
HARNESSES: Mapping[str, Harness] = {
    one.name: one
    for one in (
        Harness(
            "claude-code",
            "claude",
            ".claude/settings.json",
            ("PreToolUse", "PostToolUse", "PostToolUseFailure", "UserPromptSubmit"),
            more=_COMMAND | {"onFailure": "block"},
        ),
        Harness(
            "codex",
            "codex",
            ".codex/hooks.json",
            ("PreToolUse", "PostToolUse", "UserPromptSubmit"),
            more=_COMMAND,
        ),
        Harness(
            "gemini",
            "gemini",
            ".gemini/settings.json",
            ("BeforeTool", "AfterTool", "BeforeAgent"),
            timeout=("timeout", FOREVER_S * 1_000),
            more=_COMMAND | {"name": "agent-sudo"},
        ),
        Harness(
            "copilot",
            "copilot",
            ".copilot/hooks/agent-sudo.json",
            ("preToolUse", "postToolUse", "postToolUseFailure", "userPromptSubmitted"),
            timeout=("timeoutSec", FOREVER_S),
            flat=True,
            word="bash",
            more=_COMMAND,
            root={"version": 1},
        ),
        Harness(
            "cursor",
            "cursor-agent",
            ".cursor/hooks.json",
            (
                "preToolUse", "beforeShellExecution", "beforeMCPExecution", "beforeReadFile", "postToolUse",
                "postToolUseFailure", "afterShellExecution", "afterMCPExecution", "beforeSubmitPrompt",
            ),
            timeout=("timeout", TIMEOUT_S),
            flat=True,
            more={"failClosed": True},
            root={"version": 1},
        ),
    )
}  # fmt: skip


def run_of(name: str, program: str, url: str) -> tuple[list[str], dict[str, str]]:
    """The command and the environment by which an agent asks the model at `url` once.

    Everything that it would otherwise ask its user about is allowed beforehand: what stops it then is its hook.
    """
    say = "Run the command."
    if name == "claude-code":
        quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1"}
        return (
            [program, "-p", say, "--allowedTools", "Bash"],
            {**quiet, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "canary", "ANTHROPIC_AUTH_TOKEN": ""},
        )
    if name == "codex":
        provider = f'{{name="canary",base_url="{url}/v1",env_key="CANARY_KEY",wire_api="responses"}}'
        settings = ("model=gpt-5", "model_provider=canary", f"model_providers.canary={provider}")
        options = [part for one in settings for part in ("-c", one)]
        return (
            [
                program, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox",
                *options, say,
            ],
            {"CANARY_KEY": "canary"},
        )  # fmt: skip
    if name == "gemini":
        return (
            [program, "-m", "gemini-2.5-flash", "-p", say, "--approval-mode", "yolo"],
            {
                "GEMINI_API_KEY": "canary",
                "GOOGLE_GEMINI_BASE_URL": url,
                "GEMINI_CLI_TRUST_WORKSPACE": "true",
                "NO_BROWSER": "1",
            },
        )
    return (
        [program, "-p", say, "--allow-all-tools", "--trust-folder"],
        {
            "COPILOT_OFFLINE": "true",
            "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
            "COPILOT_MODEL": "gpt-4.1",
            "COPILOT_PROVIDER_API_KEY": "canary",
            "COPILOT_AUTO_UPDATE": "false",
        },
    )
