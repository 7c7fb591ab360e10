import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.commands import SIGN_IN, Commands
from tests.homes import PASSPHRASE, Home
from tests.processes import load, start, until


def test_it_prints_the_real_port_and_its_home(commands: Commands) -> None:
    command = [sys.executable, "-I", "-m", "app.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=commands.environment, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        line = popen.stdout.readline()
        popen.terminate()
        rest = popen.stdout.read()
    port = int(line.split("http://127.0.0.1:")[1].split()[0])
    assert port > 0
    assert rest == f"Its home is {commands.environment['AGENT_SUDO_HOME']}\n"
    assert popen.returncode == 0


def test_sigterm_under_load_ends_well_and_loses_nothing(prepared: Home, commands: Commands) -> None:
    process = start(prepared, prepared.folder / "serve.log")
    with load(process, prepared.key) as running:
        until(lambda: len(running.acknowledged) > 50)
        process._popen.send_signal(signal.SIGTERM)
        assert process._popen.wait(30) == 0
    process.kill()
    stored = {entry["seq"]: entry["hash"] for entry in commands("audit", "list", "--json", "--limit", "10000").lines}
    assert running.acknowledged.items() <= stored.items()
    assert commands("audit", "verify").code == 0


def test_a_port_that_is_taken_is_refused_politely(commands: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = commands.process("serve", port=str(taken.getsockname()[1]))
    assert ran.code == 2
    assert "Address already in use" in ran.err
    assert "AGENT_SUDO_PORT" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": "70000"}, "AGENT_SUDO_PORT=70000"),
        ({"port": "eighty"}, "AGENT_SUDO_PORT=eighty"),
        ({"host": "192.0.2.1"}, "can be reached from elsewhere"),
        ({"tls_key": "/nonexistent"}, "AGENT_SUDO_TLS_KEY=/nonexistent"),
        ({"policy": "/nonexistent.yaml"}, "AGENT_SUDO_POLICY=/nonexistent.yaml"),
        ({"database_url": "mysql://x/y"}, "not supported"),
        ({"database_url": "postgresql://127.0.0.1:1/x"}, "cannot be opened"),
        ({"home": "/proc/nowhere"}, "/proc/nowhere"),
    ],
)
def test_wrong_settings_are_sentences(empty: Commands, settings: dict[str, str], said: str) -> None:
    ran = empty.process("serve", **{"port": "0", **settings})
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_first_policy_with_mistakes_is_refused_with_its_lines(empty: Commands) -> None:
    (empty.folder / "policy.yaml").write_text("version: 1\nrules:\n  - {id: a, alow: shell}\n")
    ran = empty.process("serve", port="0", policy=str(empty.folder / "policy.yaml"))
    assert ran.code == 2
    assert "policy.yaml:3: unknown key 'alow'" in ran.err


def test_it_speaks_tls_and_its_own_commands_trust_its_certificate(prepared: Home, commands: Commands) -> None:
    certificate, key = _certificate(prepared.folder)
    commands.environment.update(AGENT_SUDO_TLS_CERTIFICATE=str(certificate), AGENT_SUDO_TLS_KEY=str(key))
    command = [sys.executable, "-I", "-m", "app.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=commands.environment, stdout=subprocess.PIPE, text=True) as popen:
        try:
            assert popen.stdout is not None
            url = popen.stdout.readline().split()[3]
            assert url.startswith("https://127.0.0.1:")
            ran = commands("agents", "list", "--json", "--url", url, *SIGN_IN, stdin=f"{PASSPHRASE}\n")
            assert [one["name"] for one in ran.lines] == ["coder"]
        finally:
            popen.terminate()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "tls.pem", folder / "tls.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
