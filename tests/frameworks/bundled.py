"""Lets the command line that the Claude Agent SDK brings along work; run in that framework's environment.

Where its argument is `down`, the service goes away before. What ran is written as JSON.
"""

import asyncio
import importlib
import json
import socket
import sys
from pathlib import Path
from typing import Any

from agent_sudo_client import Agent
from agent_sudo_client.frameworks.claude_agent import sudo_hooks
from agent_sudo_client.frameworks.gate import Gate

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/frameworks"))
example = importlib.import_module("with_claude_agent")


async def run(*, is_down: bool) -> list[dict[str, Any]]:
    """What was sent."""
    ran: list[dict[str, Any]] = []

    def send(to: str, text: str) -> str:
        ran.append({"to": to, "text": text})
        return f"Sent to {to}."

    options = example.ClaudeAgentOptions(
        mcp_servers={"office": example.office(send)},
        hooks=sudo_hooks(Gate(wait=60)),
        # Without the hook, all of it would run.
        allowed_tools=["mcp__office__send"],
        setting_sources=[],
    )
    agent = Agent("coder")
    async with agent.start_session(prompt="Write to the staff.") as session:
        if is_down:
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
            gone = Agent("coder", url=f"http://127.0.0.1:{port}", key="asudo_x")
            session._kept = asyncio.get_running_loop(), gone.async_client()
        async with example.ClaudeSDKClient(options) as client:
            await client.query("Go on.")
            async for _ in client.receive_response():
                pass
    agent.client.close()
    return ran


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(is_down=sys.argv[1:] == ["down"]))))
