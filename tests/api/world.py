"""A small world for the API's tests: one service, its people, its agents and their keys of every state."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from app.audit_log.entry import draft
from app.core.trust import KeyKind
from app.main import Service, build, open_home
from app.services import home
from app.services.keys import NewKey, mint
from app.services.passphrases import hash_passphrase
from app.settings import Settings
from app.storage.agents import AddAgent, Traits
from app.storage.command import Command, RaiseEpoch
from app.storage.keys import RevokeKey
from app.storage.operators import AddOperator, Role, SetDisabled

BASE = "http://127.0.0.1:8787"
PASSPHRASE = "correct horse"
POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: git-push, ask: shell, command: "git push *", reason: Pushing publishes work to others., risk: high}
  - {id: secrets, deny: [read_file, write_file], path: ["**/.env"], reason: Credentials are never read by agents.}
"""
ALLOWED = {"tool": "Read", "arguments": {"file_path": "/srv/project/a.py"}, "source": "user"}
DENIED = {"tool": "Read", "arguments": {"file_path": "/srv/project/.env"}, "source": "user"}


class World(Struct, frozen=True):
    """`keys` are secrets by what they are; the operators' names are their roles."""

    service: Service
    client: TestClient
    keys: dict[str, str]
    log: str

    @property
    def pep(self) -> dict[str, str]:
        return bearer(self.keys["pep"])

    @property
    def admin(self) -> dict[str, str]:
        return basic("admin")

    def evaluate(self, request: Any = ALLOWED, key: str = "pep", query: str = "") -> Any:
        """The answer to one evaluation, which must be a decision."""
        answer = self.client.post(f"/evaluate{query}", json=request, headers=bearer(self.keys[key]))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def size(self) -> int:
        """How many entries the log holds."""
        return int(self.client.get("/audit/verify", headers=self.admin).json()["entries"])

    def from_address(self, address: str) -> TestClient:
        """Another client of the service that runs, which comes from `address`."""
        return self._client(self.service.asgi, address)

    def undefended(self) -> TestClient:
        """A client of the routes as FastAPI serves them when nobody stands before it."""
        return self._client(self.service.application, "127.0.0.1")

    def _client(self, app: ASGIApp, address: str) -> TestClient:
        client = TestClient(app, base_url=BASE, client=(address, 40_000), follow_redirects=False)
        client.portal = self.client.portal
        return client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(name: str, passphrase: str = PASSPHRASE) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{passphrase}'.encode()).decode()}"}


@contextmanager
def world(folder: Path, *, authorize: str | None = None, **settings: Any) -> Iterator[World]:
    """A service that runs on a home in `folder`. `authorize`: the key, by what it is, in whose name /authorize asks."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    chosen = Settings(home=folder / "home", policy=policy, **settings)
    keys = _people(chosen)
    if authorize is not None:
        chosen = chosen.model_copy(update={"authorize_key": SecretStr(keys[authorize])})
    service = build(chosen)
    with TestClient(service.asgi, base_url=BASE, client=("127.0.0.1", 40_000), follow_redirects=False) as client:
        yield World(service, client, keys, service.application.state.services.configurations.current.log)


def _people(settings: Settings) -> dict[str, str]:
    database, writer = open_home(settings)
    first = home.initialise(database, writer, "admin", PASSPHRASE, "coder", "pep").key
    log = home._log(database)
    made: dict[str, NewKey] = {"pep": first}
    changes: list[Any] = [
        *(AddOperator(role, role, hash_passphrase(PASSPHRASE)) for role in _OTHER_ROLES),
        AddOperator("disabled", "admin", hash_passphrase(PASSPHRASE)),
        SetDisabled("disabled", disabled=True),
        AddAgent("other", Traits()),
    ]
    for name, agent, kind, expires_at in _KEYS:
        key, change = mint(agent, kind, may_explain=False, expires_at=expires_at)
        made[name] = key
        changes.append(change)
    revoke = RevokeKey(made["revoked"].id)
    entry = draft("test.people", {"actor": {"operator": "admin"}, "data": {}}, log=log)
    writer.commit([Command((entry,), (), (*changes, revoke, RaiseEpoch()))])
    writer.close()
    database.dispose()
    return {name: key.secret for name, key in made.items()}


_OTHER_ROLES: tuple[Role, ...] = ("approver", "auditor")
_KEYS: tuple[tuple[str, str, KeyKind, int | None], ...] = (
    ("agent", "coder", "agent", None),
    ("other", "other", "pep", None),
    ("expired", "coder", "pep", 1),
    ("revoked", "coder", "pep", None),
)
