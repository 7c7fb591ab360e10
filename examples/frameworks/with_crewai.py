"""CrewAI: hooks ask before each tool call of every crew."""

import os

os.environ.update({"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false", "OTEL_SDK_DISABLED": "true"})

import json
from typing import Any

import stage
from agent_sudo_client.frameworks.crewai import sudo_hooks
from crewai import Agent, BaseLLM, Crew, Task
from crewai.tools import tool
from pydantic import Field


class Scripted(BaseLLM):
    """Says what was written for it, and keeps what it was told."""

    calls: list[dict[str, Any]]
    told: list[str] = Field(default_factory=list)

    def call(self, messages, *_, **__):
        self.told[:] = [message["content"] for message in messages if message["role"] == "tool"]
        if not self.calls:
            return "Done."
        ask = {"name": "send", "arguments": json.dumps(self.calls.pop(0))}
        return [{"id": f"call_{len(self.calls)}", "type": "function", "function": ask}]

    def supports_function_calling(self):
        return True


def scripted(calls):
    return Scripted(model="scripted", calls=list(calls))


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate):
    """What the model was told about each call."""
    model = scripted(calls)
    agent = Agent(role="assistant", goal="to help", backstory="None.", llm=model, tools=[tool(send)])
    task = Task(description="Go on.", expected_output="A word.", agent=agent)
    with sudo_hooks(gate):
        Crew(agents=[agent], tasks=[task]).kickoff()
    return model.told


if __name__ == "__main__":
    stage.play(converse)
