"""A home: the first entry of its log, its first policy, its first operator and agent."""

from msgspec import Struct

from app.audit_log.chain import LOG_CREATED
from app.audit_log.entry import draft
from app.core.policy.compile import File, compile_policy
from app.core.trust import KeyKind
from app.services.agents import checked_name
from app.services.desk import SYSTEM
from app.services.errors import ConflictError, InvalidError
from app.services.keys import NewKey, mint
from app.services.passphrases import hash_passphrase
from app.services.policies import pack
from app.storage import entries, operators
from app.storage.agents import AddAgent, Traits
from app.storage.command import Command, RaiseEpoch, Result, Stale
from app.storage.database import Database, UnavailableError
from app.storage.operators import AddOperator, NoOperator
from app.storage.policies import AddPolicy, PolicyInForceIs, PutInForce
from app.storage.writer import Writer


class FirstAgent(Struct, frozen=True):
    """What `init` gives away once: who administers, and the first agent's key."""

    operator: str
    key: NewKey


def found(database: Database, writer: Writer, policy: tuple[File, ...], version: str) -> bool:
    """Begin the log and put the first policy in force; False when that has happened before. Raises PolicyError."""
    compile_policy(policy)
    digest, stored = pack(policy)
    log = _log(database)
    actor = {"operator": SYSTEM}
    command = Command(
        (
            draft(LOG_CREATED, {"actor": actor, "data": {"software": f"agent-sudo {version}"}}, log=log),
            draft("policy.activated", {"actor": actor, "data": {"policy": digest, "previous": None}}, log=log),
        ),
        (PolicyInForceIs(None),),
        (AddPolicy(digest, stored, SYSTEM), PutInForce(digest, SYSTEM, first=True)),
    )
    return not isinstance(_written(writer, command), Stale)


def has_operator(database: Database) -> bool:
    """Whether anybody administers this home yet."""
    with database.read() as connection:
        return bool(operators.all_operators(connection))


def initialise(
    database: Database, writer: Writer, operator: str, passphrase: str, agent: str, kind: KeyKind
) -> FirstAgent:
    """Create the first operator, an agent and its key, all or nothing. Raises InvalidError, ConflictError."""
    log = _log(database)
    key, add_key = mint(checked_name(agent), kind, may_explain=kind == "pep", expires_at=None)
    if operator == SYSTEM:
        raise InvalidError("invalid_name", f"{SYSTEM!r} is the service itself.")
    actor = {"operator": checked_name(operator)}
    command = Command(
        (
            draft("operator.created", {"actor": actor, "data": {"operator": operator, "role": "admin"}}, log=log),
            draft(
                "agent.created",
                {"actor": actor, "data": {"agent": agent, "description": "", "owner": operator}},
                log=log,
            ),
            draft(
                "key.created",
                {"actor": actor, "data": {"agent": agent, "key": key.id, "kind": kind}},
                log=log,
            ),
        ),
        (NoOperator(),),
        (
            AddOperator(operator, "admin", hash_passphrase(passphrase)),
            AddAgent(agent, Traits(owner=operator)),
            add_key,
            RaiseEpoch(),
        ),
    )
    if isinstance(_written(writer, command), Stale):
        raise ConflictError("already_initialised", "This home has an operator already; ask them for an agent's key.")
    return FirstAgent(operator, key)


def _log(database: Database) -> str:
    with database.read() as connection:
        return entries.head(connection).log


def _written(writer: Writer, command: Command) -> Result:
    result = writer.commit([command])[0]
    if isinstance(result, UnavailableError):
        raise result
    return result
