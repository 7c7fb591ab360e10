"""Whom our server speaks to when it fetches an address: who stands there, at the address that was looked up."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from agent_sudo_relay.serve import fetch
from agent_sudo_relay.serve.fetch import NotFetched


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com",
        "//example.com/",
        "example.com",
        "http://",
        "http://user@example.com/",
        "http://user:pw@example.com/",
        "http://example.com@127.0.0.1/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nX: y",
        "http://ex\u00e4mple.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://[::1/",
        "http://%31%32%37.0.0.1/",
        "http://example..com/",
        "http://-example.com/",
        "http://example.com/" + "x" * 5_000,
    ],
)
def test_what_can_be_read_in_two_ways_is_no_address(url: str) -> None:
    with pytest.raises(NotFetched):
        fetch.split(url)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("rebound.example", "127.0.0.1"),
        ("rebound.example", "10.1.2.3"),
        ("rebound.example", "169.254.169.254"),
        ("rebound.example", "100.64.0.1"),
        ("rebound.example", "0.1.2.3"),
        ("rebound.example", "224.0.0.1"),
        ("rebound.example", "::1"),
        ("rebound.example", "fe80::1"),
        ("rebound.example", "fd00::1"),
        ("rebound.example", "::ffff:127.0.0.1"),
        ("rebound.example", "64:ff9b::7f00:1"),
        ("rebound.example", "2002:7f00:1::"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("localhost", "8.8.8.8"),
        ("a.localhost.", "10.0.0.1"),
    ],
)
def test_a_name_that_leads_where_its_letters_do_not_say_is_not_followed(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("8.8.4.4", 0)), (0, 0, 0, "", (address, 0))]
    )
    connected: list[Any] = []
    monkeypatch.setattr("httpx2.AsyncHTTPTransport.handle_async_request", lambda *given: connected.append(given))
    with pytest.raises(NotFetched, match="its own network"):
        asyncio.run(fetch.fetch(f"http://{name}:8080/"))
    assert connected == []


def test_one_address_is_looked_up_once_and_spoken_to_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look of whoever answers names is never taken."""
    looked: list[Any] = []
    asked: list[Any] = []

    def look(*given: Any, **_: Any) -> list[Any]:
        looked.append(given)
        return [(0, 0, 0, "", ("8.8.8.8" if len(looked) == 1 else "127.0.0.1", 0))]

    async def handle(_: Any, request: Any) -> Any:
        asked.append(request)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setattr("httpx2.AsyncHTTPTransport.handle_async_request", handle)
    with pytest.raises(NotFetched, match="could not be fetched"):
        asyncio.run(fetch.fetch("https://rebound.example:8443/a?b"))
    (request,) = asked
    assert str(request.url) == "https://8.8.8.8:8443/a?b"
    assert request.headers["host"] == "rebound.example:8443"
    assert request.extensions["sni_hostname"] == "rebound.example"
    assert len(looked) == 1


class Page(BaseHTTPRequestHandler):
    """Answers with what it was asked for."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("content-type", "text/plain")
        if self.path == "/away":
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        try:
            for _ in range(40 if self.path == "/large" else 1):
                self.wfile.write(
                    (self.path + " " + self.headers["host"]).ljust(65_536 if self.path == "/large" else 0).encode()
                )
        except OSError:
            pass  # who asked has read enough

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_page_is_fetched_and_a_redirect_is_said_and_not_followed(page: str) -> None:
    found = asyncio.run(fetch.fetch(f"http://{page}/a?b=c"))
    assert (found.status, found.content, found.kind) == (200, f"/a?b=c {page}".encode(), "text/plain")
    found = asyncio.run(fetch.fetch(f"http://{page.replace('127.0.0.1', 'localhost')}/away"))
    assert (found.status, found.location) == (302, "http://127.0.0.1:1/elsewhere")


def test_a_page_is_read_in_part(page: str) -> None:
    found = asyncio.run(fetch.fetch(f"http://{page}/large"))
    assert found.more
    assert len(found.content) == fetch.MOST_BYTES
