"""A support bot and an analytics bot, as they are told of where scopes come from: who may do what, and for how long.

The functions that were decorated there are tools here; what a decorator named as scope travels with the request.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.world import World, bearer, world

# The shop's own policy lets its tools run; which agent may call which is a matter of scopes.
POLICY = """\
version: 1
rules:
  - id: shop
    allow: [process_refund, issue_refund, notify_customer, delete_customer, read_orders, update_record, read_customers]
scopes: {delete_customer: "delete:customer"}
"""
AGENTS: dict[str, dict[str, Any]] = {
    "support-bot": {"scopes": ["read:customers", "read:orders", "write:refunds", "send:email"], "needs_session": True},
    "analytics-bot": {"scopes": ["read:orders"]},
    "admin-bot": {"scopes": ["read:*", "write:*"]},
    "pilot-bot": {"scopes": ["read:orders"], "mode": "monitor"},
    "careful-bot": {"scopes": ["write:*", "!write:refunds"]},
}


class Shop:
    """A service with these agents; `call` is one call of a tool by one of them."""

    def __init__(self, served: World) -> None:
        self.served = served
        self._keys = {name: self._key(name) for name in AGENTS}

    def _key(self, agent: str) -> dict[str, str]:
        body = {"kind": "pep"}
        made = self.served.client.post(f"/agents/{agent}/keys", json=body, headers=self.served.admin).json()
        return bearer(made["key"])

    def session(self, agent: str, ttl_seconds: int = 300) -> str:
        body = {"ttl_seconds": ttl_seconds, "prompts": ["Refund order 123, please."]}
        made = self.served.client.post("/sessions", json=body, headers=self._keys[agent])
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def end(self, session: str) -> None:
        assert self.served.client.delete(f"/sessions/{session}", headers=self.served.admin).is_success

    def call(self, agent: str, tool: str, scope: str | None, session: str | None = None, **arguments: Any) -> Any:
        request = {"tool": tool, "scope": scope, "session_id": session, "arguments": arguments, "source": "user"}
        said = {name: value for name, value in request.items() if value is not None}
        answer = self.served.client.post("/evaluate", json=said, headers=self._keys[agent])
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("shop")
    with world(folder) as served:
        body = {"files": [{"name": "shop.yaml", "text": POLICY}]}
        proposal = served.client.post("/policy", json=body, headers=served.admin).json()
        path = f"/policy/{proposal['digest']}/activate"
        assert served.client.post(path, json={"previous": proposal["previous"]}, headers=served.admin).is_success
        for name, traits in AGENTS.items():
            made = served.client.post("/agents", json={"name": name, **traits}, headers=served.admin)
            assert made.status_code == 201, made.text
        yield Shop(served)


def test_the_support_bot_refunds_and_the_analytics_bot_does_not(shop: Shop) -> None:
    session = shop.session("support-bot")
    assert shop.call("support-bot", "process_refund", "write:refunds", session, order="order_123", amount=50)["allowed"]

    refused = shop.call("analytics-bot", "process_refund", "write:refunds", order="order_456", amount=25)
    assert (refused["decision"], refused["rules"]) == ("DENY", ["scope-missing"])
    assert "write:refunds" in refused["reason"]
    assert shop.call("analytics-bot", "read_orders", "read:orders")["allowed"]


def test_the_support_bot_helps_customers_and_cannot_delete_them(shop: Shop) -> None:
    session = shop.session("support-bot")
    assert shop.call("support-bot", "issue_refund", "write:refunds", session, order="order_123", amount=5000)["allowed"]
    assert shop.call("support-bot", "notify_customer", "send:email", session, customer="cust_456")["allowed"]
    assert shop.call("support-bot", "delete_customer", "delete:customer", session)["decision"] == "DENY"
    # To name another scope, or none, gains nothing where the policy says what the tool needs.
    assert shop.call("support-bot", "delete_customer", "read:orders", session)["decision"] == "DENY"
    assert shop.call("support-bot", "delete_customer", None, session)["decision"] == "DENY"


def test_wildcards_give_all_that_they_name_and_nothing_else(shop: Shop) -> None:
    for scope in ("read:orders", "write:refunds", "write:anything"):
        assert shop.call("admin-bot", "update_record", scope)["allowed"]
    for scope in ("delete:customer", "read", "read:orders:archive", "send:email"):
        assert not shop.call("admin-bot", "update_record", scope)["allowed"]


def test_a_negative_scope_takes_out_of_a_wildcard(shop: Shop) -> None:
    assert shop.call("careful-bot", "update_record", "write:database")["allowed"]
    assert not shop.call("careful-bot", "process_refund", "write:refunds")["allowed"]


def test_audit_mode_lets_pass_what_it_records(shop: Shop) -> None:
    answer = shop.call("pilot-bot", "update_record", "write:database", record="r_1")
    assert (answer["allowed"], answer["mode"], answer["would_be"]) == (True, "monitor", "DENY")
    entry = shop.served.client.get("/audit/entries?limit=1000", headers=shop.served.admin).json()["entries"]
    told = next(one["body"] for one in entry if one["seq"] == answer["audit"]["seq"])
    assert (told["decision"], told["monitored"]) == ("ALLOW", "DENY")


def test_a_session_ends_and_with_it_what_it_carried(shop: Shop) -> None:
    session = shop.session("support-bot")
    assert shop.call("support-bot", "process_refund", "write:refunds", session)["allowed"]
    shop.end(session)
    assert not shop.call("support-bot", "process_refund", "write:refunds", session)["allowed"]
    without = shop.call("support-bot", "process_refund", "write:refunds")
    assert (without["decision"], without["rules"]) == ("DENY", ["session-missing"])
