"""The front door: who a request is addressed to, and that no spelling of an address walks past it."""

import asyncio
from typing import Any

import pytest

from app.api.front import Front
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, World

ALLOWED_BODY = b'{"tool":"Read","arguments":{"file_path":"/srv/project/a.py"},"source":"user"}'


def exchange(
    world: World,
    path: str,
    headers: list[tuple[bytes, bytes]],
    *messages: Any,
    body: bytes = b"",
    method: str = "POST",
    **scope: Any,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request as a server would hand it on, headers just as they are given; `messages` instead of one `body`."""
    coming = list(messages or [{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 8787),
        "http_version": "1.1",
        "root_path": "",
        "asgi": {"version": "3.0"},
        **scope,
    }
    assert world.client.portal is not None
    world.client.portal.call(world.service.asgi, whole, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def ours(world: World, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"localhost"), (b"authorization", world.pep["Authorization"].encode()), *more]


def chunk(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8787"],
)
def test_our_own_names_are_let_in(api: World, host: str) -> None:
    assert api.client.post("/evaluate", json=ALLOWED, headers={**api.pep, "Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "localhost.",
        "localhost:",
        "localhost:8787:1",
        "localhost:123456",
        "localhost:²",
        "localhost evil.example",
        "localhost,evil.example",
        "user@localhost",
        "http://localhost",
        "localhost/",
        "[::1",
        "::1",
        "[::1]x",
        "0.0.0.0",  # noqa: S104 - refused
        "0.0.0.0:8787",
        "127.0.0.2",
        "2130706433",
        "127.1",
        "localhost\\@evil.example",
        "lo\u0107alhost",
    ],
)
@pytest.mark.parametrize("path", ["/evaluate", "/agents", "/healthz"])
def test_other_hosts_are_turned_away_on_every_route(api: World, host: str, path: str) -> None:
    headers = [(b"host", host.encode()), (b"authorization", api.pep["Authorization"].encode())]
    status, _, body = exchange(api, path, headers, body=ALLOWED_BODY, method="POST" if path == "/evaluate" else "GET")
    assert status == 403
    assert b'"code":"unknown_host"' in body
    assert body.startswith(b'{"allowed":false')


def test_a_request_without_host_is_turned_away(api: World) -> None:
    headers = [(b"authorization", api.pep["Authorization"].encode())]
    assert exchange(api, "/evaluate", headers, body=ALLOWED_BODY, http_version="1.0")[0] == 403


@pytest.mark.parametrize(
    "name", [b"authorization", b"host", b"content-length", b"content-type", b"idempotency-key", b"origin"]
)
@pytest.mark.parametrize("path", ["/evaluate", "/agents"])
def test_a_header_that_may_stand_once_does(api: World, name: bytes, path: str) -> None:
    """Of two keys one reader takes the first and another the last; a proxy before us may be the other reader."""
    key = api.pep["Authorization"].encode()
    values = {b"host": b"localhost", b"authorization": key, b"content-length": b"%d" % len(ALLOWED_BODY)}
    headers = [*values.items(), (name, values.get(name, b"a"))]
    if name not in values:
        headers.append((name, b"b"))
    status, _, body = exchange(api, path, headers, body=ALLOWED_BODY)
    assert status == 400
    assert b'"code":"duplicate_header"' in body


def test_a_second_host_does_not_vouch_for_the_first(api: World) -> None:
    for first, second in ((b"evil.example", b"localhost"), (b"localhost", b"evil.example")):
        headers = [(b"host", first), (b"host", second), (b"authorization", api.pep["Authorization"].encode())]
        assert exchange(api, "/evaluate", headers, body=ALLOWED_BODY)[0] in (400, 403)


def test_headers_that_may_stand_twice_are_let_in(api: World) -> None:
    headers = [
        (b"host", b"localhost"),
        (b"authorization", api.pep["Authorization"].encode()),
        (b"accept", b"a/b"),
        (b"accept", b"c/d"),
    ]
    assert exchange(api, "/evaluate", headers, body=ALLOWED_BODY)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/evaluate/",
        "//evaluate",
        "/Evaluate",
        "/EVALUATE",
        "/evaluate%20",
        "/evaluate;x",
        "/./evaluate",
        "/x/../evaluate",
        "/evaluate/batch/",
        "/evaluate//batch",
        "/evaluate%00",
        "/evaluate\\batch",
    ],
)
def test_another_spelling_is_another_address(api: World, path: str) -> None:
    headers = [(b"host", b"localhost"), (b"authorization", api.pep["Authorization"].encode())]
    status, _, body = exchange(api, path, [*headers, (b"content-type", b"application/json")], body=ALLOWED_BODY)
    assert status == 404
    assert body.startswith(b'{"allowed":false')


def test_an_escaped_slash_leads_to_the_same_door(api: World) -> None:
    """Servers decode a path before we see it, so `/evaluate%2Fbatch` is `/evaluate/batch`, limits and all."""
    answer = api.client.post("/evaluate%2Fbatch", content=b'{"requests":[],"requests":[]}', headers=api.pep)
    assert_problem(answer, 400, "invalid_json")


def test_forwarded_headers_are_not_believed(api: World) -> None:
    stranger = api.from_address("192.0.2.7")
    for name, value in {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "localhost",
        "Forwarded": "for=127.0.0.1;proto=https",
        "X-Real-IP": "127.0.0.1",
    }.items():
        answer = stranger.get("/agents", headers={**api.admin, name: value})
        assert_problem(answer, 403, "basic_in_clear")
    answer = api.client.get("/healthz", headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"})
    assert_problem(answer, 403, "unknown_host")


def test_nothing_but_http_comes_in(api: World) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(api.service.asgi({"type": "websocket", "path": "/evaluate", "headers": []}, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("path", ["/evaluate", "/agents"])
def test_a_body_of_no_announced_length_has_the_same_limit(api: World, path: str) -> None:
    headers = [(b"host", b"localhost"), (b"authorization", api.pep["Authorization"].encode())]
    status, _, body = exchange(api, path, headers, body=b" " * 1_048_577)
    assert status == 413
    assert body.startswith(b'{"allowed":false')


@pytest.mark.parametrize("path", ["/evaluate", "/agents"])
def test_a_body_in_pieces_is_read_no_further_than_the_limit(api: World, path: str) -> None:
    endless = [chunk(b" " * 65_536) for _ in range(17)]
    status, _, body = exchange(api, path, ours(api), *endless)
    assert status == 413
    assert body.startswith(b'{"allowed":false')


def test_a_body_in_pieces_is_put_together(api: World) -> None:
    pieces = [chunk(ALLOWED_BODY[:10]), chunk(b""), chunk(ALLOWED_BODY[10:], more=False)]
    status, _, body = exchange(api, "/evaluate", ours(api), *pieces)
    assert (status, body[:16]) == (200, b'{"allowed":true,')


@pytest.mark.parametrize("path", ["/evaluate", "/agents"])
def test_a_client_that_hangs_up_gets_no_decision(api: World, path: str) -> None:
    before = api.size()
    _, _, body = exchange(api, path, ours(api), chunk(ALLOWED_BODY), {"type": "http.disconnect"})
    assert b'"code":"incomplete_body"' in body
    assert api.size() == before


def test_the_application_gets_the_body_once_and_then_what_comes(api: World) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend([await receive(), await receive()])

    coming = [chunk(b'{"a":', more=True), chunk(b"1}", more=False), {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    services = api.service.application.state.services
    front = Front(app, services.hot, frozenset(("localhost",)), app, {})
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    asyncio.run(front({"type": "http", "method": "PUT", "path": "/x", "headers": headers}, receive, send))
    assert got == [chunk(b'{"a":1}', more=False), {"type": "http.disconnect"}]


def test_names_of_ours_are_remembered_within_bounds(api: World) -> None:
    for port in range(100):
        assert api.client.get("/healthz", headers={"Host": f"localhost:{port}"}).status_code == 200
    front = api.service.asgi
    assert isinstance(front, Front)
    assert len(front._seen) <= 64
