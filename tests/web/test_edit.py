"""Editing: other arguments are approved in the place of those sent, after they were shown as any request is."""

import html
import json
import re
from typing import Any

import pytest

from tests.api.asking import asked
from tests.api.world import PASSPHRASE, World
from tests.web.browser import PUSH, Browser, status

TO = ["a@b.example", "c@d.example"]
SENT: dict[str, Any] = {"to": TO, "n": 1, "f": 0.5, "t": True, "odd": "a\u202eb", "e": {}}
MAIL: dict[str, Any] = {"tool": "send_email", "source": "user", "arguments": SENT}
# As the form has them, in its order.
FIELDS = {"e": None, "f": "0.5", "n": "1", "odd": "a\\u202eb", "t": "true", "to0": TO[0], "to1": TO[1]}
PLACES = {name: at for at, name in enumerate(FIELDS)}


def fields(*left_out: str, **changed: str) -> dict[str, str]:
    """The form with these fields changed."""
    sent = {f"value{PLACES[name]}": text for name, text in FIELDS.items() if text is not None}
    sent |= {f"value{PLACES.get(name, 99)}": text for name, text in changed.items()}
    return sent | {f"drop{PLACES[name]}": "1" for name in left_out}


def looked(admin: Browser, name: str, form: dict[str, str]) -> Any:
    """What the page says would be approved."""
    answer = admin.post(f"/approvals/{name}/edit/look", **form)
    assert answer.status_code == 200, answer.text
    return json.loads(html.unescape(re.findall(r'name="arguments" value="([^"]*)"', answer.text)[0]))


@pytest.fixture(scope="module")
def mail(api: World) -> str:
    return asked(api, MAIL | {"cwd": "/mail"})


def test_nothing_hidden_stands_in_a_field(admin: Browser, mail: str) -> None:
    shown = admin.get(f"/approvals/{mail}/edit").text
    assert "\u202e" not in shown
    assert "a\\u202eb" in shown
    assert looked(admin, mail, fields()) == SENT


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (fields(to0="x@y.example"), {"to": ["x@y.example", TO[1]]}),
        (fields("to1"), {"to": [TO[0]]}),
        (fields("to0", "to1", "n"), {"to": [], "n": None}),
        (fields(n="2"), {"n": 2}),
        (fields(n="1.5"), {"n": 1.5}),
        (fields(t="false"), {"t": False}),
        (fields(to0="line\r\nline"), {"to": ["line\nline", TO[1]]}),
        (fields(to0="1"), {"to": ["1", TO[1]]}),
        (fields(odd="a\\nb"), {"odd": "a\nb"}),
        (fields(nobody="asked"), {}),
    ],
    ids=str,
)
def test_a_form_changes_what_it_names_and_nothing_else(
    admin: Browser, mail: str, form: dict[str, str], expected: dict[str, Any]
) -> None:
    found = {name: value for name, value in {**SENT, **expected}.items() if value is not None}
    assert json.dumps(looked(admin, mail, form), sort_keys=True) == json.dumps(found, sort_keys=True)


WRONG = [
    {"n": "one"},
    {"n": "[]"},
    {"n": "1, 2"},
    {"t": '"x"'},
    {"odd": '", "x": "'},
    {"n": '1, "x": 2'},
    {"f": "1e999"},
]


@pytest.mark.parametrize("changed", WRONG, ids=str)
def test_a_number_stays_a_number_and_a_text_a_text(admin: Browser, mail: str, changed: dict[str, str]) -> None:
    answer = admin.post(f"/approvals/{mail}/edit/look", **fields(**changed))
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)


def test_what_is_approved_is_what_was_looked_at(api: World, admin: Browser) -> None:
    request = MAIL | {"cwd": "/looked"}
    name = asked(api, request)
    shown = admin.post(f"/approvals/{name}/edit/look", **fields("to1")).text
    assert "Left out" in shown
    assert status(api, name) == "pending"
    (arguments,) = re.findall(r'name="arguments" value="([^"]*)"', shown)
    assert admin.post(f"/approvals/{name}/edit", arguments=html.unescape(arguments)).status_code == 303
    assert "Approved in its place" in admin.get(f"/approvals/{name}").text
    instead = {**request, "arguments": {**SENT, "to": TO[:1]}}
    assert [api.evaluate(one)["allowed"] for one in (request, instead, instead)] == [False, True, False]
    assert admin.get(f"/approvals/{name}/edit").status_code == 409


def test_an_edit_needs_what_an_approval_needs(api: World, admin: Browser) -> None:
    name = asked(api, PUSH | {"cwd": "/edit"})
    other = json.dumps({"command": "git push origin main"})
    assert admin.post(f"/approvals/{name}/edit", secret="", arguments=other).status_code == 403
    assert admin.post(f"/approvals/{name}/edit", arguments=other).status_code == 403, "it is strong"
    assert admin.post(f"/approvals/{name}/edit", arguments='{"a": 1, "a": 2}', passphrase=PASSPHRASE).status_code == 400
    assert Browser(api, "auditor").post(f"/approvals/{name}/edit", arguments=other).status_code == 403
    assert status(api, name) == "pending"
    assert admin.post(f"/approvals/{name}/edit", arguments=other, passphrase=PASSPHRASE).status_code == 303
    assert status(api, name) == "denied"


def test_too_many_arguments_are_not_edited_here(api: World, admin: Browser) -> None:
    name = asked(api, {"tool": "send_email", "source": "user", "arguments": {"to": ["x"] * 400}})
    assert admin.get(f"/approvals/{name}/edit").status_code == 409
