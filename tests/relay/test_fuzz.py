"""Whatever either side writes, the relay lives on, and nothing unjudged passes."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import Call, PermissionDenied
from agent_sudo_relay.gate import Gate, Permit
from agent_sudo_relay.lines import lines
from agent_sudo_relay.message import MalformedError, read, write
from agent_sudo_relay.naming import PASSING, asked_about, server_name, tool_name
from agent_sudo_relay.pins import Pins
from agent_sudo_relay.relay import Relay
from agent_sudo_relay.speech import Stranger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

bounded = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BOUND_TO_BE_JUDGED = ("tools/call", "resources/read", "prompts/get", "vendor/do", "sampling/createMessage")

texts = st.text(max_size=8) | st.sampled_from(
    ["method", "Method", "tools/call", "id", "name", "\r", "\u2028", "\ud800"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
methods = st.sampled_from([*BOUND_TO_BE_JUDGED, "ping", "tools/list", "notifications/progress", "initialize"]) | texts
bodies = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "2.0", "2.0", "1.0"])},
    optional={
        "id": st.integers(-3, 3) | texts | values,
        "method": methods,
        "params": st.dictionaries(
            st.sampled_from(["name", "Name", "arguments", "uri", "_meta"]) | texts, values, max_size=4
        ),
        "result": values,
        "error": values,
        "Method": methods,
    },
)


@st.composite
def wire(draw: st.DrawFn) -> bytes:
    """A message, mangled: pieces doubled, cut out, replaced, or put inside of another."""
    line = bytearray(json.dumps(draw(bodies), ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        at, to = sorted((draw(st.integers(0, len(line))), draw(st.integers(0, len(line)))))
        line[at:to] = draw(
            st.sampled_from([b"", b"\r", b",", b'"method":"tools/call",', b"{", b"\n", b"\xff", bytes(line[at:to]) * 2])
            | st.binary(max_size=6)
        )
    return bytes(line)


class Never(Gate):
    """Allows nothing, and remembers nothing."""

    def __init__(self) -> None:
        pass

    async def permit(self, call: Call, *_: Any) -> Permit:
        raise PermissionDenied("no")

    def saw(self, tool: str, source: str, content: bytes | None) -> None:
        pass


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs[::-1])


def readings(line: bytes) -> Iterator[Any]:
    """What programs might take a line for: by lines of their own, and with the first or last of two keys."""
    for part in re.split("[\r\n\x85\u2028\u2029]", line.decode(errors="replace")):
        for last in (True, False):
            try:
                yield json.loads(part, object_pairs_hook=dict if last else _first)
            except (ValueError, RecursionError):
                continue


def wants(body: Any) -> str:
    """The method that some program reads, whatever the case of its name."""
    found = [value for name, value in body.items() if name.casefold() == "method"] if isinstance(body, dict) else []
    return str(found[-1]) if found else "" if isinstance(body, dict) else "no message"


async def _relayed(written: bytes, folder: Path, *, by_client: bool) -> tuple[list[bytes], list[bytes]]:
    to_client: list[bytes] = []
    to_server: list[bytes] = []

    async def keep(where: list[bytes], line: bytes) -> None:
        where.append(line)

    relay = Relay(
        Stranger("odd", ["*"]),
        Never(),
        Pins(folder / "odd.json"),
        to_client=lambda line: keep(to_client, line),
        to_server=lambda line: keep(to_server, line),
        say=lambda _: None,
    )
    reader = asyncio.StreamReader()
    reader.feed_data(written)
    reader.feed_eof()
    async for line in lines(reader):
        await (relay.from_client(line) if by_client else relay.from_server(line))
    await relay.close()
    return to_client, to_server


@bounded
@given(st.lists(wire(), max_size=5), st.sampled_from([b"", b"\n"]))
def test_nothing_unjudged_passes_to_the_server(
    tmp_path_factory: pytest.TempPathFactory, sent: list[bytes], end: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    written = b"\n".join(sent) + end
    for line in asyncio.run(_relayed(written, folder, by_client=True))[1]:
        assert b"\n" not in line
        assert {wants(body) for body in readings(line)} <= PASSING


@bounded
@given(st.lists(wire(), max_size=5))
def test_nothing_unjudged_passes_to_the_client(tmp_path_factory: pytest.TempPathFactory, sent: list[bytes]) -> None:
    folder = tmp_path_factory.getbasetemp()
    for line in asyncio.run(_relayed(b"\n".join(sent) + b"\n", folder, by_client=False))[0]:
        for body in readings(line):
            assert wants(body) in ("", "ping", "roots/list") or wants(body).startswith("notifications/")


@bounded
@given(bodies)
def test_a_good_message_is_read_as_what_it_is(body: dict[str, Any]) -> None:
    try:
        message = read(write(body))
    except (MalformedError, ValueError):
        return
    assert message.body == body
    assert json.loads(message.line) == body


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=8), st.integers(1, 9))
def test_lines_come_whole_whatever_they_are_cut_into(sent: list[bytes], size: int) -> None:
    async def taken() -> list[bytes | None]:
        reader = asyncio.StreamReader()
        data = b"".join(line + b"\n" for line in sent) + b"half"
        for at in range(0, len(data), size):
            reader.feed_data(data[at : at + size])
        reader.feed_eof()
        return [line async for line in lines(reader, most=20)]

    assert asyncio.run(taken()) == [line if len(line) <= 20 else None for line in sent]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["npx", "-y", "@modelcontextprotocol/server-filesystem@1.2", "/x"], "server-filesystem"),
        (["uvx", "mcp-server-time"], "mcp-server-time"),
        (["/usr/bin/python3.11", "server.py"], "server"),
        (["node", "dist/index.js"], "index"),
        (["docker", "run", "-i", "--rm", "mcp/fetch"], "fetch"),
        (["./my-server"], "my-server"),
    ],
)
def test_a_server_is_called_by_what_it_is_started_with(command: list[str], name: str) -> None:
    assert server_name(command) == name


@pytest.mark.parametrize("command", [["./a__b"], ["./ä"], ["npx", "a b"], ["x/"]])
def test_a_name_that_policies_could_misread_is_refused(command: list[str]) -> None:
    with pytest.raises(ValueError, match="no name for a server"):
        server_name([*command[:-1], command[-1].replace("x/", "..")])


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_two_tools_share_a_name_and_none_has_that_of_a_method(one: str, other: str) -> None:
    assert (tool_name("a", one) == tool_name("a", other)) is (one == other)
    assert "/" not in tool_name("a", one).removeprefix("mcp:a/")
    for method in ("resources/read", "vendor/x"):
        message = read(write({"jsonrpc": "2.0", "id": 1, "method": method}))
        assert asked_about("a", message).tool != tool_name("a", one)
