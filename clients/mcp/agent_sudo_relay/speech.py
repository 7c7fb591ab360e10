"""How the doings of a server are told to the service: by which names, as done where, and what of it is believed."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_sudo_client import Call, Decision

from agent_sudo_relay.message import Message
from agent_sudo_relay.naming import asked_about, tool_name


class Speech(Protocol):
    """Of one server."""

    def asked_about(self, message: Message) -> Call:
        """The call that a message stands for. Raises ValueError where it is none."""

    def tool(self, name: str) -> str:
        """What policies call a tool of its."""

    def lowers(self, call: Call, decision: Decision | None) -> bool:
        """Whether what came back from a call may be from anywhere, so that it lowers the session's trust."""


@dataclass(frozen=True)
class Stranger:
    """A server of others. `trusted`: wildcards over its tools whose results are believed."""

    name: str
    trusted: Sequence[str] = ()
    is_elsewhere: bool = False

    def asked_about(self, message: Message) -> Call:
        """By names of its own."""
        call = asked_about(self.name, message)
        # INVARIANT: our folders are not those of a server on another machine: a path of its is not placed here.
        return call.with_(cwd="", home="") if self.is_elsewhere else call

    def tool(self, name: str) -> str:
        """Below its own name."""
        return tool_name(self.name, name)

    def lowers(self, call: Call, decision: Decision | None) -> bool:  # noqa: ARG002 - for who knows what its tools do
        """All but what is believed."""
        tool = (call.tool or "").partition("/")[2]
        return not any(fnmatch.fnmatchcase(tool, one) for one in self.trusted)
