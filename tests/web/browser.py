"""An operator's browser without a screen, and what it can tell of a page."""

import re
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

from tests.api.world import PASSPHRASE, World

POLICY = """\
version: 1
rules:
  - {id: mails, ask: send_email}
  - {id: pushes, ask: shell, command: "git push *", risk: critical, reason: Pushing publishes work to others.}
"""
OURS = {"sec-fetch-site": "same-origin"}
PUSH = {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"}


class Browser:
    """An operator's browser; `secret` is what its tab keeps."""

    def __init__(self, world: World, name: str = "admin", address: str = "127.0.0.1") -> None:
        self.client: TestClient = world.from_address(address)
        answer = self.post("/sign-in", name=name, passphrase=PASSPHRASE, secret="")
        assert answer.status_code == 200, answer.text
        (self.secret,) = re.findall(r'data-secret="([^"]+)"', answer.text)
        self.cookie = str(answer.headers["set-cookie"])

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(f"/console{path}", headers=headers)

    def post(self, path: str, headers: dict[str, str] | None = None, /, **fields: str) -> Any:
        data = {"secret": getattr(self, "secret", ""), **fields}
        return self.client.post(f"/console{path}", data=data, headers=OURS if headers is None else headers)


def status(world: World, name: str) -> str:
    found: str = world.client.get(f"/approvals/{name}", headers=world.admin).json()["status"]
    return found


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, frozenset[str]]] = set()
        self.addresses: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, frozenset(name for name, _ in attrs)))
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src", "action")}

    def handle_data(self, data: str) -> None:
        self.text += data
