"""A home made for one benchmark: the policy in force, one agent, one key, one workspace."""

from pathlib import Path

from msgspec import Struct

from app.audit_log.entry import draft
from app.main import open_home
from app.services.home import initialise
from app.settings import Settings
from app.storage.command import Command, RaiseEpoch
from app.storage.database import Database
from app.storage.entries import head
from app.storage.workspaces import SetWorkspaces
from app.storage.writer import Writer
from bench.policy import hundred_rules
from bench.workload import ROOT

OPERATOR = "bench"
PASSPHRASE = "only for this benchmark"
_POLICY = "policy.yaml"


class Home(Struct, frozen=True):
    """A home in `folder`, its database at `url`; `key` is the agent's secret."""

    folder: Path
    url: str
    key: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which the service finds it."""
        return {
            "AGENT_SUDO_HOME": str(self.folder),
            "AGENT_SUDO_DATABASE_URL": self.url,
            "AGENT_SUDO_POLICY": str(self.folder / _POLICY),
        }


def open_empty(folder: Path, policy: str, url: str = "") -> tuple[Database, Writer]:
    """A new home whose log has only begun; without `url` on SQLite in `folder`."""
    folder.mkdir()
    file = folder / _POLICY
    file.write_text(policy, "utf-8")
    return open_home(Settings(home=folder, database_url=url, policy=file))


def prepare(folder: Path, url: str = "", policy: str = "") -> Home:
    """A home that a service can be started on; without a `policy` it has the one of a hundred rules."""
    database, writer = open_empty(folder, policy or hundred_rules(), url)
    try:
        first = initialise(database, writer, OPERATOR, PASSPHRASE, "coder", "pep")
        with database.reading.connect() as connection:
            log = head(connection).log
        entry = draft("workspace.set", {"actor": {"operator": OPERATOR}, "data": {"roots": [ROOT]}}, log=log)
        writer.commit([Command((entry,), (), (SetWorkspaces((ROOT,), OPERATOR), RaiseEpoch()))])
    finally:
        writer.close()
        database.dispose()
    return Home(folder, url or f"sqlite:///{folder / 'agent-sudo.db'}", first.key.secret)
