"""Pydantic AI: a capability asks before each tool call; with `pause` calls are deferred while a person thinks."""

import asyncio

import stage
from agent_sudo_client.frameworks.pydantic_ai import SudoCapability
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel


def scripted(calls):
    asks = iter(
        [
            *(ToolCallPart("send", call, tool_call_id=f"call_{number}") for number, call in enumerate(calls)),
            TextPart("Done."),
        ]
    )
    return FunctionModel(lambda _messages, _info: ModelResponse([next(asks)]))


async def run(calls, send, gate, pause):
    agent = Agent(
        scripted(calls),
        tools=[send],
        capabilities=[SudoCapability(gate, pause=pause is not None)],
        output_type=[str, DeferredToolRequests],
    )
    result = await agent.run("Go on.")
    while isinstance(result.output, DeferredToolRequests):
        waiting = result.output
        for call in waiting.approvals:
            pause(waiting.metadata[call.tool_call_id]["approval_id"])
        results = waiting.build_results(approve_all=True)
        result = await agent.run(message_history=result.all_messages(), deferred_tool_results=results)
    return [
        part.content
        for message in result.all_messages()
        for part in message.parts
        if isinstance(part, ToolReturnPart) and part.tool_name == "send"
    ]


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate, pause=None):
    """What the model was told about each call. Where calls are deferred, `pause` is told what they wait for."""
    return asyncio.run(run(calls, send, gate, pause))


if __name__ == "__main__":
    stage.play(converse)
