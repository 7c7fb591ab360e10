"""`@sudo`: a function runs only when the service allows this very call, with these very arguments."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import PermissionDenied, sudo

from tests.clients.cast import ANALYTICS, OTHER, SUPPORT
from tests.clients.conftest import Running

pytestmark = pytest.mark.usefixtures("here")


def test_an_agent_does_what_its_scopes_hold_and_another_does_not() -> None:
    @sudo(scope="write:refunds")
    def refund(order: str, amount: float) -> str:
        return f"{amount} for {order}"

    with SUPPORT.start_session():
        assert refund("order_123", 50.0) == "50.0 for order_123"
    with ANALYTICS.start_session(), pytest.raises(PermissionDenied, match="lacks the scope write:refunds"):
        refund("order_123", 50.0)


def test_outside_any_session_it_is_refused_and_not_skipped() -> None:
    ran = []

    @sudo()
    def lookup() -> None:
        ran.append(1)

    @sudo()
    async def lookup_later() -> None:
        ran.append(1)

    with pytest.raises(PermissionDenied, match="no agent's session"):
        lookup()
    with pytest.raises(PermissionDenied, match="no agent's session"):
        asyncio.run(lookup_later())
    assert not ran


def test_the_arguments_are_bound_and_sent_whole(here: Running) -> None:
    @dataclass
    class Item:
        name: str

    @sudo()
    def lookup(first: int, /, second: Any = 2, *rest: Any, named: Any = None, **more: Any) -> None: ...

    with OTHER.start_session():
        lookup(1, Item("x"), Path("/a"), 4, named=(1, 2), extra={"a": None})
    (entry,) = [one for one in sent(here, "lookup") if "extra" in one["arguments"]]
    assert entry["arguments"] == {
        "first": 1, "second": {"name": "x"}, "rest": ["/a", 4], "named": [1, 2], "extra": {"a": None},
    }  # fmt: skip
    assert entry["actor"] == "other-bot"
    assert entry["source"] == "agent"


def sent(running: Running, tool: str) -> list[dict[str, Any]]:
    """The requests about a tool, as received."""
    found = []
    for entry in running.entries("decision"):
        log, seq = entry["body"]["log"], entry["seq"]
        payload = running.as_operator("GET", f"/evaluations/{log}-{seq}")["payload"]
        if payload["request"].get("tool") == tool:
            found.append(payload["request"])
    return found


def test_an_argument_hides_no_other() -> None:
    @sudo()
    def lookup(order: str, /, **more: Any) -> None: ...

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="Two arguments are named 'order'"):
        lookup("a", order="b")


def test_an_argument_that_nobody_could_read_stops_the_call() -> None:
    ran = []

    @sudo()
    def lookup(what: Any) -> None:
        ran.append(what)

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="no JSON that means the same"):
        lookup(object())
    assert not ran


def test_methods_leave_themselves_out_and_static_ones_do_not() -> None:
    class Shop:
        @sudo(action="tick")
        def method(self, amount: int) -> int:
            return amount

        @classmethod
        @sudo(action="tick")
        def of_class(cls, amount: int) -> int:
            return amount

        @staticmethod
        @sudo(action="tick")
        def of_none(amount: int) -> int:
            return amount

    with OTHER.start_session():
        shop = Shop()
        assert [shop.method(1), Shop.of_class(2), Shop.of_none(3), Shop.method(shop, amount=4)] == [1, 2, 3, 4]


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "innocent").symlink_to("/srv/project/.env")
    read = []

    @sudo()
    def read_file(path: str) -> None:
        read.append(path)

    with OTHER.start_session(source="user"):
        read_file("/srv/project/a.py")
        with pytest.raises(PermissionDenied, match="Credentials are never read"):
            read_file(str(tmp_path / "innocent"))
    assert read == ["/srv/project/a.py"]


def test_a_mistake_in_its_use_shows_at_once() -> None:
    with pytest.raises(TypeError, match="no parameter"):
        sudo(target="what")(lambda path: None)
    with pytest.raises(ValueError, match="on_deny"):
        sudo(on_deny="ignore")(lambda: None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="directly above"):
        sudo()(staticmethod(lambda: None))


def test_how_it_went_is_reported_without_what_it_said(here: Running) -> None:
    @sudo()
    def tick(fail: bool) -> str:  # noqa: FBT001
        if fail:
            raise ValueError("the secret is xyzzy")
        return "the secret is xyzzy"

    before = len(here.entries("execution.result"))
    with OTHER.start_session():
        tick(False)
        with pytest.raises(ValueError, match="secret"):
            tick(True)
    good, bad = here.entries("execution.result")[before:]
    assert good["body"]["data"]["status"] == "ok"
    assert bad["body"]["data"]["status"] == "error"
    assert bad["body"]["data"]["error"] == "ValueError"
    assert "xyzzy" not in str(good) + str(bad)


def test_arguments_that_change_while_the_call_is_decided_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ["a"]

    @sudo()
    def refund(order: list[str]) -> None:
        raise AssertionError

    with SUPPORT.start_session():
        exchange = SUPPORT.client._exchange

        def meddled(send: Any) -> Any:
            answer = exchange(send)
            order.append("b")
            return answer

        monkeypatch.setattr(SUPPORT.client, "_exchange", meddled)
        with pytest.raises(PermissionDenied, match="changed while"):
            refund(order)
