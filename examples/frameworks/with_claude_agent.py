"""Claude Agent SDK: a hook asks before each tool call.

The SDK, its hooks and its in-process MCP server are real. `Scripted` plays the command line's part of the protocol,
and the model's behind it. It runs the tool when a hook fails, which a real one would not do with these hooks.
"""

import asyncio
import json

import stage
from agent_sudo_client.frameworks.claude_agent import sudo_hooks
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, Transport, create_sdk_mcp_server, tool


class Scripted(Transport):
    """A command line whose model makes these calls."""

    def __init__(self, calls):
        self.calls, self.told, self.asked = calls, [], 0
        self.hooks, self.lines, self.answers = None, asyncio.Queue(), {}

    async def write(self, data):
        message = json.loads(data)
        if message["type"] == "control_request":
            self.hooks = message["request"].get("hooks") or self.hooks
            answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            if self.hooks:
                answer["response"]["hook_on_failure_supported"] = True
            self.lines.put_nowait({"type": "control_response", "response": answer})
        elif message["type"] == "control_response":
            self.answers.pop(message["response"]["request_id"]).set_result(message["response"])
        else:
            self.turn = asyncio.create_task(self.take_turn())

    async def take_turn(self):
        for call in self.calls:
            self.told.append(await self.use("mcp__office__send", call))
        self.lines.put_nowait(
            {"type": "result", "subtype": "success", "session_id": "1", "is_error": False, "result": "Done."}
            | {"duration_ms": 1, "duration_api_ms": 1, "num_turns": 1}
        )

    async def use(self, name, given):
        for said in await self.hook("PreToolUse", name, given):
            if said.get("permissionDecision") == "deny":
                return said["permissionDecisionReason"]
            given = said.get("updatedInput", given)
        _, server, function = name.split("__")
        about = {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "scripted", "version": "1"},
        }
        await self.rpc(server, method="initialize", id=1, params=about)
        await self.rpc(server, method="notifications/initialized")
        result = await self.rpc(server, method="tools/call", id=2, params={"name": function, "arguments": given})
        await self.hook("PostToolUseFailure" if result.get("isError") else "PostToolUse", name, given)
        return result["content"][0]["text"]

    async def hook(self, event, name, given):
        """What each of the hooks says."""
        asked = {"hook_event_name": event, "tool_name": name, "tool_input": given}
        hooks = [hook for matcher in self.hooks[event] for hook in matcher["hookCallbackIds"]]
        requests = [
            {"subtype": "hook_callback", "callback_id": hook, "input": asked, "tool_use_id": "1"} for hook in hooks
        ]
        answers = [await self.ask(**request) for request in requests]
        return [answer.get("response", {}).get("hookSpecificOutput", {}) for answer in answers]

    async def rpc(self, server, **message):
        answer = await self.ask(subtype="mcp_message", server_name=server, message={"jsonrpc": "2.0", **message})
        return answer["response"]["mcp_response"]["result"]

    async def ask(self, **request):
        self.asked += 1
        number = str(self.asked)
        self.answers[number] = asyncio.get_running_loop().create_future()
        self.lines.put_nowait({"type": "control_request", "request_id": number, "request": request})
        return await self.answers[number]

    async def read_messages(self):
        while (line := await self.lines.get()) is not None:
            yield line

    async def close(self):
        self.lines.put_nowait(None)

    async def connect(self):
        pass

    async def end_input(self):
        pass

    def is_ready(self):
        return True


def office(send):
    @tool("send", "Send a message.", {"to": str, "text": str})
    async def sending(given):
        return {"content": [{"type": "text", "text": send(**given)}]}

    return create_sdk_mcp_server("office", tools=[sending])


def parts(calls, send):
    """What the page's snippet takes for granted."""
    return {"transport": Scripted(calls), "office": office(send)}


async def run(calls, send, gate):
    options = ClaudeAgentOptions(mcp_servers={"office": office(send)}, hooks=sudo_hooks(gate))
    transport = Scripted(calls)
    async with ClaudeSDKClient(options, transport) as client:
        await client.query("Go on.")
        async for _ in client.receive_response():
            pass
    return transport.told


def converse(calls, send, gate):
    """What the model was told about each call."""
    return asyncio.run(run(calls, send, gate))


if __name__ == "__main__":
    stage.play(converse)
