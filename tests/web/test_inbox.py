"""The inbox: what is alike stands together, and a page hears of changes for as long as its visit lasts."""

from typing import Any
from urllib.parse import urlencode

from tests.api.asking import asked
from tests.api.world import World
from tests.homes import OPERATOR, PASSPHRASE
from tests.web.browser import Browser
from tests.web.scenes import Stage, shell


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


def test_a_stream_goes_on_where_it_broke_off_and_ends_with_its_visit(staged: Stage) -> None:
    ours = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    door, stream = staged.connect(), staged.connect()
    door.request("POST", "/console/sign-in", urlencode({"name": OPERATOR, "passphrase": PASSPHRASE}), ours)
    answer = door.getresponse()
    cookie = {"Cookie": str(answer.getheader("set-cookie")).partition(";")[0]}
    answer.read()
    stream.request("GET", "/console/stream", headers={**cookie, "Last-Event-ID": "0"})
    heard = stream.getresponse()
    assert heard.readline().startswith(b"id: ")
    assert heard.readline() == b"data: changed\n"
    door.request("POST", "/console/sign-out", "", {**ours, **cookie})
    assert door.getresponse().status == 303
    staged.ask("after", shell("git push origin after"))
    assert b"changed" not in heard.read()
    door.close()
    stream.close()
