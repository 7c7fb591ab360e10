"""What the doctor looks at, one function a matter. Reads only, and one matter's failure hides no other."""

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, structs

from app.cli.failure import Failure
from app.cli.home import BEGIN, has_home, reading
from app.cli.service import default_url
from app.cli.terminal import short

if TYPE_CHECKING:
    from app.settings import Settings
    from app.storage.database import Database

State = Literal["OK", "WARN", "FAIL"]
_CLOCK_OFF_S = 5.0
_NO_LOGIN = ("nologin", "false")


class Line(Struct, frozen=True):
    """One finding; `advice` says what to do where something is to be done."""

    state: State
    name: str
    said: str
    advice: str = ""

    def wire(self) -> dict[str, str]:
        return structs.asdict(self)


def examine(found: "Settings", url: str, last: int) -> list[Line]:
    """Look at everything; `last` entries of the log are verified."""
    lines = [_python(), _home(found), *_user(found)]
    if not has_home(found):
        return [*lines, Line("FAIL", "database", "there is none yet", BEGIN), _service(found, url)]
    try:
        with reading(found) as database:
            lines += _database(database, last)
    except Failure as failure:
        lines.append(Line("FAIL", "database", failure.message, failure.hint))
    return [*lines, _service(found, url)]


def _python() -> Line:
    return Line("OK", "python", ".".join(map(str, sys.version_info[:3])))


def _home(found: "Settings") -> Line:
    path = found.home_path
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        state: State = "WARN" if found.database_url else "FAIL"
        return Line(state, "home", f"{path} does not exist", "Run `agent-sudo init`.")
    except OSError as error:
        return Line("FAIL", "home", f"{path}: {error.strerror}", "Run the doctor as the user that the service runs as.")
    if mode & 0o077:
        return Line("FAIL", "home", f"{path} is open to others ({mode:04o})", f"chmod 0700 {path}")
    return Line("OK", "home", f"{path} is private ({mode:04o})")


def _user(found: "Settings") -> Iterator[Line]:
    """Law 6: who shares the service's user id can go round it."""
    import pwd

    path = found.home_path
    if not path.exists():
        return
    owner = path.stat().st_uid
    try:
        known = pwd.getpwuid(owner)
        name, shell = known.pw_name, Path(known.pw_shell).name
    except KeyError:
        name, shell = str(owner), ""
    if owner != 0 and (shell in _NO_LOGIN or owner != os.getuid()):
        yield Line("OK", "user", f"the home belongs to {name}, whom nobody works as")
        return
    yield Line(
        "WARN",
        "user",
        f"an agent that runs as {name} can edit this database behind the service's back; the log shows it afterwards",
        "Run the service as a user of its own or in a container: SECURITY.md",
    )


def _database(database: "Database", last: int) -> Iterator[Line]:
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
    yield _policy(database)
    yield _chain(database, last)
    yield _clock(database)


def _operators(database: "Database") -> Line:
    from app.storage.operators import all_operators

    with database.reading.connect() as connection:
        names = [one.name for one in all_operators(connection)]
    if not names:
        return Line("WARN", "operator", "nobody administers this home", "Run `agent-sudo init`.")
    return Line("OK", "operator", ", ".join(names))


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


def _chain(database: "Database", last: int) -> Line:
    from app.services.audit import Audit

    audit = Audit(database)
    report = audit.verify(last=last)
    if report.finding is not None:
        return Line("FAIL", "log", report.summary, "agent-sudo audit verify; keep a copy of the database first.")
    return Line("OK", "log", f"{audit.size()} entries, the last {min(last, audit.size())} {report.summary}")


def _clock(database: "Database") -> Line:
    from app.storage.entries import head

    with database.reading.connect() as connection:
        ahead = head(connection).last_ts_us / 1_000_000 - time.time()
    if ahead > _CLOCK_OFF_S:
        advice = "Set this machine's clock (NTP); until it catches up, new entries bear the newest entry's time."
        return Line("FAIL", "clock", f"{ahead:.0f} s behind the newest entry", advice)
    return Line("OK", "clock", "not behind the log")


def _service(found: "Settings", url: str) -> Line:
    import httpx2

    from app.cli.service import trusted

    where = url.rstrip("/") or default_url(found)
    try:
        answer = httpx2.get(f"{where}/readyz", timeout=3.0, trust_env=False, verify=trusted(found))
        state = answer.json().get("status", "")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, AttributeError) as error:
        advice = "Start it with scripts/run, or name another with --url."
        return Line("WARN", "service", f"no answer at {where} ({type(error).__name__})", advice)
    if answer.status_code == 200 and state == "ready":
        return Line("OK", "service", f"ready at {where}")
    return Line("FAIL", "service", f"{where} says {answer.status_code}", "Its log on standard error has the reason.")
