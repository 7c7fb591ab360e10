"""The inbox: what is alike stands together, and a page hears of changes for as long as its visit lasts."""

from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

import pytest

from app.services.streams import MOST
from tests.api.asking import asked
from tests.api.world import World
from tests.homes import OPERATOR, PASSPHRASE
from tests.processes import until
from tests.web.browser import Browser
from tests.web.scenes import Stage, shell

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


def mail(to: str, **more: Any) -> dict[str, Any]:
    return {"tool": "send_email", "arguments": {"to": to}, "source": "user", **more}


def test_what_differs_in_its_words_only_stands_together(fresh: World) -> None:
    admin = Browser(fresh)
    for to in ("a@b.example", "c@d.example", "e@f.example"):
        asked(fresh, mail(to))
    asked(fresh, mail("g@h.example", actor="coder/part"))
    shown = admin.get().text
    assert "2 more like it" in shown
    assert shown.count("<article") == 4
    assert "4 requests" in shown


def test_a_page_asks_what_waits_and_for_how_many(fresh: World) -> None:
    admin = Browser(fresh)
    names = [asked(fresh, mail(to)) for to in ("a@b.example", "c@d.example")]
    assert admin.get("/news").json() == dict.fromkeys(names, 0)


class Visit:
    """Somebody signed in on pages, who listens."""

    def __init__(self, staged: Stage, name: str = OPERATOR) -> None:
        self._staged = staged
        self._door = staged.connect()
        self._door.request("POST", "/console/sign-in", urlencode({"name": name, "passphrase": PASSPHRASE}), OURS)
        answer = self._door.getresponse()
        self._cookie = {"Cookie": str(answer.getheader("set-cookie")).partition(";")[0]}
        answer.read()
        self._streams: list[HTTPConnection] = []

    def listen(self) -> HTTPResponse:
        stream = self._staged.connect()
        self._streams.append(stream)
        stream.request("GET", "/console/stream", headers={**self._cookie, "Last-Event-ID": "0"})
        return stream.getresponse()

    def sign_out(self) -> None:
        self._door.request("POST", "/console/sign-out", "", {**OURS, **self._cookie})
        assert self._door.getresponse().status == 303

    def close(self) -> None:
        for one in (self._door, *self._streams):
            one.close()


@pytest.mark.parametrize("ends", ["signed out", "disabled"])
def test_a_stream_goes_on_where_it_broke_off_and_ends_with_its_visit(staged: Stage, ends: str) -> None:
    name = f"who is {ends}".replace(" ", "-")
    staged.do("/operators", {"name": name, "role": "approver", "passphrase": PASSPHRASE}, by_operator=True)
    visit = Visit(staged, name)
    heard = visit.listen()
    assert heard.readline().startswith(b"id: ")
    assert heard.readline() == b"data: changed\n"
    if ends == "disabled":
        staged.do(f"/operators/{name}/disable", {}, by_operator=True)
    else:
        visit.sign_out()
    staged.ask("after", shell(f"git push origin {name}"))
    assert b"changed" not in heard.read()
    visit.close()


def test_a_visit_listens_so_often_and_others_still_do(staged: Stage) -> None:
    one, other = Visit(staged), Visit(staged)
    assert {one.listen().status for _ in range(MOST)} == {200}
    assert one.listen().status == 429
    assert other.listen().status == 200
    one.close()
    until(lambda: one.listen().status == 200)
    one.close()
    other.close()
