"""The home as commands read it: the database without writing, the policy in force or a file instead of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from app.cli.environment import settings
from app.cli.failure import Failure

if TYPE_CHECKING:
    from app.core.policy.compile import File
    from app.core.policy.ruleset import RuleSet
    from app.settings import Settings
    from app.storage.database import Database

BEGIN = "Start the service once (scripts/run), or run `agent-sudo init`."
_SETTINGS = "Look at AGENT_SUDO_HOME, AGENT_SUDO_DATABASE_URL and AGENT_SUDO_POLICY (docs/settings.md)."


class Judged(Struct, frozen=True):
    """What commands judge by: a policy's name and rules, and what `$workspace` stands for."""

    policy: str
    rules: "RuleSet"
    workspaces: tuple[str, ...]


def has_home(found: "Settings") -> bool:
    """Whether there is a database to read; for one on a server only connecting will tell. Raises Failure."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(found.url)
    except ArgumentError:
        raise Failure("AGENT_SUDO_DATABASE_URL is no address of a database.", _SETTINGS) from None
    return url.get_backend_name() != "sqlite" or (url.database is not None and Path(url.database).is_file())


@contextmanager
def reading(found: "Settings | None" = None) -> Iterator["Database"]:
    """The home's database, for reading only. Raises Failure when there is none, or none that can be read."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.services.errors import UnavailableError
    from app.storage.database import open_database

    found = found or settings()
    if not has_home(found):
        raise Failure(f"There is no home at {found.home_path} yet.", BEGIN)
    try:
        database = open_database(found.url)
    except ValueError as error:
        raise Failure(f"AGENT_SUDO_DATABASE_URL: {error}.") from None
    try:
        yield database
    except (SQLAlchemyError, UnavailableError) as error:
        raise Failure(f"The database cannot be read: {_reason(error)}", _SETTINGS) from None
    finally:
        database.dispose()


@contextmanager
def opening() -> Iterator[None]:
    """Turns what can be wrong with a home, when it is opened for writing, into Failures."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.core.policy.source import PolicyError
    from app.services.errors import UnavailableError
    from app.storage.migrate import SchemaError

    try:
        yield
    except PolicyError as error:
        raise Failure(f"The policy that this home would begin with has mistakes.\n{error}") from None
    except SchemaError as error:
        raise Failure(f"{error}.", "Use the version of agent-sudo that wrote it, or a newer one.") from None
    except (SQLAlchemyError, UnavailableError) as error:
        raise Failure(f"The database cannot be opened: {_reason(error)}", _SETTINGS) from None
    except ValueError as error:
        raise Failure(f"{error}.", _SETTINGS) from None
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}.", _SETTINGS) from None


def judged(policy: Path | None, workspaces: list[Path] | None) -> Judged:
    """The policy in force, or `policy`, or with no home the one that ships. Raises Failure."""
    from app.core.policy.compile import PORT, compile_policy
    from app.core.policy.source import PolicyError
    from app.services.policy_files import shipped_policy

    found = settings()
    name, files, roots = _in_force(found) if has_home(found) else ("", None, ())
    if workspaces:
        roots = tuple(str(root.expanduser().absolute()) for root in workspaces)
    try:
        if policy is not None or files is None:
            path = policy or found.policy or shipped_policy()
            name, files = str(path), files_of(path)
        return Judged(name, compile_policy(files, found.port or PORT).rules, roots)
    except PolicyError as error:
        raise Failure(str(error), "agent-sudo policy check FILE names every mistake.") from None


def files_of(path: Path) -> tuple["File", ...]:
    """A policy file and all that it extends. Raises Failure when it cannot be read, PolicyError for mistakes in it."""
    from app.services.policy_files import named, policy_files

    try:
        return policy_files(named(path))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.", "A file, or what ships: default, strict.") from None
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8 text.") from None


def _in_force(found: "Settings") -> tuple[str, tuple["File", ...], tuple[str, ...]]:
    from app.services.policies import unpack
    from app.storage.policies import policy_in_force_now
    from app.storage.workspaces import all_workspaces

    with reading(found) as database, database.reading.connect() as connection:
        in_force = policy_in_force_now(connection)
        if in_force is None:
            raise Failure("No policy is in force in this home.", BEGIN)
        return in_force.policy.digest, unpack(in_force.policy.files), tuple(all_workspaces(connection))


def _reason(error: Exception) -> str:
    """What a driver says, on one line."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    if "no such table" in said:
        said = f"it has no log yet. {BEGIN}"
    return said if said.endswith((".", "?")) else f"{said}."
