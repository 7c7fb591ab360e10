"""A home to test with: a small policy, an operator, an agent and its key."""

import base64
from pathlib import Path

from msgspec import Struct

from app.main import open_home
from app.services.home import initialise
from app.settings import Settings

OPERATOR = "alice"
PASSPHRASE = "correct horse"
AGENT = "coder"
POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: secrets, deny: [read_file, write_file], path: ["**/.env"], reason: Credentials are never read by agents.}
"""
ALLOWED = b'{"tool":"Read","arguments":{"file_path":"/srv/project/a.py"},"source":"user"}'
DENIED = b'{"tool":"Read","arguments":{"file_path":"/srv/project/.env"},"source":"user"}'


class Home(Struct, frozen=True):
    """`key` is the agent's secret."""

    folder: Path
    url: str
    key: str

    @property
    def settings(self) -> Settings:
        return _settings(self.folder, self.url)

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a process finds it."""
        return {
            "AGENT_SUDO_HOME": str(self.folder / "home"),
            "AGENT_SUDO_DATABASE_URL": self.url,
            "AGENT_SUDO_POLICY": str(self.folder / "policy.yaml"),
        }


def prepare(folder: Path, url: str, policy: str = POLICY) -> Home:
    """Make a home in `folder`, its database at `url`."""
    (folder / "policy.yaml").write_text(policy)
    database, writer = open_home(_settings(folder, url))
    first = initialise(database, writer, OPERATOR, PASSPHRASE, AGENT, "pep")
    writer.close()
    database.dispose()
    return Home(folder, url, first.key.secret)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(passphrase: str = PASSPHRASE, name: str = OPERATOR) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{passphrase}'.encode()).decode()}"}


def _settings(folder: Path, url: str) -> Settings:
    return Settings(home=folder / "home", database_url=url, policy=folder / "policy.yaml")
