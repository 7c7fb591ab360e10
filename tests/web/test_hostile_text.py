"""What an agent wrote is text on every page: it runs nothing, adds nothing, and hides nothing."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.core.model import NAME
from tests.api.asking import asked
from tests.api.world import World
from tests.web.browser import Browser, Elements

CORPUS: list[dict[str, str]] = YAML(typ="safe", pure=True).load(
    (Path(__file__).parents[1] / "cases/hostile_strings.yaml").read_bytes()
)
# So many wait at once; an agent may have twenty.
_AT_ONCE = 10
CHUNKS = [CORPUS[at : at + _AT_ONCE] for at in range(0, len(CORPUS), _AT_ONCE)]
KNOWN = set(
    re.findall(
        r"\w+",
        "html head meta title link script body a nav span svg path circle p b i form button input div header main h1 "
        "h2 section article time footer details summary label textarea dl dt dd bdi ul ol li aside kbd table thead "
        "tbody tr th td select option br pre fieldset legend",
    )
)


def _everywhere(text: str, session: str) -> dict[str, Any]:
    """A request that says `text` wherever an agent may say anything."""
    name = text if re.match(NAME, text) and len(text) <= 150 else "odd"
    return {
        "tool": name,
        "action": name,
        "actor": f"coder/{name}",
        "source": "user",
        "source_trust": "USER_DIRECT",
        "scope": name,
        "risk_hints": [name],
        "provenance": {"channel": name, "authentication_method": name, "request_id": name, "delegation_chain": [name]},
        "session_id": session,
        "target": text,
        "resolved_target": text[:500],
        "arguments": {text: text, "list": [{"a": text}], "command": text, "to": [text], "subject": text, "n": 1},
        "annotations": {"title": text, "readOnlyHint": False},
        "payload_summary": text,
        "cwd": text,
        "home": text,
    }


def _check(answer: Any) -> None:
    assert answer.status_code == 200, answer.text
    page = Elements(answer.text)
    assert {tag for tag, _ in page.found} <= KNOWN
    assert not [names for _, names in page.found if any(one.startswith("on") or one == "style" for one in names)]
    assert all(one.startswith("/console") or one == "#main" for one in page.addresses), page.addresses
    hidden = {one for one in page.text if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn")}
    assert hidden <= {"\n"}, [hex(ord(one)) for one in hidden]


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len({one["text"] for one in CORPUS}) >= 100
    kinds = {one["kind"] for one in CORPUS}
    assert kinds >= {"html", "breakout", "script", "css", "url", "template", "bidi", "invisible", "terminal"}


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"{chunk[0]['kind']}-{chunk[-1]['kind']}")
def test_what_an_agent_wrote_is_text_on_every_page(api: World, admin: Browser, chunk: list[dict[str, str]]) -> None:
    names = []
    for text in (one["text"] for one in chunk):
        opened = {"prompts": [text or "-"], "ttl_seconds": 600}
        run = api.client.post("/sessions", json=opened, headers=api.pep).json()["id"]
        api.client.post(
            f"/sessions/{run}/observations",
            json={"tool": "Read", "source": "user", "content": text},
            headers=api.pep,
        )
        names.append(asked(api, _everywhere(text, run)))
    for path in ("", "/activity", "/activity?text=alert", "/sessions", "/agents", "/policy"):
        _check(admin.get(path))
    for name, one in zip(names, chunk, strict=True):
        _check(admin.get(f"/approvals/{name}"))
        _check(admin.get(f"/approvals/{name}/edit"))
        raw = admin.get(f"/approvals/{name}/raw")
        assert (raw.headers["content-type"], raw.text.isascii()) == ("text/plain; charset=utf-8", True)
        assert admin.post(f"/approvals/{name}/answer", answer="deny-session", message=one["text"]).status_code == 303
        _check(admin.get(f"/approvals/{name}"))
    newest = api.client.get("/audit/entries?after=0&limit=1000", headers=api.admin).json()["entries"][-1]["seq"]
    for seq in range(newest - 4 * len(chunk), newest + 1, 9):
        _check(admin.get(f"/activity/{seq}"))


def test_what_would_be_approved_is_shown_whole(api: World, admin: Browser) -> None:
    long = "x" * 20_000
    request = {"tool": "send_email", "arguments": {"to": ["a@b.example"], "n": 1, "s": "1", "t": True, "long": long}}
    name = asked(api, {**request, "source": "user", "cwd": "/whole"})
    shown = Elements(admin.get(f"/approvals/{name}").text).text
    assert long in shown
    for part in ("to[0]", "a@b.example", "number", "true or false", "/whole"):
        assert part in shown
    assert admin.get(f"/approvals/{name}/raw").json()["arguments"]["long"] == long
