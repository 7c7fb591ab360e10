"""The words of a decision's input: the request as received, the call it stands for, the effects it would have.

Everything here is frozen. `ActionRequest` is what the caller said, `Call` is what we understood.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

# A name that people and terminals will see: short, one line, nothing that is invisible or turns its surroundings round.
# `(?!\n)$`: a plain `$` would let a last line feed pass.
NAME = r"^[^\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+(?!\n)$"
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NAME)]
Text = Annotated[str, Meta(max_length=65_536)]
Path = Annotated[str, Meta(max_length=4_096)]
Labels = Annotated[list[Name], Meta(max_length=64)]


class Provenance(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a request says that it comes from. Claims can lower trust; the key caps what they can reach."""

    origin_type: Name | None = None
    channel: Name | None = None
    authenticated: bool | None = None
    authentication_method: Name | None = None
    session_id: Name | None = None
    request_id: Name | None = None
    parent_request_id: Name | None = None
    delegation_chain: Labels = []


class ActionRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tool call, as its enforcement point describes it before it runs.

    Only `tool` or `action` is required. Whatever is missing is treated as the less trusted case.
    `home` and `cwd` are absolute POSIX paths on the machine where the tool would run; `resolved_target`
    is the real path of `target` there, links followed.
    """

    tool: Name | None = None
    action: Name | None = None
    target: Text | None = None
    arguments: dict[str, Any] = {}
    payload_summary: Text | None = None
    source: Name | None = None
    source_trust: Name | None = None
    provenance: Provenance = Provenance()
    risk_hints: Labels = []
    session_id: Name | None = None
    actor: Name | None = None
    scope: Name | None = None
    cwd: Path | None = None
    home: Path | None = None
    resolved_target: Path | None = None
    annotations: dict[str, Any] = {}
    dry_run: bool = False
    wait_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0

    @property
    def session(self) -> str | None:
        """The session that it names; earlier formats have it in the provenance."""
        return self.provenance.session_id if self.session_id is None else self.session_id


class EffectKind(StrEnum):
    """What a call would do to a resource."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    ACCESS = "access"  # reads or writes, not known which
    EXECUTE = "execute"
    RUN = "run"  # code of the project, by a program that is known to run such code
    NETWORK = "network"
    FETCH = "fetch"  # takes something from a host and sends nothing but its address
    LEAK = "leak"  # a secret in its own words would go to another machine
    PRIVILEGE = "privilege"
    PERSIST = "persist"
    MESSAGE = "message"
    PAY = "pay"
    CONFIGURE = "configure"
    CALL = "call"  # a tool of which only the name is known
    QUERY = "query"  # such a tool that changes nothing, by the word of a server that the policy trusts
    OPAQUE = "opaque"  # something that could not be understood


# Kinds whose resource is a path in a file system.
ON_PATHS = frozenset({EffectKind.READ, EffectKind.WRITE, EffectKind.DELETE, EffectKind.ACCESS, EffectKind.RUN})
# Kinds whose resource may be a path: a program can be named by one.
NAMES_PATHS = ON_PATHS | {EffectKind.EXECUTE}
# Kinds whose resource lies on another machine.
ON_HOSTS = frozenset({EffectKind.NETWORK, EffectKind.FETCH})
# Kinds after which the world is as it was before.
HARMLESS = frozenset({EffectKind.READ, EffectKind.QUERY})


class Effect(Struct, frozen=True):
    """One thing that the call would do.

    resource  a normalised path for the kinds `ON_PATHS`; else a program, a URL, a recipient, a tool's name,
              or, for `OPAQUE`, the part that was not understood and why
    via       the words that cause it, as the request wrote them
    added_by  the flag or redirection that adds this effect to what its command does by nature ("" = by nature)
    command   index into `Call.commands`, or -1 when no shell command stands behind it
    """

    kind: EffectKind
    resource: str
    via: str = ""
    added_by: str = ""
    command: int = -1


class Command(Struct, frozen=True):
    """One simple command of a shell line, its words, one at least, after quotes and escapes.

    A word whose value cannot be known keeps its source text, and an `OPAQUE` effect stands beside it.
    A wrapper (`sudo`, `env`, `bash -c`) is a command of its own, followed by the command that it runs. `globs`: some
    word holds wildcards that a shell would expand, so that it may become several words. `under`: index of the command
    that runs it, or -1. `idle`: it runs no program, it only assigns or redirects, and stands as it was written.
    """

    words: tuple[str, ...]
    wrapper: bool = False
    globs: bool = False
    under: int = -1
    idle: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Call(Struct, frozen=True):
    """A request understood: canonical tool names, commands, effects.

    There are several names when tool and action contradict each other or a name can be read in two ways; a rule that
    loosens must then match all. `heard` are the names as the request spoke them, where they are others: only rules
    that tighten hear them.
    """

    names: tuple[str, ...]
    arguments: Mapping[str, Any]
    effects: tuple[Effect, ...]
    commands: tuple[Command, ...] = ()
    heard: tuple[str, ...] = ()
