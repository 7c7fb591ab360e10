"""What a client may do with a server, tried with the official one; the same things directly and through the relay."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client._transport import Transport

Seen = dict[str, Any]
Step = Callable[[Client], Awaitable[Any]]
_PATIENCE_S = 60.0


async def try_all(server: StdioServerParameters | str | Transport, era: str, steps: dict[str, Step]) -> Seen:
    """What comes of each step, and what the server wanted meanwhile."""
    wanted: list[str] = []

    async def sample(context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        wanted.append("sampling")
        content = types.TextContent(type="text", text=f"Said to {len(params.messages)}.")
        return types.CreateMessageResult(role="assistant", content=content, model="none")

    async def elicit(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        wanted.append("elicitation")
        return types.ElicitResult(action="accept", content={"name": "A"})

    async def roots(context: Any) -> types.ListRootsResult:
        wanted.append("roots")
        return types.ListRootsResult(roots=[])

    async def log(params: types.LoggingMessageNotificationParams) -> None:
        wanted.append("logging")

    seen: Seen = {}
    async with (
        asyncio.timeout(_PATIENCE_S),
        Client(
            server,
            mode=era,
            sampling_callback=sample,
            elicitation_callback=elicit,
            list_roots_callback=roots,
            logging_callback=log,
        ) as client,
    ):
        seen["version"] = client.protocol_version
        for name, step in steps.items():
            try:
                result = await step(client)
            except Exception as error:  # noqa: BLE001 - an error is something that works the same, too
                seen[name] = f"{type(error).__name__}: {error}"
            else:
                seen[name] = result.model_dump(mode="json") if hasattr(result, "model_dump") else result
        for kind in ("sampling", "elicitation", "roots"):
            seen[kind] = wanted.count(kind)
    return seen


def call(name: str, **arguments: Any) -> Step:
    return lambda client: client.call_tool(name, arguments)


async def _pages(client: Client) -> list[str]:
    found, cursor = [], None
    while True:
        page = await client.list_resources(cursor=cursor)
        found += [str(one.uri) for one in page.resources]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _progress(client: Client) -> list[Any]:
    heard: list[Any] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append([progress, total])

    result = await client.call_tool(
        "trigger-long-running-operation", {"duration": 0.2, "steps": 2}, progress_callback=hear
    )
    for _ in range(500):  # the client tells of what it has heard when it comes to it
        if len(heard) == 2:
            break
        await asyncio.sleep(0.01)
    return [heard, result.model_dump(mode="json")]


async def _cancel(client: Client) -> str:
    slow = client.call_tool("trigger-long-running-operation", {"duration": 30, "steps": 2}, read_timeout_seconds=0.2)
    try:
        await slow
    except Exception as error:  # noqa: BLE001 - how the client gives up is its own
        return type(error).__name__
    return "it did not end"


EVERYTHING: dict[str, Step] = {
    "tools/list": lambda client: client.list_tools(),
    "ping": lambda client: client.send_ping(),  # type: ignore[deprecated]  # of the old era
    "echo": call("echo", message="Hi \u2028 “there” \\ \n{%s}"),
    "structured": call("get-structured-content", location="New York"),
    "image": call("get-tiny-image"),
    "annotated": call("get-annotated-message", messageType="error", includeImage=True),
    "sum": call("get-sum", a=1.5, b=2),
    "wrong arguments": call("get-sum", a="x"),
    "no such tool": call("nothing"),
    "links": call("get-resource-links", count=3),
    "progress": _progress,
    "cancelling": _cancel,
    "logging level": lambda client: client.set_logging_level("error"),  # type: ignore[deprecated]  # of the old era
    "sampled": call("trigger-sampling-request", prompt="Hello", maxTokens=10),
    "elicited": call("trigger-elicitation-request"),
    "listed roots": call("get-roots-list"),
    "resources": _pages,
    "templates": lambda client: client.list_resource_templates(),
    "a resource": lambda client: client.read_resource("demo://resource/static/document/features.md"),
    "no such resource": lambda client: client.read_resource("demo://nothing"),
    "subscribing": lambda client: client.subscribe_resource("demo://resource/static/document/features.md"),  # type: ignore[deprecated]  # as above
    "prompts": lambda client: client.list_prompts(),
    "a prompt": lambda client: client.get_prompt("simple-prompt"),
    "a prompt with arguments": lambda client: client.get_prompt("args-prompt", {"city": "Ghent"}),
    "completion": lambda client: client.complete(
        types.PromptReference(type="ref/prompt", name="completable-prompt"), {"name": "department", "value": "E"}
    ),
}


def memory() -> dict[str, Step]:
    ann = {"name": "Ann", "entityType": "person", "observations": ["likes tea"]}
    return {
        "tools/list": lambda client: client.list_tools(),
        "create": call("create_entities", entities=[ann]),
        "observe": call("add_observations", observations=[{"entityName": "Ann", "contents": ["is here"]}]),
        "relate": call("create_relations", relations=[{"from": "Ann", "to": "Ann", "relationType": "knows"}]),
        "graph": call("read_graph"),
        "search": call("search_nodes", query="tea"),
        "open": call("open_nodes", names=["Ann"]),
        "delete": call("delete_entities", entityNames=["Ann"]),
        "left": call("read_graph"),
    }


def filesystem(folder: Path) -> dict[str, Step]:
    file = str(folder / "a.txt")
    return {
        "tools/list": lambda client: client.list_tools(),
        "allowed": call("list_allowed_directories"),
        "write": call("write_file", path=file, content="one\ntwo\n"),
        "read": call("read_text_file", path=file),
        "head": call("read_text_file", path=file, head=1),
        "several": call("read_multiple_files", paths=[file, file]),
        "edit": call("edit_file", path=file, edits=[{"oldText": "two", "newText": "three"}]),
        "directory": call("create_directory", path=str(folder / "b")),
        "list": call("list_directory", path=str(folder)),
        "tree": call("directory_tree", path=str(folder)),
        "move": call("move_file", source=file, destination=str(folder / "b/a.txt")),
        "search": call("search_files", path=str(folder), pattern="**/*.txt"),
        "outside": call("read_text_file", path="/etc/passwd"),
    }


TIME: dict[str, Step] = {
    "tools/list": lambda client: client.list_tools(),
    "convert": call("convert_time", source_timezone="UTC", time="12:30", target_timezone="Asia/Tokyo"),
    "no such zone": call("get_current_time", timezone="Nowhere/At_All"),
    "no such tool": call("nothing"),
}


def differences(direct: Seen, relayed: Seen) -> dict[str, tuple[Any, Any]]:
    """What did not come out the same."""
    names = direct.keys() | relayed.keys()
    texts = {name: (json.dumps(direct.get(name)), json.dumps(relayed.get(name))) for name in names}
    return {name: pair for name, pair in texts.items() if pair[0] != pair[1]}
