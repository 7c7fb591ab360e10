"""LangChain: a middleware asks before each tool call; with `pause` LangGraph interrupts while a person thinks."""

import stage
from agent_sudo_client.frameworks.langchain import SudoMiddleware
from langchain.agents import create_agent
from langchain.tools import tool
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command


class Scripted(GenericFakeChatModel):
    """Says what was written for it."""

    def bind_tools(self, *_, **__):
        return self


def scripted(calls):
    asks = [
        AIMessage("", tool_calls=[{"name": "send", "args": call, "id": f"call_{number}"}])
        for number, call in enumerate(calls)
    ]
    return Scripted(messages=iter([*asks, AIMessage("Done.")]))


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate, pause=None):
    """What the model was told about each call. Where the graph is interrupted, `pause` is told what it waits for."""
    agent = create_agent(
        scripted(calls),
        tools=[tool(send)],
        middleware=[SudoMiddleware(gate, pause=pause is not None)],
        checkpointer=InMemorySaver(),
    )
    thread = {"configurable": {"thread_id": "1"}}
    state = agent.invoke({"messages": [("user", "Go on.")]}, thread)
    while "__interrupt__" in state:
        pause(state["__interrupt__"][0].value["approval_id"])
        state = agent.invoke(Command(resume="Someone has answered."), thread)
    return [message.content for message in state["messages"] if isinstance(message, ToolMessage)]


if __name__ == "__main__":
    stage.play(converse)
