"""The machine: who runs what, who can read which files, is there room, who answers at the service's address."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.checks.line import Line, State
from app.cli.service import default_url

if TYPE_CHECKING:
    from app.settings import Settings

_NO_LOGIN = ("nologin", "false")
_LITTLE_ROOM = 500 * 1_048_576


def examine(found: "Settings") -> list[Line]:
    """All but the service, which is asked last."""
    return [_python(), _home(found), *_user(found), *_files(found), *_room(found)]


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


def _files(found: "Settings") -> Iterator[Line]:
    """What others must not read, what agents sent and the key to TLS; or not write: the policy a home begins with."""
    wrong = False
    for paths, bits, chmod in (
        (_databases(found) + ([found.tls_key] if found.tls_key else []), 0o077, "go-rwx"),
        ([found.policy] if found.policy else [], 0o022, "go-w"),
    ):
        for path in paths:
            if (mode := _mode(path)) & bits and _mode(path.parent) & 0o011:
                wrong = True
                yield Line("FAIL", "files", f"{path} is open to others ({mode:04o})", f"chmod {chmod} {path}")
    if found.home_path.is_dir() and not wrong:
        yield Line("OK", "files", "database, keys and policy are closed to others")


def _databases(found: "Settings") -> list[Path]:
    """SQLite's files, wherever they lie."""
    from sqlalchemy import make_url

    url = make_url(found.url)
    name = url.database or ""
    return [Path(f"{name}{end}") for end in ("", "-wal", "-shm")] if url.get_backend_name() == "sqlite" else []


def _mode(path: Path) -> int:
    """Its permissions; none where it is not there."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _room(found: "Settings") -> Iterator[Line]:
    """A full disk allows nothing: what cannot be recorded is not served."""
    if not found.home_path.is_dir() or found.database_url.startswith("postgres"):
        return
    free = shutil.disk_usage(found.home_path).free
    said = f"{free / 1_073_741_824:.1f} GiB free"
    if free < _LITTLE_ROOM:
        advice = "Make room: on a full disk every answer is 503. `agent-sudo audit export` takes a copy elsewhere."
        yield Line("WARN", "disk", said, advice)
    else:
        yield Line("OK", "disk", said)


def service(found: "Settings", url: str) -> Line:
    """Who answers where the service should be."""
    import httpx2

    from app.cli.routing.listener import listener_at
    from app.cli.service import trusted

    where = url.rstrip("/") or default_url(found)
    try:
        answer = httpx2.get(f"{where}/readyz", timeout=3.0, trust_env=False, verify=trusted(found))
        state = answer.json().get("status", "")
    except (httpx2.ConnectError, httpx2.InvalidURL) as error:
        advice = "Start it with scripts/run, or name another with --url."
        return Line("WARN", "service", f"no answer at {where} ({type(error).__name__})", advice)
    except (httpx2.HTTPError, ValueError, AttributeError):
        advice = "Another program has the port: stop it, or choose another with AGENT_SUDO_PORT."
        there = listener_at(where)
        whose = f" but {there}" if there else ""
        return Line("FAIL", "service", f"what answers at {where} is not agent-sudo{whose}", advice)
    if answer.status_code == 200 and state == "ready":
        there = listener_at(where)
        return Line("OK", "service", f"ready at {where}{f', run by {there.user}' if there else ''}")
    return Line("FAIL", "service", f"{where} says {answer.status_code}", "Its log on standard error has the reason.")
