"""What the database holds: its schema, people, keys, policy, workspaces, the log."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.checks.line import Line
from app.cli.failure import Failure
from app.cli.home import BEGIN, files_of
from app.cli.terminal import short

if TYPE_CHECKING:
    from app.settings import Settings
    from app.storage.database import Database

_CLOCK_OFF_S = 5.0
_SOON_S = 7 * 86_400


def examine(database: "Database", found: "Settings", last: int) -> Iterator[Line]:
    """Everything; `last` entries of the log are verified."""
    from app.data import data
    from app.storage.durability import durability
    from app.storage.migrate import SchemaError, is_pending

    try:
        if is_pending(database, data("migrations")):
            yield Line("FAIL", "database", "its schema is older than this version", "Start the service: it migrates.")
            return
    except SchemaError as error:
        yield Line("FAIL", "database", str(error), "Use the version of agent-sudo that wrote it, or a newer one.")
        return
    is_durable, said = durability(database)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    if is_durable:
        yield Line("OK", "database", f"{kind}, schema up to date, commits are durable ({said})")
    else:
        yield Line("FAIL", "database", f"{kind} may lose commits: {said}", "Decisions must be on the disk: turn it on.")
    yield _operators(database)
    yield _keys(database)
    yield _policy(database)
    yield from _proposal(database, found)
    yield _workspaces(database)
    yield _chain(database, last)
    yield _clock(database)


def _operators(database: "Database") -> Line:
    from app.storage.operators import all_operators

    with database.reading.connect() as connection:
        names = [one.name for one in all_operators(connection)]
    if not names:
        return Line("WARN", "operator", "nobody administers this home", "Run `agent-sudo init`.")
    return Line("OK", "operator", ", ".join(names))


def _keys(database: "Database") -> Line:
    from app.storage.keys import all_keys

    now = time.time()
    with database.reading.connect() as connection:
        live = [one for one in all_keys(connection) if one.revoked_at is None]
    good = [one for one in live if one.expires_at is None or one.expires_at / 1_000_000 > now]
    if not good:
        return Line("WARN", "keys", "no agent has a key that is good", "agent-sudo keys create AGENT")
    ending = [one for one in good if one.expires_at is not None and one.expires_at / 1_000_000 - now < _SOON_S]
    said = f"{len(good)} good, {len(live) - len(good)} expired"
    if ending:
        named = ", ".join(f"{one.id} of {one.agent}" for one in ending[:3])
        advice = "agent-sudo keys create AGENT, hand it over, then agent-sudo keys revoke the old one"
        return Line("WARN", "keys", f"{said}; ending within a week: {named}", advice)
    return Line("OK", "keys", said)


def _policy(database: "Database") -> Line:
    from app.core.policy.compile import compile_policy
    from app.core.policy.selftest import run_tests
    from app.core.policy.source import PolicyError
    from app.services.policies import unpack
    from app.storage.policies import policy_in_force_now

    with database.reading.connect() as connection:
        found = policy_in_force_now(connection)
    if found is None:
        return Line("FAIL", "policy", "none is in force", BEGIN)
    files = unpack(found.policy.files)
    try:
        policy = compile_policy(files)
    except PolicyError as error:
        return Line("FAIL", "policy", str(error.problems[0]), "Activate one that this version understands.")
    failed = run_tests(policy)
    said = f"{files[0].name} {short(found.policy.digest)}, {len(policy.rules.rules)} rules"
    if failed:
        return Line("WARN", "policy", f"{said}; {len(failed)} of its own tests fail", "agent-sudo policy check FILE")
    return Line("OK", "policy", f"{said}, its {len(policy.tests)} tests hold")


def _proposal(database: "Database", found: "Settings") -> Iterator[Line]:
    """A file is only a proposal: whoever edits it and forgets to activate it believes in rules that are not there."""
    from app.core.policy.source import PolicyError
    from app.services.policies import pack
    from app.storage.policies import policy_in_force_now

    if found.policy is None:
        return
    with database.reading.connect() as connection:
        in_force = policy_in_force_now(connection)
    try:
        digest = pack(files_of(found.policy))[0]
    except (Failure, PolicyError) as error:
        said = error.message if isinstance(error, Failure) else str(error.problems[0])
        yield Line("WARN", "policy file", said, f"agent-sudo policy check {found.policy}")
        return
    if in_force is not None and digest != in_force.policy.digest:
        said = f"{found.policy} says otherwise than the policy in force"
        yield Line("WARN", "policy file", said, f"agent-sudo policy activate {found.policy}")


def _workspaces(database: "Database") -> Line:
    from app.storage.workspaces import all_workspaces

    with database.reading.connect() as connection:
        roots = list(all_workspaces(connection))
    if not roots:
        said = "none: rules about $workspace apply nowhere, so agents are asked about every file"
        return Line("WARN", "workspace", said, "agent-sudo workspace set FOLDER …")
    # On a server the agents' folders need not be here; on this machine they should be there and hold no home.
    own = Path.home()
    for root in roots:
        if own.is_relative_to(root):
            said = f"{root} holds the whole home of {os.environ.get('USER') or 'this user'}"
            return Line("WARN", "workspace", said, "Name the projects' own folders: agent-sudo workspace set FOLDER …")
    return Line("OK", "workspace", ", ".join(roots))


def _chain(database: "Database", last: int) -> Line:
    from app.services.audit import Audit

    audit = Audit(database)
    report = audit.verify(last=last)
    if report.finding is not None:
        return Line("FAIL", "log", report.summary, "agent-sudo audit verify; keep a copy of the database first.")
    return Line("OK", "log", f"{audit.size()} entries, the last {min(last, audit.size())} {report.summary}")


def _clock(database: "Database") -> Line:
    from sqlalchemy import text

    from app.storage.entries import head

    with database.reading.connect() as connection:
        ahead = head(connection).last_ts_us / 1_000_000 - time.time()
        off = 0.0
        if not database.is_sqlite:
            there = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            off = float(there) - time.time()
    if abs(off) > _CLOCK_OFF_S:
        return Line("FAIL", "clock", f"{off:+.0f} s between the database and this machine", "Set the clocks (NTP).")
    if ahead > _CLOCK_OFF_S:
        advice = "Set this machine's clock (NTP); until it catches up, new entries bear the newest entry's time."
        return Line("FAIL", "clock", f"{ahead:.0f} s behind the newest entry", advice)
    return Line("OK", "clock", "not behind the log")
