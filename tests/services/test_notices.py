"""Notices: who is told of what waits, in which words, and what happens where nobody answers."""

import base64
import hashlib
import hmac
import http.server
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.main import clock
from app.notify.channels import channels
from app.notify.notice import UndeliveredError
from app.notify.relay import Relay
from app.notify.webhook import Webhook, secret_bytes, signature
from app.services.notices import MOST_A_MINUTE
from app.settings import Settings
from app.storage.database import Database
from app.storage.sole import sole
from tests.api.asking import activate, approve, asked, decide, entries, tool
from tests.api.world import World, world
from tests.hostile import HOSTILE
from tests.processes import until
from tests.services.deeds import Told, notices_of

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
PUSH = {"tool": "Bash", "arguments": {"command": "git push", "note": HOSTILE}, "source": "user", "target": HOSTILE[0]}


class Receiver:
    """An HTTP server that answers with the next of `answers`, then with 204, and keeps what came."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.heard: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@contextmanager
def asking(folder: Path, **settings: Any) -> Iterator[World]:
    with world(folder, **settings) as made:
        activate(made)
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with asking(tmp_path) as made:
        yield made


def told(world: World, prefix: str = "notice.") -> list[tuple[str, dict[str, str]]]:
    return [(one["type"], one["body"]["data"]) for one in entries(world) if one["type"].startswith(prefix)]


def test_a_notice_is_signed_and_holds_nothing_that_an_agent_wrote(tmp_path: Path, receiver: Receiver) -> None:
    with asking(tmp_path, notify_webhook=receiver.url, notify_secret=SECRET) as made:
        name = asked(made, PUSH)
        until(lambda: told(made))
        assert told(made) == [("notice.sent", {"approval": name, "channel": "webhook"})]
    ((headers, body),) = receiver.heard
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"k" * 32, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == name
    notice = json.loads(body)
    assert {one: notice[one] for one in ("type", "approval", "agent", "level", "risk")} == {
        "type": "approval.opened",
        "approval": name,
        "agent": "coder",
        "level": "REQUIRE_STRONG_APPROVAL",
        "risk": "critical",
    }
    assert notice["url"].endswith(f"/console/approvals/{name}")
    assert "network" in notice["does"]
    assert set(notice) == {
        *("type", "approval", "agent", "level", "risk", "does", "opened_at", "expires_at", "url"),
    }
    assert not [text for text in ("git", "push", "Bash", *HOSTILE) if len(text) > 2 and text in body.decode()]


def test_what_was_opened_is_told_in_order_once_and_what_was_answered_is_not(fresh: World) -> None:
    first, second, third = (asked(fresh, tool(arguments={"n": number})) for number in range(3))
    decide(fresh, second, decision="deny")
    channel = Told()
    notices = notices_of(fresh.service)
    assert [notices.tell(channel) for _ in range(4)] == [0.0, 0.0, 0.5, 0.5]
    assert [one.approval for one in channel.notices] == [first, third]
    # Another process, or this one after it was killed, goes on from there.
    fourth = asked(fresh, tool(arguments={"n": 4}))
    assert [notices_of(fresh.service).tell(channel) for _ in range(2)] == [0.0, 0.5]
    assert channel.notices[-1].approval == fourth


class Clock:
    """The time, which stands still until something is added to it."""

    def __init__(self) -> None:
        self._begun = clock()
        self.later = 0.0

    def __call__(self) -> int:
        return self._begun + int(self.later * 1_000_000)


def no_answer(_: int = 0) -> UndeliveredError:
    return UndeliveredError("no answer", again=True)


def waits(world: World, number: int = 0) -> str:
    """A request that waits for an hour."""
    return asked(world, tool("mcp:log/put", arguments={"n": number}))


def test_a_notice_that_does_not_arrive_is_tried_again_at_longer_intervals_and_given_up(fresh: World) -> None:
    waits(fresh)
    now = Clock()
    dead, late = Told(no_answer), Told(lambda tries: no_answer() if tries < 4 else None)
    dead.name = "dead"
    notices = notices_of(fresh.service, now)
    tried = []
    for pause in (0, 1, 2, 4, 8, 16, 32, 60):
        now.later += pause
        for channel in (dead, late):
            while notices.tell(channel) == 0.0:
                pass
        tried.append((dead.tries, late.tries, len(late.notices)))
    assert tried == [(1, 1, 0), (2, 2, 0), (3, 3, 0), *[(number, 4, 1) for number in range(4, 9)]]
    now.later += 600
    assert notices.tell(dead) == 0.5
    assert told(fresh)[-1][1] | {"approval": ""} == {"approval": "", "channel": "dead", "reason": "no answer"}
    refuses = Told(lambda _: UndeliveredError("status 410", again=False))
    refuses.name = "refuses"
    assert [notices.tell(refuses) for _ in range(2)] == [0.0, 0.5]
    assert told(fresh)[-1][0] == "notice.failed"


def test_what_is_late_keeps_nothing_waiting_and_a_crash_loses_none_of_it(fresh: World) -> None:
    names = [waits(fresh, number) for number in range(4)]
    now = Clock()
    # The second does not arrive, at first.
    channel = Told(lambda tries: no_answer() if tries == 2 else None)
    notices = notices_of(fresh.service, now)
    assert [notices.tell(channel) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]
    assert [one.approval for one in channel.notices] == [names[0], names[2], names[3]]
    # A process that is killed now has written how far nothing is left to tell: those behind may come twice.
    again = Told()
    for _ in range(3):
        notices_of(fresh.service, now).tell(again)
    assert [one.approval for one in again.notices] == names[1:]
    now.later = 1.1
    assert [notices.tell(channel) for _ in range(2)] == [0.5, 0.5], "another process has told of it"


def test_what_is_late_is_told_once_more_while_it_waits(fresh: World) -> None:
    answered, open_ = waits(fresh, 1), waits(fresh, 2)
    now = Clock()
    channel = Told(lambda tries: no_answer() if tries < 3 else None)
    notices = notices_of(fresh.service, now)
    while notices.tell(channel) == 0.0:
        pass
    decide(fresh, answered, decision="deny")
    now.later = 1.1
    while notices.tell(channel) == 0.0:
        pass
    assert [one.approval for one in channel.notices] == [open_]
    assert told(fresh) == [("notice.sent", {"approval": open_, "channel": "told"})]


def test_a_channel_that_is_down_is_not_asked_about_ever_more(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.notices.MOST_LATER", 2)
    for number in range(4):
        waits(fresh, number)
    channel = Told(no_answer)
    notices = notices_of(fresh.service, Clock())
    assert [notices.tell(channel) for _ in range(4)] == [0.0, 0.0, 0.5, 0.5]
    assert channel.tries == 2


def test_what_was_not_delivered_before_a_crash_is_delivered_after_it(tmp_path: Path, receiver: Receiver) -> None:
    with asking(tmp_path) as made:
        name = asked(made, tool("mcp:log/put"))
        broken = Told(lambda _: UndeliveredError("no answer", again=True))
        broken.name = "webhook"
        notices_of(made.service).tell(broken)
        keys, log = made.keys, made.log
        # No goodbye: what a killed process knew is gone, and the database is as it was.
        notices = notices_of(made.service)
        assert notices.tell(on(receiver)) == 0.0
        assert (keys, log) == (made.keys, made.log)
        assert told(made) == [("notice.sent", {"approval": name, "channel": "webhook"})]
    assert [headers["webhook-id"] for headers, _ in receiver.heard] == [name]


def on(receiver: Receiver) -> Any:
    return Webhook(receiver.url, SECRET)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, fresh: World, status: int) -> None:
    other = Receiver()
    receiver.answers = [(status, {"location": other.url})]
    asked(fresh, tool())
    assert notices_of(fresh.service).tell(on(receiver)) == 0.0
    assert told(fresh)[0][1]["reason"] == f"status {status}"
    other.close()
    assert other.heard == []


@pytest.mark.parametrize(("status", "again"), [(500, True), (503, True), (429, True), (400, False), (404, False)])
def test_what_may_arrive_later_is_told_from_what_will_not(receiver: Receiver, status: int, *, again: bool) -> None:
    receiver.answers = [(status, {})]
    with pytest.raises(UndeliveredError) as refused:
        on(receiver).send(a_notice())
    assert (refused.value.reason, refused.value.again) == (f"status {status}", again)


def a_notice() -> Any:
    from app.core.model import EffectKind
    from app.notify.notice import Notice

    return Notice(
        approval="a_1",
        agent="coder",
        level="REQUIRE_APPROVAL",
        risk="high",
        does=(EffectKind.PAY,),
        opened_at="2026-11-22T10:00:00.000000Z",
        expires_at="2026-11-22T10:02:00.000000Z",
        url="http://127.0.0.1:8787/console/approvals/a_1",
    )


def test_a_channel_that_swallows_everything_delays_no_decision_and_no_end(tmp_path: Path) -> None:
    """It takes the connection and never says a word; meanwhile agents ask, people answer, callers are woken."""
    hole = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{hole.getsockname()[1]}/secret-path"
    with asking(tmp_path, notify_webhook=url, notify_secret=SECRET) as made:
        name = asked(made, tool())
        swallowed, _ = hole.accept()
        answers: list[Any] = []
        waits = threading.Thread(target=lambda: answers.append(made.evaluate({**tool(), "wait_ms": 60_000})))
        waits.start()
        until(lambda: made.client.get("/approvals", headers=made.admin).json()["approvals"][0]["waiting"] == 1)
        approve(made, name)
        waits.join(60)
        assert answers[0]["allowed"], answers
        assert made.evaluate()["decision"] == "REQUIRE_APPROVAL"
        assert told(made) == []
    swallowed.close()
    hole.close()


def test_an_agent_that_asks_and_takes_back_makes_only_so_much_noise(fresh: World) -> None:
    channel = Told()
    notices = notices_of(fresh.service)
    for number in range(MOST_A_MINUTE + 5):
        name = asked(fresh, tool(arguments={"n": number}))
        notices.tell(channel)
        fresh.client.post(f"/approvals/{name}/cancel", headers=fresh.pep)
    assert len(channel.notices) == MOST_A_MINUTE
    assert told(fresh)[-1][1]["reason"] == "more than ten a minute of this agent"
    asked(fresh, tool(), "other")
    notices.tell(channel)
    assert channel.notices[-1].agent == "other"


def test_of_all_processes_one_tells_and_another_takes_over(database: Database) -> None:
    with sole(database, "notices-x") as first, sole(database, "notices-x") as second, sole(database, "y") as other:
        assert (first, second, other) == (True, False, True)
    with sole(database, "notices-x") as third:
        assert third


def test_slack_ntfy_and_others_are_told_by_apprise(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    address = receiver.url.replace("http://", "json://user:hunter2@")
    relay = Relay("json-1", address)
    with caplog.at_level(logging.DEBUG):
        relay.send(a_notice())
        ((_, body),) = receiver.heard
        assert "coder asks (high)" in body.decode()
        assert "It would: pay. Open until 10:02:00 UTC." in body.decode()
        other = Receiver()
        receiver.answers = [(302, {"location": other.url})]
        for arrives in (Relay("json-1", f"{address}?redirect=yes"), Relay("json-1", "json://127.0.0.1:9/")):
            with pytest.raises(UndeliveredError, match="not delivered"):
                arrives.send(a_notice())
        other.close()
        assert other.heard == []
    assert "hunter2" not in caplog.text


def test_a_mistake_in_an_address_or_secret_is_told_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="NOTIFY_URLS, number 2: apprise does not know") as refused:
        channels("", "", ["json://127.0.0.1/", "nothing://hunter2@x"])
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ValueError, match="NOTIFY_SECRET: it is whsec_") as refused:
        channels("https://hooks.example/", "whsec_hunter2", [])
    assert "hunter2" not in str(refused.value)
    given = {"notify_webhook": "https://h.example/hunter2", "notify_secret": SECRET, "notify_urls": "slack://hunter2"}
    settings = Settings(home=tmp_path, **given)  # type: ignore[arg-type]  # as the environment gives them: texts
    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)
    for wrong in (
        {"notify_webhook": "http://hooks.example/hunter2", "notify_secret": SECRET},
        {"notify_webhook": "https://hooks.example/hunter2"},
        {"notify_secret": SECRET},
        {"notify_webhook": "https://[hunter2", "notify_secret": SECRET},
    ):
        with pytest.raises(ValueError, match="NOTIFY") as refused:
            Settings(home=tmp_path, **wrong)  # type: ignore[arg-type]  # as above


def test_a_signature_covers_id_time_and_body() -> None:
    secret = secret_bytes(SECRET)
    right = signature(secret, "a_1", "1", b"{}")
    others = {
        signature(secret, "a_2", "1", b"{}"),
        signature(secret, "a_1", "2", b"{}"),
        signature(secret, "a_1", "1", b"[]"),
        signature(b"x" * 32, "a_1", "1", b"{}"),
    }
    assert right not in others
    assert len(others) == 4
