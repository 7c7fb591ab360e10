"""Connections that the client keeps: used again while they are good, and no answer is ever read as another's."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from agent_sudo_client import Client, PermissionDenied, ServiceUnavailable
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.test_client import _text

YES = _text()
NO = _text(allowed=False, decision="DENY")


def response(content: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n%b" % (len(content), more, content)


class Scripted:
    """A server whose answers are bytes: `speak` gets the number of the request, and says whether to go on."""

    def __init__(self, speak: Callable[[socket.socket, int], bool], tls: ssl.SSLContext | None = None) -> None:
        self._speak = speak
        self._tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with accepted if self._tls is None else self._tls.wrap_socket(accepted, server_side=True) as connection:
                    connection.settimeout(30)
                    self._talk(connection)
            except OSError:  # who does not trust us hangs up
                continue

    def _talk(self, connection: socket.socket) -> None:
        while data := connection.recv(65_536):
            self.requests.append(data)
            if not self._speak(connection, len(self.requests)):
                return

    def end(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def scripted(
    speak: Callable[[socket.socket, int], bool], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Scripted, str]]:
    server = Scripted(speak, tls)
    try:
        yield server, f"{'http' if tls is None else 'https'}://127.0.0.1:{server.port}"
    finally:
        server.end()


def yes(connection: socket.socket, _: int) -> bool:
    connection.sendall(response(YES))
    return True


def test_a_connection_is_kept_and_a_request_is_one_write() -> None:
    with scripted(yes) as (server, url), Client(url, "asudo_x") as client:
        assert all(client.evaluate("x") for _ in range(5))
    assert server.connections == 1
    assert len(server.requests) == 5
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /evaluate HTTP/1.1\r\nhost: 127.0.0.1:")
    assert body.startswith(b"{")


def test_one_that_the_service_closed_is_not_used_again_and_nothing_is_sent_twice() -> None:
    def once(connection: socket.socket, _: int) -> bool:
        connection.sendall(response(YES))
        return False

    with scripted(once) as (server, url), Client(url, "asudo_x") as client:
        for _ in range(3):
            assert client.evaluate("x")
            (rested,) = client._connections._idle
            rested[0].settimeout(30)
            rested[0].recv(1, socket.MSG_PEEK)  # until its end has come
    assert server.connections == 3
    assert len(server.requests) == 3


def test_what_nobody_asked_for_is_never_read_as_an_answer() -> None:
    def too_much(connection: socket.socket, number: int) -> bool:
        connection.sendall(response(NO) if number > 1 else response(NO) + response(YES))
        return True

    with scripted(too_much) as (server, url), Client(url, "asudo_x") as client:
        assert not client.evaluate("x")
        assert not client.evaluate("x")
    assert len(server.requests) == 2


def test_after_an_answer_that_broke_off_another_connection_is_used() -> None:
    def half(connection: socket.socket, number: int) -> bool:
        connection.sendall(response(YES)[:-9] if number == 1 else response(YES))
        return number > 1

    with scripted(half) as (server, url), Client(url, "asudo_x") as client:
        with pytest.raises(ServiceUnavailable, match="nothing is allowed"):
            client.evaluate("x")
        assert client.evaluate("x")
    assert server.connections == 2


def test_what_closes_by_its_own_word_is_not_kept() -> None:
    def last(connection: socket.socket, _: int) -> bool:
        connection.sendall(response(YES, b"connection: close\r\n"))
        return True

    with scripted(last) as (server, url), Client(url, "asudo_x") as client:
        assert client.evaluate("x")
        assert client.evaluate("x")
    assert server.connections == 2


def test_one_that_rested_too_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(yes) as (server, url), Client(url, "asudo_x") as client:
        assert client.evaluate("x")
        client._connections._idle = [(one, time.monotonic() - 5) for one, _ in client._connections._idle]
        assert client.evaluate("x")
    assert server.connections == 2


def test_where_all_connections_are_in_use_nobody_waits_for_ever() -> None:
    with scripted(yes) as (_, url), Client(url, "asudo_x", connections=1, timeout=0.05) as client:
        assert client._connections._room.acquire()
        with pytest.raises(ServiceUnavailable, match="TimeoutError"):
            client.evaluate("x")


@pytest.mark.parametrize("key", ["asudo_x\r\nx-forwarded-for: 127.0.0.1", "asudo x", "asudo_ü", "asudo_\x00"])
def test_a_key_is_one_word(key: str) -> None:
    with scripted(yes) as (server, url), Client(url, key) as client:
        with pytest.raises(PermissionDenied) as refused:
            client.evaluate("x")
        assert refused.value.code == "no_key"
        assert key not in str(refused.value)
    assert server.requests == []


@pytest.fixture(scope="module")
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


def test_over_tls_only_who_proves_to_be_the_service_is_asked(certificate: Path) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with scripted(yes, served) as (server, url):
        with Client(url, "asudo_x", tls=trusting) as client:
            assert client.evaluate("x")
            assert client.evaluate("x")
        assert server.connections == 1
        for address, tls in ((url, None), (url.replace("127.0.0.1", "localhost"), trusting)):
            with (
                Client(address, "asudo_x", tls=tls) as client,
                pytest.raises(ServiceUnavailable, match="SSLCertVerificationError"),
            ):
                client.evaluate("x")
    assert len(server.requests) == 2
