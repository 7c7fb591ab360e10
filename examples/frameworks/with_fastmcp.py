"""FastMCP: the server asks before it runs a tool for whoever calls it."""

import asyncio

import stage
from agent_sudo_client.frameworks.fastmcp import SudoMiddleware
from fastmcp import Client, FastMCP


async def run(calls, send, gate):
    server = FastMCP("office")
    server.tool(send)
    server.add_middleware(SudoMiddleware(gate))
    async with Client(server) as client:
        answers = [await client.call_tool("send", call, raise_on_error=False) for call in calls]
    return [answer.content[0].text for answer in answers]


def parts(_, __):
    """What the page's snippet takes for granted: nothing."""
    return {}


def converse(calls, send, gate):
    """What the calling program was told about each call."""
    return asyncio.run(run(calls, send, gate))


if __name__ == "__main__":
    stage.play(converse)
