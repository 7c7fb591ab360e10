"""The tables, as SQLAlchemy Core sees them. Migrations make them; a test holds the two against each other.

Times are integers: microseconds since the epoch, UTC. Names are the identifiers: an agent, an operator.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()
# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = BigInteger().with_variant(Integer(), "sqlite")
LOG = 1  # the one log of this database; it is part of every key so that there may be more one day

audit_log = Table(
    "audit_log",
    METADATA,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),  # 16 hexadecimal digits, made once
    Column("size", I64, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("last_ts", I64, nullable=False),
    Column("min_index", I64, nullable=False, server_default=text("0")),
    Column("epoch", I64, nullable=False, server_default=text("0")),
    Column("session_epoch", I64, nullable=False, server_default=text("0")),
)

# `salt` and `payload` stand last so that scans of the chain need not read them; they alone may be erased.
audit_entry = Table(
    "audit_entry",
    METADATA,
    Column("log_id", Integer, ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
    Column("seq", I64, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("ts", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("agent", Text),
    Column("session", Text),
    Column("tool", Text),
    Column("decision", Text),
    Column("salt", LargeBinary),
    Column("payload", LargeBinary),
    Index("audit_entry_agent", "log_id", "agent", "seq"),
    # What a session was told and has seen.
    Index(
        "audit_entry_session",
        "log_id",
        "session",
        "type",
        "seq",
        sqlite_where=text("type IN ('session.prompted', 'session.observed')"),
        postgresql_where=text("type IN ('session.prompted', 'session.observed')"),
    ),
    # What people look for is what was not simply allowed, and it is the smaller part.
    Index(
        "audit_entry_not_allowed",
        "log_id",
        "decision",
        "seq",
        sqlite_where=text("decision <> 'ALLOW'"),
        postgresql_where=text("decision <> 'ALLOW'"),
    ),
)

agent = Table(
    "agent",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("created_at", I64, nullable=False),
    Column("owner", Text),  # an operator; NULL for an agent that is older than owners
    Column("scopes", Text, nullable=False, server_default=text("'[]'")),  # JSON
    Column("mode", Text, nullable=False, server_default=text("'enforce'")),
    Column("highest_trust", Text, nullable=False, server_default=text("'USER_DIRECT'")),
    Column("needs_session", Integer, nullable=False, server_default=text("0")),
)

agent_key = Table(
    "agent_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("agent", Text, ForeignKey("agent.name"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("may_explain", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_at", I64, nullable=False),
    Column("expires_at", I64),
    Column("revoked_at", I64),
    Column("also", Text, nullable=False, server_default=text("'[]'")),  # JSON: further agents that it may speak for
    Column("last_used_at", I64),
)

operator = Table(
    "operator",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("passphrase", Text, nullable=False),  # argon2id, in its own text form
    Column("created_at", I64, nullable=False),
    Column("disabled_at", I64),
)

# How often an operator's passphrase was wrong lately, by where the attempts came from.
sign_in_failure = Table(
    "sign_in_failure",
    METADATA,
    Column("operator", Text, ForeignKey("operator.name"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("failures", I64, nullable=False),
    Column("last_at", I64, nullable=False),
)

# The stop buttons that are pressed.
stop = Table(
    "stop",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),  # an agent, a wildcard over tools; "" for everything
    Column("reason", Text, nullable=False),
    Column("pressed_by", Text, nullable=False),
    Column("pressed_at", I64, nullable=False),
    UniqueConstraint("kind", "name", name="stop_kind_name"),
)

policy = Table(
    "policy",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("files", LargeBinary, nullable=False),  # JSON: the policy and all that it extends
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", I64, nullable=False),
)

# One row: the policy in force.
policy_in_force = Table(
    "policy_in_force",
    METADATA,
    Column("log_id", Integer, ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
    Column("digest", Text, ForeignKey("policy.digest"), nullable=False),
    Column("activated_by", Text, nullable=False),
    Column("activated_at", I64, nullable=False),
)

workspace = Table(
    "workspace",
    METADATA,
    Column("root", Text, primary_key=True),
    Column("added_by", Text, nullable=False),
    Column("added_at", I64, nullable=False),
)

# Which evaluations have reported how they went, and in which entry.
outcome = Table(
    "outcome",
    METADATA,
    Column("log_id", Integer, ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
    Column("evaluation", I64, primary_key=True, autoincrement=False),
    Column("entry", I64, nullable=False),
)

# `version` is the log's session epoch at the row's last change that a decision could feel.
session = Table(
    "session",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("agent", Text, ForeignKey("agent.name"), nullable=False),
    Column("key", Text, ForeignKey("agent_key.id"), nullable=False),
    Column("parent", Text, ForeignKey("session.id")),
    Column("root", Text, ForeignKey("session.id"), nullable=False),
    Column("labels", Text, nullable=False),  # a JSON list
    Column("created_at", I64, nullable=False),
    Column("expires_at", I64, nullable=False),
    Column("ended_at", I64),
    Column("trust", Integer, nullable=False),
    Column("prompts", Integer, nullable=False, server_default=text("0")),
    Column("observations", Integer, nullable=False, server_default=text("0")),
    Column("version", I64, nullable=False),
    Index("session_agent", "agent", "expires_at"),
    Index("session_agent_version", "agent", "version"),
    Index("session_expiry", "expires_at"),
    Index("session_root", "root"),
    Index("session_version", "version"),
)

# `issued`, `revoked` and `changed` are entries; the last one issued it, revoked it or took its last use.
delegation = Table(
    "delegation",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("parent", Text, ForeignKey("delegation.id")),
    Column("agent", Text, ForeignKey("agent.name"), nullable=False),
    Column("part", Text, nullable=False),  # the agent again, or the part of it that alone may use it
    Column("session", Text),
    Column("terms", Text, nullable=False),  # JSON
    Column("reason", Text, nullable=False),
    Column("critical", Integer, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("issued_role", Text, nullable=False),
    Column("issued_at", I64, nullable=False),
    Column("expires_at", I64, nullable=False),
    Column("max_uses", I64),
    Column("uses", I64, nullable=False, server_default=text("0")),
    Column("revoked_at", I64),
    Column("revoked_by", Text),
    Column("issued", I64, nullable=False),
    Column("revoked", I64),
    Column("changed", I64, nullable=False),
    Index("delegation_changed", "changed"),
    Index("delegation_agent", "agent", "issued"),
    Index("delegation_issued", "issued"),
)

# Which entries relied on a delegation.
delegation_use = Table(
    "delegation_use",
    METADATA,
    Column("delegation", Text, ForeignKey("delegation.id"), primary_key=True),
    Column("entry", I64, primary_key=True, autoincrement=False),
)

# What limits have counted: calls, or amounts in millionths, between two times (microseconds).
limit_use = Table(
    "limit_use",
    METADATA,
    Column("agent", Text, ForeignKey("agent.name"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("until", I64, primary_key=True, autoincrement=False),
    Column("since", I64, primary_key=True, autoincrement=False),
    Column("amount", I64, nullable=False),
)

# `asked`, `opened`, `decided` and `changed` are entries; the last one is that of its latest change.
approval = Table(
    "approval",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("agent", Text, ForeignKey("agent.name"), nullable=False),
    Column("key", Text, ForeignKey("agent_key.id"), nullable=False),
    Column("session", Text, ForeignKey("session.id")),
    Column("strong", Integer, nullable=False),
    Column("quorums", Text, nullable=False),  # JSON
    Column("trust", Integer, nullable=False),
    Column("tainted", Integer, nullable=False),
    Column("risk", Integer, nullable=False),
    Column("size", I64, nullable=False),  # of the arguments, in bytes
    Column("uses", I64),  # NULL: any number
    Column("used", I64, nullable=False, server_default=text("0")),
    Column("lasts", I64, nullable=False),  # once it is given, in microseconds
    Column("status", Text, nullable=False),
    Column("asked", I64, nullable=False),  # the decision that asked; where the request was not edited, `opened` too
    Column("opened", I64, nullable=False),
    Column("opened_at", I64, nullable=False),
    Column("expires_at", I64, nullable=False),
    Column("scope", Text),
    Column("valid_until", I64),  # NULL: as long as its session lives
    Column("decided", I64),
    Column("decided_at", I64),
    Column("decided_by", Text),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("edited_into", Text),  # the approval of the same request with other arguments
    Column("changed", I64, nullable=False),
    Index("approval_digest", "digest", "opened"),
    Index("approval_changed", "changed"),
    Index("approval_opened", "opened"),
    Index("approval_agent", "agent", "opened"),
    Index(
        "approval_pending",
        "agent",
        "expires_at",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index(
        "approval_waiting",
        "risk",
        "expires_at",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index(
        "approval_granted",
        "valid_until",
        sqlite_where=text("status = 'approved'"),
        postgresql_where=text("status = 'approved'"),
    ),
)

approval_vote = Table(
    "approval_vote",
    METADATA,
    Column("approval", Text, ForeignKey("approval.id"), primary_key=True),
    Column("operator", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("entry", I64, nullable=False),
)

# Which entries relied on an approval.
approval_use = Table(
    "approval_use",
    METADATA,
    Column("approval", Text, ForeignKey("approval.id"), primary_key=True),
    Column("entry", I64, primary_key=True, autoincrement=False),
)

# Operators signed in on the console's pages. Of both secrets only the digests are kept.
visit = Table(
    "visit",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operator.name"), nullable=False),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    Column("stands", LargeBinary, nullable=False),  # the digest of the passphrase's hash when it was opened
    Column("opened_at", I64, nullable=False),
    Column("expires_at", I64, nullable=False),
    Index("visit_operator", "operator", "opened_at"),
)

# How far each way to notify people has come: they were told of all approvals up to the one that `told` opened.
notice = Table("notice", METADATA, Column("channel", Text, primary_key=True), Column("told", I64, nullable=False))

# What the newest requests of an agent's key were, by the names that their clients gave them (`Idempotency-Key`).
replay = Table(
    "replay",
    METADATA,
    Column("key", Text, ForeignKey("agent_key.id"), primary_key=True),
    Column("name", LargeBinary, primary_key=True),  # SHA-256
    Column("place", I64, nullable=False),  # counts up: the newest are kept
    Column("seq", I64, nullable=False),
    Column("request", LargeBinary, nullable=False),  # SHA-256
    Column("answer", LargeBinary),  # NULL: it is not answered again
    Index("replay_place", "key", "place"),
)
