"""OpenAI Agents SDK: a guardrail asks before each function call; with `pause` the run is interrupted and resumed."""

import asyncio
import json

import stage
from agent_sudo_client.frameworks.openai_agents import SudoGuard
from agents import Agent, Runner, RunState, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

set_tracing_disabled(True)


def scripted(calls):
    asks = [
        [function_call("send", arguments=json.dumps(call), call_id=f"call_{number}")]
        for number, call in enumerate(calls)
    ]
    return ScriptedModel([*asks, [assistant_message("Done.")]])


async def run(calls, send, gate, pause):
    guard = SudoGuard(gate, pause=pause is not None)
    agent = Agent("assistant", model=scripted(calls), tools=[guard(function_tool(send))])
    result = await Runner.run(agent, "Go on.")
    while result.interruptions:
        # Days may pass here: the state is a text.
        state = await RunState.from_string(agent, result.to_state().to_string())
        for item in state.get_interruptions():
            pause(guard.approval_id(item))
            state.approve(item)
        result = await Runner.run(agent, state)
    return [item.output for item in result.new_items if item.type == "tool_call_output_item"]


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate, pause=None):
    """What the model was told about each call. Where the run is interrupted, `pause` is told what it waits for."""
    return asyncio.run(run(calls, send, gate, pause))


if __name__ == "__main__":
    stage.play(converse)
