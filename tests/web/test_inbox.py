"""The inbox: what is alike stands together, and a page hears of changes for as long as its visit lasts."""

from typing import Any

from tests.api.asking import asked
from tests.api.world import World
from tests.web.browser import Browser


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


def test_a_page_hears_of_changes_and_goes_on_where_it_broke_off(fresh: World) -> None:
    """The stream is left by signing out, since this client reads to the end."""
    admin = Browser(fresh)
    names = [asked(fresh, mail(to)) for to in ("a@b.example", "c@d.example")]
    assert set(admin.get("/news").json()) == set(names)
    admin.post("/sign-out")
    assert admin.get("/stream?after=0").status_code == 303
