"""Whatever happens between a request and its repetition, in whatever order: no answer is given again that would not be
given anew, and none that would be is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.asking import activate, approve, session
from tests.api.world import ALLOWED, DENIED, World, world

POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: secrets, deny: read_file, path: ["**/.env"]}
  - {id: mails, ask: send_email, source: user}
"""
READ, MAIL, LENT, NEVER = range(4)
REQUESTS: tuple[dict[str, Any], ...] = (
    ALLOWED,
    {"tool": "send_email", "arguments": {"to": "a@example.org"}, "source": "user"},
    {"tool": "mcp:gh/get", "source": "user"},
    DENIED,
)
_names = iter(range(1_000_000))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("replays")) as made:
        activate(made, POLICY)
        yield made


class Play:
    """One session of one agent, what it was told in which name, and what must be answered again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = session(world)
        self.names: dict[tuple[int, int], str] = {}
        self.standing: dict[tuple[int, int], bytes] = {}  # what was allowed, and rests on nothing that has changed
        self.told: set[str] = set()
        self.pending: str | None = None
        self.tainted = False
        self.yes = 0
        self.sent: set[str] = set()  # mails that were allowed
        self.lent: list[str] = []

    def ask(self, which: int, named: int) -> None:
        at = (which, named)
        name = self.names.setdefault(at, f"random-{next(_names)}")
        request = REQUESTS[which] | {"session_id": self.session}
        headers = {**self.world.pep, "Idempotency-Key": name}
        answer = self.world.client.post("/evaluate", json=request, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if at in self.standing:
            assert answer.content == self.standing[at]
            return
        assert body["evaluation_id"] not in self.told, "nothing stood, so that this was decided anew"
        self.told.add(body["evaluation_id"])
        assert which != NEVER or not body["allowed"]
        if which == MAIL and not body["allowed"]:
            self._forget_mails()  # people are asked once more, and may say no
            waits = body["approval"] is not None and body["approval"]["status"] == "pending"
            self.pending = body["approval"]["id"] if waits else None
        if body["allowed"]:
            self.standing[at] = answer.content
        if body["allowed"] and which == MAIL:
            self.sent.add(body["evaluation_id"])
            self.pending = None
            assert len(self.sent) <= self.yes, "each yes lets one mail go"

    def say_yes(self) -> None:
        if self.pending is not None:
            approve(self.world, self.pending)
            self.pending = None
            self.yes += 1

    def say_no(self) -> None:
        if self.pending is not None:
            approve(self.world, self.pending, decision="deny")
            self.pending = None

    def _forget_mails(self) -> None:
        self.standing = {at: told for at, told in self.standing.items() if at[0] != MAIL}

    def lend(self) -> None:
        terms = {"agent": "coder", "allowed_actions": ["mcp:gh/*"], "ttl_seconds": 3_600, "max_uses": 100}
        made = self.world.client.post("/delegations", json=terms, headers=self.world.admin)
        self.lent.append(made.json()["id"])
        self.standing.clear()

    def revoke(self) -> None:
        if self.lent:
            gone = self.world.client.delete(f"/delegations/{self.lent.pop()}", headers=self.world.admin)
            assert gone.is_success
            self.standing.clear()

    def change_policy(self) -> None:
        activate(self.world, f'{POLICY}  - {{id: more-{next(_names)}, deny: "mcp:never/x"}}\n')
        self.standing.clear()

    def see(self) -> None:
        """The session reads a page of the web, and is trusted less from then on."""
        path = f"/sessions/{self.session}/observations"
        assert self.world.client.post(path, json={"source": "web"}, headers=self.world.pep).status_code == 201
        if not self.tainted:
            self.standing.clear()
        self.tainted = True

    def end(self) -> None:
        while self.lent:
            self.revoke()
        ended = self.world.client.delete(f"/sessions/{self.session}", headers=self.world.pep)
        assert ended.status_code == 204


# What may happen, by the method of `Play` and its arguments.
Step = tuple[str, *tuple[int, ...]]
ASKS: list[Step] = [("ask", which, named) for which in range(len(REQUESTS)) for named in range(2)]
OTHERS: list[Step] = [("say_yes",), ("say_no",), ("lend",), ("revoke",), ("change_policy",), ("see",)]
STEPS = st.one_of(st.sampled_from(ASKS), st.sampled_from(ASKS), st.sampled_from(OTHERS))


@pytest.mark.usefixtures("slowly")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=20))
def test_what_is_answered_again_is_what_stands_and_nothing_else(api: World, steps: list[Step]) -> None:
    play = Play(api)
    try:
        for method, *arguments in steps:
            getattr(play, method)(*arguments)
    finally:
        play.end()
