"""Settings: defaults that are safe, and one clear sentence for each mistake."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AGENT_SUDO_"):
            monkeypatch.delenv(name)


@pytest.fixture
def pem(tmp_path: Path) -> str:
    path = tmp_path / "a.pem"
    path.write_text("")
    return str(path)


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(f"AGENT_SUDO_{name}", value)
    return Settings()


def complaints(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    with pytest.raises(ValidationError) as error:
        read(monkeypatch, **given)
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.value.errors()]


def test_the_defaults_listen_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert settings.is_loopback
    assert settings.port == 8787
    assert settings.hosts == {"127.0.0.1", "localhost", "[::1]"}
    assert settings.url == f"sqlite:///{Path.home() / '.agent-sudo' / 'agent-sudo.db'}"


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files do: `AGENT_SUDO_TLS_KEY: ${TLS_KEY:-}`."""
    names = ("HOST", "PORT", "BEHIND_PROXY", "TLS_KEY", "TLS_CERTIFICATE", "POLICY", "RATE_LIMIT", "DATABASE_URL")
    assert read(monkeypatch, **dict.fromkeys(names, "")) == Settings.model_construct()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_loopback_needs_no_tls(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert read(monkeypatch, HOST=host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "pdp.example", "127.0.0.1.evil.example"])  # noqa: S104
def test_other_addresses_need_tls_or_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str, pem: str) -> None:
    (only,) = complaints(monkeypatch, HOST=host)
    assert f"AGENT_SUDO_HOST={host} can be reached from elsewhere" in only
    assert "AGENT_SUDO_BEHIND_PROXY=1" in only
    assert not read(monkeypatch, HOST=host, BEHIND_PROXY="1").is_loopback
    assert not read(monkeypatch, HOST=host, BEHIND_PROXY="0", TLS_CERTIFICATE=pem, TLS_KEY=pem).is_loopback


@pytest.mark.parametrize("name", ["TLS_CERTIFICATE", "TLS_KEY"])
def test_a_certificate_and_its_key_belong_together(monkeypatch: pytest.MonkeyPatch, name: str, pem: str) -> None:
    (only,) = complaints(monkeypatch, **{name: pem})
    assert "AGENT_SUDO_TLS_CERTIFICATE and AGENT_SUDO_TLS_KEY belong together" in only


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("PORT", "http", "integer"),
        ("PORT", "65536", "65535"),
        ("PORT", "-1", "greater"),
        ("RATE_LIMIT", "-1", "greater"),
        ("RATE_LIMIT", "lots", "integer"),
        ("BEHIND_PROXY", "maybe", "boolean"),
        ("POLICY", "/nowhere/policy.yaml", "file"),
        ("TLS_KEY", "/nowhere/key.pem", "file"),
        ("ALLOWED_HOSTS", "pdp.example:443", "host names without port"),
        ("ALLOWED_HOSTS", "*", "'*' is none"),
        ("ALLOWED_HOSTS", "https://pdp.example", "is none"),
        ("ALLOWED_HOSTS", "a.example b.example", "is none"),
    ],
)
def test_each_mistake_has_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str) -> None:
    (only,) = complaints(monkeypatch, **{name: value})
    assert name.lower() in only.lower()
    assert word in only
    assert "\n" not in only


def test_mistakes_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(complaints(monkeypatch, PORT="x", RATE_LIMIT="y")) == 2


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.2", {"127.0.0.2"}),
        ("::1", set[str]()),
        ("fd00::1", {"[fd00::1]"}),
        ("PDP.example", {"pdp.example"}),
        ("0.0.0.0", set[str]()),  # noqa: S104
        ("::", set[str]()),
    ],
)
def test_the_address_listened_on_is_a_name_of_ours(monkeypatch: pytest.MonkeyPatch, host: str, own: set[str]) -> None:
    """But the one that stands for all is none: browsers take it for this machine."""
    assert read(monkeypatch, HOST=host, BEHIND_PROXY="1").hosts == {"127.0.0.1", "localhost", "[::1]"} | own


def test_more_names_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = read(monkeypatch, ALLOWED_HOSTS=" PDP.example, ,pdp-2.example,[fd00::1] ").hosts
    assert {"pdp.example", "pdp-2.example", "[fd00::1]"} < hosts
    assert "" not in hosts


def test_a_home_may_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, HOME="~/x").home_path == Path.home() / "x"


def test_asking_without_a_credential_does_not_go_with_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    (only,) = complaints(monkeypatch, AUTHORIZE_KEY="asudo_x", BEHIND_PROXY="1")
    assert "not with AGENT_SUDO_BEHIND_PROXY" in only
    assert "asudo_x" not in only
