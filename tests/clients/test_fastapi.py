"""Services that agents call: no route runs but for an agent that is known, and may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from agent_sudo_client import AsyncClient, Decision
from agent_sudo_client.fastapi import SudoDependency, SudoMiddleware
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.clients.conftest import Running

TOKENS = {"s3": "support-bot", "a7": "analytics-bot", "x": "somebody"}


def identify(request: Request) -> str | None:
    return TOKENS.get(request.headers.get("authorization", "").removeprefix("Bearer "))


class Refund(BaseModel):
    order: str
    amount: float


class Shop:
    """A service with routes of both kinds, and what they have done."""

    def __init__(self, url: str, key: str) -> None:
        self.done: list[Any] = []
        client = AsyncClient(url, key, timeout=5.0)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            await client.close()

        self.app = FastAPI(lifespan=lifespan)
        guard = SudoDependency(client, identify)

        @self.app.post("/shops/{shop}/refunds")
        async def refund(
            shop: str, given: Refund, by: Annotated[Decision, Depends(guard("refund", scope="write:refunds"))]
        ) -> str:
            self.done.append((shop, given.order))
            if given.order == "broken":
                raise ValueError("the secret is xyzzy")
            return by.verdict

        @self.app.post("/forbidden", dependencies=[Depends(guard("forbidden"))])
        def forbidden() -> None:
            self.done.append("forbidden")

        @self.app.post("/publish", dependencies=[Depends(guard("publish"))])
        def publish() -> None:
            self.done.append("publish")

        inner = FastAPI()

        @inner.get("/orders")
        def orders() -> str:
            self.done.append("orders")
            return "all of them"

        @inner.post("/orders")
        def order() -> None:
            self.done.append("order")

        @inner.get("/health")
        def health() -> str:
            return "fine"

        inner.add_middleware(
            SudoMiddleware, client=client, identify=identify, service="shop", without={"/inner/health"}
        )
        self.app.mount("/inner", inner)


@pytest.fixture
def shop(running: Running) -> Iterator[tuple[TestClient, list[Any]]]:
    made = Shop(running.url, running.key)
    with TestClient(made.app, raise_server_exceptions=False) as client:
        yield client, made.done


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


REFUND = {"order": "order_1", "amount": 5.0}


def test_a_route_runs_for_an_agent_that_may_and_for_no_other(
    shop: tuple[TestClient, list[Any]], running: Running
) -> None:
    client, done = shop
    assert client.post("/shops/berlin/refunds", json=REFUND, headers=bearer("s3")).json() == "ALLOW"
    answer = client.post("/shops/berlin/refunds", json=REFUND, headers=bearer("a7"))
    assert answer.status_code == 403
    assert "lacks the scope write:refunds" in answer.json()["detail"]["reason"]
    assert done == [("berlin", "order_1")]


@pytest.mark.parametrize("headers", [{}, bearer("wrong"), {"X-Agent-ID": "support-bot"}])
def test_who_is_not_known_is_refused(shop: tuple[TestClient, list[Any]], headers: dict[str, str]) -> None:
    client, done = shop
    assert client.post("/shops/berlin/refunds", json=REFUND, headers=headers).status_code == 401
    assert client.get("/inner/orders", headers=headers).status_code == 401
    assert not done


def test_an_agent_that_the_key_does_not_speak_for_is_refused(shop: tuple[TestClient, list[Any]]) -> None:
    client, done = shop
    assert client.post("/shops/berlin/refunds", json=REFUND, headers=bearer("x")).status_code == 403
    assert not done


def test_what_is_denied_or_needs_a_person_does_not_run(shop: tuple[TestClient, list[Any]]) -> None:
    client, done = shop
    denied = client.post("/forbidden", headers=bearer("s3"))
    pending = client.post("/publish", headers=bearer("s3"))
    assert (denied.status_code, pending.status_code) == (403, 403)
    assert pending.json()["detail"]["code"] == "approval_pending"
    assert pending.json()["detail"]["approval_id"]
    assert not done


def test_all_that_a_route_is_given_is_asked_about(shop: tuple[TestClient, list[Any]], running: Running) -> None:
    client, _ = shop
    client.post("/shops/berlin/refunds?a=1&a=2&b=3", json={**REFUND, "order": "whole"}, headers=bearer("s3"))
    log, seq = (last := running.entries("decision")[-1])["body"]["log"], last["seq"]
    request = running.as_operator("GET", f"/evaluations/{log}-{seq}")["payload"]["request"]
    assert request["actor"] == "support-bot"
    assert request["arguments"] == {
        "params": {"shop": "berlin"}, "query": {"a": ["1", "2"], "b": "3"}, "body": {**REFUND, "order": "whole"},
    }  # fmt: skip


def test_a_body_that_nobody_can_read_is_refused(shop: tuple[TestClient, list[Any]]) -> None:
    client, done = shop
    assert client.post("/forbidden", content=b"\x00\xff", headers=bearer("s3")).status_code == 415
    assert not done


def test_how_it_went_is_reported(shop: tuple[TestClient, list[Any]], running: Running) -> None:
    client, _ = shop
    before = len(running.entries("execution.result"))
    client.post("/shops/berlin/refunds", json=REFUND, headers=bearer("s3"))
    broken = {**REFUND, "order": "broken"}
    assert client.post("/shops/berlin/refunds", json=broken, headers=bearer("s3")).status_code == 500
    good, bad = running.entries("execution.result")[before:]
    assert good["body"]["data"]["status"] == "ok"
    assert bad["body"]["data"]["error"] == "ValueError"
    assert "xyzzy" not in str(bad)


def test_a_middleware_asks_about_every_request_but_those_that_it_leaves_out(
    shop: tuple[TestClient, list[Any]],
) -> None:
    client, done = shop
    assert client.get("/inner/health").json() == "fine"
    assert client.post("/inner/orders", headers=bearer("s3")).status_code == 403
    assert client.get("/inner/orders").status_code == 401
    assert not done
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/inner/orders", headers=bearer("s3")):
        raise AssertionError
    assert client.get("/inner/orders", headers=bearer("s3")).json() == "all of them"
    assert done == ["orders"]


def test_without_the_service_nothing_runs(running: Running) -> None:
    made = Shop("http://127.0.0.1:9", running.key)
    with TestClient(made.app) as client:
        assert client.post("/shops/berlin/refunds", json=REFUND, headers=bearer("s3")).status_code == 503
        assert client.get("/inner/orders", headers=bearer("s3")).status_code == 503
    assert not made.done


def test_an_identity_that_cannot_be_found_out_is_a_no(running: Running) -> None:
    async def fails(_: Request) -> str:
        await asyncio.sleep(0)
        raise RuntimeError("a broken directory")

    app = FastAPI()
    guard = SudoDependency(AsyncClient(running.url, running.key), fails)

    @app.get("/", dependencies=[Depends(guard("lookup"))])
    def route() -> None:
        raise AssertionError

    answer = TestClient(app).get("/")
    assert answer.status_code == 403
    assert "broken directory" not in answer.text
