"""A service that runs, with agents of several scopes, one key for all of them, and one each."""

import datetime as dt
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from tests.clients.cast import dismiss
from tests.homes import AGENT, basic, prepare
from tests.processes import Process, start

POLICY = """\
version: 1
rules:
  - {id: reads, allow: [read_file, look, notes, look_later], path: "/srv/project/**"}
  - {id: tools, allow: [refund, lookup, tick, who, "*_tool", "shop:GET"]}
  - {id: secrets, deny: [read_file, write_file], path: ["**/.env"], reason: Credentials are never read by agents.}
  - {id: never, deny: forbidden, reason: Nobody does this.}
  - {id: outside, deny: tainted_only, source: untrusted, reason: What a page asked for is not done.}
  - {id: inside, allow: tainted_only}
  - {id: push, ask: publish, reason: Publishing needs a person.}
"""


class Running(Struct, frozen=True):
    """`key` speaks for all the agents; `keys` for one each."""

    process: Process
    key: str
    keys: dict[str, str]

    @property
    def url(self) -> str:
        return self.process.url

    def as_operator(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        status, document = self.process.ask(method, path, basic(), sent)
        assert status < 300, document
        return document

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The log's entries of one type, whole."""
        found: list[dict[str, Any]] = []
        after: int | None = -1
        while after is not None:
            page = self.as_operator("GET", f"/audit/entries?type={kind}&limit=100&after={after}")
            found += page["entries"]
            after = page["next"]
        return found


AGENTS = {"support-bot": ["write:refunds", "read:*"], "analytics-bot": ["read:*"], "other-bot": []}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("clients")
    home = prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}", policy=POLICY)
    process = start(home, folder / "serve.log")
    try:
        keys = {AGENT: home.key}
        made = Running(process, home.key, keys)
        for name, scopes in AGENTS.items():
            made.as_operator("POST", "/agents", {"name": name, "scopes": scopes})
            keys[name] = made.as_operator("POST", f"/agents/{name}/keys", {"kind": "pep"})["key"]
        wish = {"kind": "pep", "also": ["analytics-bot", "other-bot"]}
        several = made.as_operator("POST", "/agents/support-bot/keys", wish)
        yield Running(process, several["key"], keys)
    finally:
        process.kill()


@pytest.fixture
def here(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The service, as the environment names it."""
    monkeypatch.setenv("AGENT_SUDO_URL", running.url)
    monkeypatch.setenv("AGENT_SUDO_KEY", running.key)
    yield running
    dismiss()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "agent-sudo")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file
