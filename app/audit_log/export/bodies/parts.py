"""What the bodies of entries are made of."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from app.audit_log.canonical import MAX_INTEGER
from app.core.trust import TrustName

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
LogId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
PolicyDigest = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Whole = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Timestamp = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
Verdict: TypeAlias = Literal["ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY"]
Classification: TypeAlias = Literal["SAFE", "SENSITIVE", "CRITICAL", "BLOCKED"]
TrustLevel: TypeAlias = TrustName
Mode: TypeAlias = Literal["enforce", "monitor"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing stands in an entry that its schema does not know."""


class Body(Part, frozen=True, tag_field="type"):
    """What every entry says: its log, its number, the hash of the entry before, its time, the format's version."""

    log: LogId
    prev: Digest
    seq: Count
    ts: Timestamp
    v: Literal[1]


class Operator(Part, frozen=True):
    operator: str


class Agent(Part, frozen=True):
    agent: str
    key: str
    name: str | UnsetType = UNSET
    session: str | UnsetType = UNSET


class AgentInSession(Part, frozen=True):
    agent: str
    key: str
    session: str


class Commit(Part, frozen=True):
    """HMAC-SHA256 under the entry's salt of what stands beside the body and may be erased."""

    request: Digest


class Change(Body, frozen=True):
    """Something that an operator changed."""

    actor: Operator
