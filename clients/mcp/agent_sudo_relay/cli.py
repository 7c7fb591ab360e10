"""`agent-sudo-relay`: put the policy in front of an MCP server."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from agent_sudo_relay import __version__
from agent_sudo_relay.child import Child
from agent_sudo_relay.naming import checked_name, server_name, visible
from agent_sudo_relay.pins import Pins, state_folder
from agent_sudo_relay.remote import Remote
from agent_sudo_relay.running import Server, Terms, run, say
from agent_sudo_relay.serve.speech import Served, workspace
from agent_sudo_relay.speech import Stranger

# Clients give up after a minute.
_WAIT_S = 50.0
_TIMEOUT_S = 5.0


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    given = _parser().parse_args(words)
    try:
        code: int = given.do(given)
        return code
    except (OSError, ValueError) as bad:
        say(str(bad))
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agent-sudo-relay", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--wait", type=float, default=_WAIT_S, metavar="SECONDS", help="given to people to approve")
    asking.add_argument(
        "--timeout", type=float, default=_TIMEOUT_S, metavar="SECONDS", help="for the service to answer"
    )

    relaying = commands.add_parser("run", help="relay between an MCP client and a server", parents=[asking])
    relaying.add_argument("--name", help="what policies call the server: mcp:NAME/TOOL; else the program's name")
    relaying.add_argument(
        "--trust-results", action="append", default=[], metavar="TOOL", help="whose results lower no trust; * for any"
    )
    relaying.add_argument("--url", help="of a server that speaks streamable HTTP")
    relaying.add_argument(
        "--header", action="append", default=[], metavar="NAME=VARIABLE", help="sent to --url, from the environment"
    )
    relaying.add_argument("command", nargs="*", help="after --, what starts the server")
    relaying.set_defaults(do=_run)

    serving = commands.add_parser("serve", help="offer the files of a folder, a shell and fetching", parents=[asking])
    serving.add_argument("workspace", help="the folder")
    serving.set_defaults(do=_serve)

    accepting = commands.add_parser("accept", help="pin what a server now says of its tools, having looked at it")
    accepting.add_argument("name")
    accepting.set_defaults(do=_accept)
    return parser


def _run(given: argparse.Namespace) -> int:
    _needs_a_key()
    if bool(given.url) == bool(given.command):
        raise ValueError("Say what starts the server, agent-sudo-relay run -- COMMAND…, or --url where it is.")
    named = given.name or (urlsplit(given.url).hostname or "" if given.url else server_name(given.command))
    name = checked_name(named)
    headers = dict(_header(one) for one in given.header)

    async def start() -> Server:
        return Remote(given.url, headers) if given.url else await Child.start(given.command)

    speech = Stranger(name, given.trust_results, is_elsewhere=bool(given.url))
    return asyncio.run(run(name, speech, start, Terms(given.wait, given.timeout)))


def _serve(given: argparse.Namespace) -> int:
    _needs_a_key()
    root = workspace(given.workspace)
    if importlib.util.find_spec("mcp") is None:
        raise ValueError(
            "Serving needs the MCP SDK, which comes with the extra `serve`: pip install './clients/mcp[serve]'."
        )
    command = [sys.executable, "-I", "-m", "agent_sudo_relay.serve", root]
    # What another version of ours says of its tools is no change of theirs.
    pinned = f"serve-{__version__}"
    return asyncio.run(run(pinned, Served(root), lambda: Child.start(command), Terms(given.wait, given.timeout)))


def _needs_a_key() -> None:
    if not os.environ.get("AGENT_SUDO_KEY"):
        raise ValueError("There is no key: set AGENT_SUDO_KEY, and AGENT_SUDO_URL where the service is elsewhere.")


def _header(given: str) -> tuple[str, str]:
    # The value from the environment: what stands in a command line is read by every process of the machine.
    name, _, variable = given.partition("=")
    value = os.environ.get(variable)
    if not name or value is None:
        raise ValueError(f"--header {name}=VARIABLE: there is no such variable.")
    return name, value


def _accept(given: argparse.Namespace) -> int:
    pins = Pins(state_folder() / f"{checked_name(given.name)}.json")
    changed = pins.changed
    pins.accept()
    for name in changed:
        say(f"{visible(name)} is pinned as the server says it now")
    return 0
