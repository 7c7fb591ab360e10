"""One tool call, as it is put to the service."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

from agent_sudo_client.errors import PermissionDenied

if TYPE_CHECKING:
    from typing_extensions import Unpack


class About(TypedDict, total=False):
    """What may be said of a call besides its tool and its arguments; see docs/http-api.md."""

    action: str
    target: str
    resolved_target: str
    payload_summary: str
    source: str
    source_trust: str
    risk_hints: Sequence[str]
    provenance: Mapping[str, Any]
    annotations: Mapping[str, Any]
    session_id: str
    actor: str
    scope: str
    cwd: str
    home: str


@dataclass(frozen=True)
class Call:
    """One tool call. Where it would happen, `cwd` and `home`, is filled in when it is sent."""

    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    action: str | None = None
    target: str | None = None
    resolved_target: str | None = None
    payload_summary: str | None = None
    source: str | None = None
    source_trust: str | None = None
    risk_hints: Sequence[str] | None = None
    provenance: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] | None = None
    session_id: str | None = None
    actor: str | None = None
    scope: str | None = None
    cwd: str | None = None
    home: str | None = None

    def with_(self, **more: Unpack[About]) -> Call:
        """The same call, with more said about it."""
        return replace(self, **more)

    def document(self, *, dry_run: bool = False, wait_ms: int = 0) -> dict[str, Any]:
        """What is sent."""
        given = {name: value for name in _NAMES if (value := getattr(self, name)) is not None}
        given.setdefault("cwd", _cwd())
        given.setdefault("home", os.path.expanduser("~"))
        if dry_run:
            given["dry_run"] = True
        if wait_ms:
            given["wait_ms"] = wait_ms
        return given


_NAMES = tuple(one.name for one in fields(Call))


def call(tool: str | Call, arguments: Mapping[str, Any] | None, more: About) -> Call:
    """A call, from what `evaluate` and its fellows take."""
    made = tool if isinstance(tool, Call) else Call(tool)
    if arguments is not None:
        made = replace(made, arguments=arguments)
    return made.with_(**more) if more else made


def real_path(path: str | os.PathLike[str]) -> str:
    """Where a path leads, links followed."""
    return os.path.realpath(os.path.expanduser(path))


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        # INVARIANT: a place that is gone is sent as one where nothing lies.
        raise PermissionDenied("The working directory is gone.", code="no_cwd") from None
