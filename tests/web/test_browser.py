"""The console in a real browser on a real service, with and without scripts."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.homes import PASSPHRASE
from tests.processes import until
from tests.web.buttons import BUTTONS, OTHERS
from tests.web.pressing import look, press, sign_in
from tests.web.scenes import Stage, shell
from tests.web.test_hostile_text import CORPUS

PAGES = ("", "/activity", "/activity/20", "/agents", "/sessions", "/delegations", "/policy", "/stops")


def placed(text: Any, places: dict[str, str]) -> Any:
    """A step with its places filled in."""
    if isinstance(text, tuple):
        return tuple(placed(one, places) for one in text)
    return re.sub(r"{(\w+)}", lambda found: places.get(found[1], found[0]), text)


@pytest.fixture
def nothing_stopped(staged: Stage) -> Iterator[None]:
    """What a test stops goes on after it."""
    yield
    for stop in staged.get("/stops")["stops"]:
        staged.delete(f"/stops/{stop['id']}")


@pytest.mark.usefixtures("nothing_stopped")
@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: f"{button['at']}-{button['steps'][-1]}")
def test_every_button_does_what_it_says(page: Any, staged: Stage, button: dict[str, Any]) -> None:
    places = {"mode": str(page.scripts), "session": staged.do("/sessions", {"prompts": ["Go on."]})["id"]}
    if "asks" in button:
        places["ask"] = staged.ask("button", shell(placed(button["asks"], places), session_id=places["session"]))
    if button["at"] == "/delegations":
        wish = {"agent": "coder", "allowed_actions": ["read_file"], "ttl_seconds": 60}
        places["delegation"] = staged.do("/delegations", wish, by_operator=True)["id"]
    if "stopped" in button:
        staged.do("/stops", {"kind": "tool", "name": "mcp:shop/buy"}, by_operator=True)
    page.goto(f"/console{placed(button['at'], places)}")
    for step in (placed(one, places) for one in button["steps"]):
        if isinstance(step, str):
            press(page, step)
        else:
            page.fill(*step)
    if "sees" in button:
        page.wait_for_selector(button["sees"])
    if "status" in button:
        assert staged.get(f"/approvals/{places['ask']}")["status"] == button["status"]


def test_there_is_no_button_that_nobody_pressed(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    approval = f"/approvals/{staged.waiting['push']}"
    session = staged.do("/sessions", {"prompts": ["Go on."]})["id"]
    for path in (*PAGES, approval, f"{approval}/edit", f"{approval}/delegation"):
        page.goto(f"/console{path}")
        for step in (step for one in BUTTONS for step in one["steps"] if isinstance(step, str)):
            selector = re.sub(r"\[data-id={ask}\]|\[action\*='{\w+}'\]", "", step)
            page.eval_on_selector_all(selector, "all => all.forEach((one) => one.setAttribute('data-pressed', ''))")
        left = page.eval_on_selector_all(
            f"button:not([data-pressed]):not({', '.join(OTHERS)})", "all => all.map((one) => one.outerHTML)"
        )
        assert left == [], path
    staged.do(f"/sessions/{session}/prompts", {"prompt": "Thank you."})


def test_enter_denies(page: Any, staged: Stage) -> None:
    name = staged.ask("one", shell(f"git push origin enter-{page.scripts}"))
    page.goto(f"/console/approvals/{name}")
    page.wait_for_selector("#deny:focus")
    if page.scripts:
        assert page.evaluate("scrollY") == 0
        look(page)
    page.keyboard.press("Enter")
    if not page.scripts:
        page.fill("[name=passphrase]", PASSPHRASE)
        page.keyboard.press("Enter")
    page.wait_for_selector("aside h2:has-text('Denied')")


def test_a_list_never_approves(page: Any, staged: Stage) -> None:
    page.goto("/console")
    assert page.locator(".request").count() > 0
    assert page.locator("[value^=approve]").count() == 0


def test_alike_requests_are_grouped_and_callers_counted(page: Any, staged: Stage) -> None:
    request = shell(f"git push origin held-{page.scripts}")
    staged.hold(request, 3)
    name = staged.ask("held", request)
    page.goto("/console")
    assert page.locator(".more summary:has-text('2 more like it')").count() >= 1
    assert "×3 waiting" in page.locator(f"[data-id={name}]").text_content()
    page.goto(f"/console/approvals/{name}")
    assert page.locator("#callers").inner_text() == "3 callers"


def test_what_is_new_is_said_and_nothing_moves(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    page.goto("/console")
    page.wait_for_selector("#live:has-text('Live')")
    before = page.locator(".request").count()
    name = staged.ask("news", shell("git push origin news"))
    page.wait_for_selector("#news:has-text('1 new')")
    assert page.locator(".request").count() == before
    page.click("#news a")
    page.wait_for_selector(f"[data-id={name}]", state="attached")


def test_an_answer_elsewhere_shows_at_once(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    name = staged.ask("elsewhere", shell("git push origin elsewhere"))
    page.goto(f"/console/approvals/{name}")
    staged.do(f"/approvals/{name}/decision", {"decision": "deny"}, by_operator=True)
    page.wait_for_selector("aside h2:has-text('Denied')")


def test_a_changed_draft_is_counted_again_by_itself(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    page.goto(f"/console/approvals/{staged.waiting['push']}/delegation")
    counted = page.input_value("[name=counted]")
    page.fill("[name=commands]", "git push origin *")
    page.keyboard.press("Tab")
    until(lambda: page.input_value("[name=counted]") != counted)


def test_a_proposal_is_put_in_force_by_the_one_who_saw_the_difference(page: Any, staged: Stage) -> None:
    page.goto("/console/policy")
    assert page.locator(".added").count() > 0
    before = staged.get("/policy")["digest"]
    press(page, "form[action$='/activate'] button >> nth=0")
    page.wait_for_selector("h1:has-text('Policy')")
    assert staged.get("/policy")["digest"] != before


def test_a_tab_without_the_second_secret_asks_for_the_passphrase(open_page: Callable[..., Any], staged: Stage) -> None:
    name = staged.ask("six", shell("git push origin tab"))
    other = open_page().context.new_page()
    other.goto(f"/console/approvals/{name}")
    look(other)
    other.click("#approve")
    other.wait_for_selector("text=Your passphrase, please")
    other.close()
    assert staged.get(f"/approvals/{name}")["status"] == "pending"


def test_every_page_fits_a_phone(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    page.set_viewport_size({"width": 390, "height": 844})
    approval = f"/approvals/{staged.waiting['mail']}"
    push = f"/approvals/{staged.waiting['push']}/delegation"
    for path in (*PAGES, approval, f"{approval}/edit", push):
        page.goto(f"/console{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.set_viewport_size({"width": 1280, "height": 720})


def test_signing_out_ends_the_visit(page: Any) -> None:
    page.goto("/console")
    press(page, "form[action='/console/sign-out'] button")
    page.wait_for_selector("[name=passphrase]")
    page.goto("/console/activity")
    assert page.url.endswith("/console/sign-in?next=/console/activity")
    sign_in(page)


def test_nothing_that_an_agent_wrote_runs_or_reaches_out(open_page: Callable[..., Any], staged: Stage) -> None:
    page = open_page()
    happened: list[str] = []

    def dismissed(dialog: Any) -> None:
        happened.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    page.on("request", lambda made: happened.append(made.url) if not made.url.startswith(staged.url) else None)
    texts = {f"a{at}": one["text"] for at, one in enumerate(CORPUS)}
    name = staged.ask("hostile", {"tool": "send_email", "arguments": texts, "target": CORPUS[0]["text"]})
    for path in ("", f"/approvals/{name}", f"/approvals/{name}/edit", "/activity"):
        page.goto(f"/console{path}")
        assert page.title().endswith("· agent-sudo")
        assert page.evaluate("Object.keys(document.documentElement.dataset).length") == 0
        assert page.locator("iframe, object, embed, img, style, base, main script").count() == 0
    assert happened == []
