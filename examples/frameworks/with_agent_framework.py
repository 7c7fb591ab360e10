"""Microsoft Agent Framework: a middleware asks before each function call; with `pause` the run asks its caller."""

import asyncio

import stage
from agent_framework import (
    Agent,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)
from agent_sudo_client.frameworks.agent_framework import SudoMiddleware


class Scripted(FunctionInvocationLayer, BaseChatClient):
    """Says what was written for it."""

    def __init__(self, contents):
        super().__init__()
        self.contents = contents

    async def _inner_get_response(self, **_):
        return ChatResponse(messages=[Message(role="assistant", contents=[self.contents.pop(0)])])


def scripted(calls):
    asks = [Content.from_function_call(f"call_{number}", "send", arguments=call) for number, call in enumerate(calls)]
    return Scripted([*asks, Content.from_text("Done.")])


async def run(calls, send, gate, pause):
    middleware = [SudoMiddleware(gate, pause=pause is not None)]
    agent = Agent(client=scripted(calls), tools=[tool(send)], middleware=middleware)
    session = agent.create_session()
    response = await agent.run("Go on.", session=session)
    told = [*response.messages]
    while response.user_input_requests:
        for request in response.user_input_requests:
            pause(request.additional_properties.get("approval_id"))
        answers = [request.to_function_approval_response(approved=True) for request in response.user_input_requests]
        response = await agent.run(Message(role="user", contents=answers), session=session)
        told += response.messages
    results = {one.call_id: one.result for message in told for one in message.contents if one.type == "function_result"}
    return list(results.values())


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate, pause=None):
    """What the model was told about each call. Where the run asks its caller, `pause` is told what it waits for."""
    return asyncio.run(run(calls, send, gate, pause))


if __name__ == "__main__":
    stage.play(converse)
