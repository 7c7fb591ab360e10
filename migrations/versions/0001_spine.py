"""The log, agents with keys, operators, policies, workspaces, outcomes."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = ("log_id", "seq", "hash", "body", "ts", "type", "agent", "session", "tool", "decision")


def upgrade() -> None:
    _tables()
    # The head of an empty log, under a name of its own. From here on only the ledger writes.
    op.get_bind().execute(
        sa.text("INSERT INTO audit_log (log_id, name, size, head, last_ts) VALUES (1, :name, 0, :genesis, 0)"),
        {"name": secrets.token_hex(8), "genesis": bytes(32)},
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgres_triggers()


def _table(name, *parts):
    op.create_table(name, *parts, sqlite_strict=True)


def _tables():
    _table(
        "audit_log",
        sa.Column("log_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("size", I64, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("last_ts", I64, nullable=False),
        sa.Column("min_index", I64, nullable=False, server_default=sa.text("0")),
        sa.Column("epoch", I64, nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("length(head) = 32", name="audit_log_head"),
    )
    _table(
        "audit_entry",
        sa.Column("log_id", sa.Integer, sa.ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
        sa.Column("seq", I64, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("session", sa.Text),
        sa.Column("tool", sa.Text),
        sa.Column("decision", sa.Text),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("payload", sa.LargeBinary),
        sa.CheckConstraint("length(hash) = 32", name="audit_entry_hash"),
        sa.CheckConstraint("length(body) BETWEEN 2 AND 65535", name="audit_entry_body"),
        sa.CheckConstraint("(salt IS NULL) = (payload IS NULL)", name="audit_entry_payload"),
    )
    op.create_index("audit_entry_agent", "audit_entry", ["log_id", "agent", "seq"])
    op.create_index(
        "audit_entry_not_allowed",
        "audit_entry",
        ["log_id", "decision", "seq"],
        sqlite_where=sa.text("decision <> 'ALLOW'"),
        postgresql_where=sa.text("decision <> 'ALLOW'"),
    )
    _table(
        "agent",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", I64, nullable=False),
    )
    _table(
        "agent_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, sa.ForeignKey("agent.name"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("may_explain", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", I64, nullable=False),
        sa.Column("expires_at", I64),
        sa.Column("revoked_at", I64),
        sa.CheckConstraint("kind IN ('pep', 'agent')", name="agent_key_kind"),
    )
    _table(
        "operator",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("passphrase", sa.Text, nullable=False),
        sa.Column("created_at", I64, nullable=False),
        sa.CheckConstraint("role IN ('admin', 'approver', 'auditor')", name="operator_role"),
    )
    _table(
        "policy",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("files", sa.LargeBinary, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", I64, nullable=False),
    )
    _table(
        "policy_in_force",
        sa.Column("log_id", sa.Integer, sa.ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, sa.ForeignKey("policy.digest"), nullable=False),
        sa.Column("activated_by", sa.Text, nullable=False),
        sa.Column("activated_at", I64, nullable=False),
    )
    _table(
        "workspace",
        sa.Column("root", sa.Text, primary_key=True),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", I64, nullable=False),
    )
    _table(
        "outcome",
        sa.Column("log_id", sa.Integer, sa.ForeignKey("audit_log.log_id"), primary_key=True, autoincrement=False),
        sa.Column("evaluation", I64, primary_key=True, autoincrement=False),
        sa.Column("entry", I64, nullable=False),
    )


# The triggers are a guard rail against mistakes; what proves that nothing changed is the chain.


def _sqlite_triggers():
    op.execute(
        f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE OF {', '.join(KEPT)} ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_only_erase BEFORE UPDATE OF salt, payload ON audit_entry "
        "WHEN NEW.salt IS NOT NULL OR NEW.payload IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'a payload can only be erased'); END"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
        "WHEN OLD.seq >= (SELECT min_index FROM audit_log WHERE log_id = OLD.log_id) "
        "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
    )


def _postgres_triggers():
    new, old = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("NEW", "OLD"))
    op.execute(
        "CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' THEN "
        f"IF ({new}) IS DISTINCT FROM ({old}) "
        "OR NEW.salt IS NOT NULL OR NEW.payload IS NOT NULL "
        "THEN RAISE EXCEPTION 'audit_entry is append-only'; END IF; RETURN NEW; "
        "ELSIF TG_OP = 'DELETE' THEN "
        "IF OLD.seq >= (SELECT min_index FROM audit_log WHERE log_id = OLD.log_id) "
        "THEN RAISE EXCEPTION 'audit_entry is append-only'; END IF; RETURN OLD; "
        "ELSE RAISE EXCEPTION 'audit_entry is append-only'; END IF; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_rows BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()"
    )
