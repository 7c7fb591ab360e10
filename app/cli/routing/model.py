"""A scripted model on loopback: to whichever coding agent asks, it answers that one shell command is to be run.

It speaks the four wire formats that the agents speak, as far as one tool call needs them. Once it is told what became
of the call it says that it is done.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LARGEST = 8 * 1_048_576
_SHELLS = ("exec_command", "shell_command", "shell", "local_shell", "bash", "run_shell_command", "Bash")


class ScriptedModel:
    """`heard` is what it was told of the call, `asked` whether anybody asked it anything."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.heard: list[str] = []
        self.asked = False
        self.url = ""

    def answer(self, path: str, given: dict[str, Any]) -> list[tuple[str, Any]] | dict[str, Any]:
        """The events of a stream, each with its name, or a document."""
        self.asked = True
        way = path.partition("?")[0]
        if way.endswith("/messages"):
            return _anthropic(self, given)
        if way.endswith("/responses"):
            return _responses(self, given)
        if way.endswith("/chat/completions"):
            return _chat(self, given)
        if "enerateContent" in way:
            return _gemini(self, way, given)
        return {"data": [], "models": [], "input_tokens": 1}

    def hears(self, results: list[Any]) -> bool:
        """Take note of results; whether there were any."""
        self.heard += [one if isinstance(one, str) else json.dumps(one) for one in results]
        return bool(results)

    def arguments(self, tool: str) -> dict[str, Any]:
        """The arguments with which `tool` runs the command."""
        if tool == "exec_command":
            return {"cmd": self.command}
        if tool in ("shell", "local_shell"):
            return {"command": ["bash", "-lc", self.command]}
        return {"command": self.command, "description": "Run a command"}


def _named(given: dict[str, Any], otherwise: str) -> str:
    tools = [one.get("function", one).get("name", one.get("type")) for one in given.get("tools", ())]
    return next((name for name in _SHELLS if name in tools), otherwise)


def _anthropic(model: ScriptedModel, given: dict[str, Any]) -> list[tuple[str, Any]] | dict[str, Any]:
    content = [part for one in given.get("messages", ()) if isinstance(one["content"], list) for part in one["content"]]
    is_done = model.hears([one.get("content") for one in content if one.get("type") == "tool_result"])
    if is_done or not given.get("tools"):
        block: dict[str, Any] = {"type": "text", "text": "Done."}
        begun: dict[str, Any] = {"type": "text", "text": ""}
        more = {"type": "text_delta", "text": "Done."}
    else:
        block = {"type": "tool_use", "id": "toolu_canary", "name": "Bash", "input": model.arguments("Bash")}
        begun = {**block, "input": {}}
        more = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    reason = "tool_use" if block["type"] == "tool_use" else "end_turn"
    message: dict[str, Any] = {
        "id": "msg_canary", "type": "message", "role": "assistant", "model": given.get("model", "m"),
        "content": [block],
        "stop_reason": reason, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip
    if not given.get("stream"):
        return message
    delta = {"stop_reason": reason, "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": begun},
        {"type": "content_block_delta", "index": 0, "delta": more},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return [(event["type"], event) for event in events]


def _responses(model: ScriptedModel, given: dict[str, Any]) -> list[tuple[str, Any]]:
    results = [one for one in given.get("input", ()) if str(one.get("type")).endswith("call_output")]
    if model.hears([one.get("output") for one in results]):
        text = {"type": "output_text", "text": "Done."}
        item: dict[str, Any] = {"type": "message", "role": "assistant", "id": "m_canary", "content": [text]}
    else:
        tool = _named(given, "shell")
        arguments = json.dumps(model.arguments(tool))
        item = {
            "type": "function_call", "id": "fc_canary", "call_id": "call_canary", "name": tool, "arguments": arguments,
        }  # fmt: skip
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_canary"}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "resp_canary", "output": [item], "usage": usage}},
    ]
    return [(str(event["type"]), event) for event in events]


def _chat(model: ScriptedModel, given: dict[str, Any]) -> list[tuple[str, Any]] | dict[str, Any]:
    is_done = model.hears([one.get("content") for one in given.get("messages", ()) if one.get("role") == "tool"])
    said: dict[str, Any] = {"role": "assistant", "content": "Done."}
    if not is_done and given.get("tools"):
        tool = _named(given, "bash")
        function = {"name": tool, "arguments": json.dumps(model.arguments(tool))}
        call = {"index": 0, "id": "call_canary", "type": "function", "function": function}
        said = {"role": "assistant", "content": None, "tool_calls": [call]}
    reason = "tool_calls" if "tool_calls" in said else "stop"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    whole = {"id": "chat_canary", "created": 1, "model": given.get("model", "m")}
    if not given.get("stream"):
        choice = {"index": 0, "message": said, "finish_reason": reason}
        return {**whole, "object": "chat.completion", "choices": [choice], "usage": usage}
    begun = {**whole, "object": "chat.completion.chunk"}
    return [
        ("", {**begun, "choices": [{"index": 0, "delta": said, "finish_reason": None}]}),
        ("", {**begun, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}),
        ("", "[DONE]"),
    ]


def _gemini(model: ScriptedModel, way: str, given: dict[str, Any]) -> list[tuple[str, Any]] | dict[str, Any]:
    parts = [part for one in given.get("contents", ()) for part in one.get("parts", ())]
    is_done = model.hears([one["functionResponse"].get("response") for one in parts if "functionResponse" in one])
    part: dict[str, Any] = {"text": "Done."}
    if "responseJsonSchema" in json.dumps(given.get("generationConfig", {})):
        # It asks itself who speaks next, and which model is to.
        part = {"text": json.dumps({"reasoning": "x", "next_speaker": "user", "model_choice": "flash"})}
    elif not is_done and given.get("tools"):
        part = {"functionCall": {"name": "run_shell_command", "args": model.arguments("run_shell_command")}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    document = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "canary"}
    return [("", document)] if "stream" in way else document


@contextmanager
def scripted(command: str) -> Iterator[ScriptedModel]:
    """A model that listens while the block runs."""
    model = ScriptedModel(command)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._send("application/json", b'{"data": [], "models": []}')

        def do_POST(self) -> None:
            try:
                given = json.loads(self._body())
            except ValueError:
                given = {}
            answer = model.answer(self.path, given)
            if isinstance(answer, dict):
                self._send("application/json", json.dumps(answer).encode())
            else:
                self._send("text/event-stream", b"".join(_event(name, data) for name, data in answer))

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST))
            body = b""
            while (size := int(self.rfile.readline(64), 16)) and len(body) < _LARGEST:
                body += self.rfile.read(size)
                self.rfile.readline(8)
            return body

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _event(name: str, data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()
