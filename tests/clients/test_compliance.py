"""The cases by which the core is tested, put to one service by each client: REST and all of them say the same."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import AsyncClient, Call, Client, Decision, PermissionDenied

from app.core.policy.compile import PORT, File, compile_policy, gather
from app.core.policy.document import TestText as CaseText
from tests.clients.typescript import NODE, Driver, driver
from tests.core.test_decisions import CASES, SHIPPED, load
from tests.homes import basic, prepare
from tests.processes import Process, start

# No more may wait for people at once than one agent is granted.
_AT_ONCE = 16
_EXPECTED = {
    "allow": (("ALLOW",), None),
    "log": (("ALLOW",), None),
    "ask": (("REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL"), "ApprovalPending"),
    "strong": (("REQUIRE_STRONG_APPROVAL",), "ApprovalPending"),
    "deny": (("DENY",), "PermissionDenied"),
}
# The answer to a question, if it was taken, and the name of what `require` raises, if anything.
Came = tuple[Any, str | None]


class Service:
    """A service that takes on the policy of each file in turn, with keys for whoever asks in it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._keys: dict[tuple[str, str], str] = {}

    def become(self, files: Sequence[File]) -> None:
        made = self._change("POST", "/policy", {"files": [{"name": file.name, "text": file.text} for file in files]})
        if made["digest"] != made["previous"]:
            self._change("POST", f"/policy/{made['digest']}/activate", {"previous": made["previous"]})

    def work_in(self, workspace: str | list[str]) -> None:
        self._change("PUT", "/workspaces", {"roots": [workspace] if isinstance(workspace, str) else workspace})

    def key(self, agent: str, kind: str) -> str:
        if (agent, kind) not in self._keys:
            if agent not in {name for name, _ in self._keys}:
                self._change("POST", "/agents", {"name": agent})
            self._keys[agent, kind] = self._change("POST", f"/agents/{agent}/keys", {"kind": kind})["key"]
        return self._keys[agent, kind]

    def _change(self, method: str, path: str, body: Any) -> Any:
        status, document = self.process.ask(method, path, basic(), json.dumps(body).encode())
        assert status < 300, document
        return document


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("compliance")
    process = start(prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}"), folder / "serve.log")
    try:
        yield Service(process)
    finally:
        process.kill()


@pytest.fixture(scope="module")
def node() -> Iterator[Driver | None]:
    if NODE is None:
        yield None
    else:
        with driver() as running:
            yield running


@pytest.mark.parametrize("path", CASES + SHIPPED, ids=lambda path: path.stem)
def test_every_client_decides_what_the_cases_say(path: Path, service: Service, node: Driver | None) -> None:
    files = gather(File(path.name, path.read_text(encoding="utf-8")), load)
    service.become(files)
    texts = [test.text for test in compile_policy(files).tests if _can_be_asked(test.text)]
    wrong: list[str] = []
    for workspace, alike in groupby(texts, lambda text: text.workspace):
        service.work_in(workspace)
        cases = list(alike)
        for at in range(0, len(cases), _AT_ONCE):
            wrong += _wrong(service, node, cases[at : at + _AT_ONCE])
    assert texts
    assert wrong == []
    if node is None:
        pytest.skip("all but the TypeScript client: there is no node here")


def _can_be_asked(text: CaseText) -> bool:
    """A client always says where a call would happen; `c*` is nobody's name."""
    return text.cwd is not None and text.home is not None and "*" not in text.agent


def _wrong(service: Service, node: Driver | None, cases: Sequence[CaseText]) -> list[str]:
    url = service.process.url
    asked = [(service.key(text.agent, text.key), _call(text, url)) for text in cases]
    came = {"python": _ask(url, asked), "asyncio": asyncio.run(_ask_later(url, asked))}
    if node is not None:
        told = node.ask(url, [(key, call.document()) for key, call in asked])
        came["typescript"] = [(one.get("answer"), one["refusal"]) for one in told]
    _take_back(url, {key for key, _ in asked})
    return [
        f"{name}: {text.name or text.call} {text.args}: {found}"
        for name, all_of_it in came.items()
        for text, found in zip(cases, all_of_it, strict=True)
        if not _is_as_said(text, found)
    ]


def _is_as_said(text: CaseText, came: Came) -> bool:
    answer, refused = came
    verdicts, refusal = _EXPECTED[text.expect]
    if answer is None:  # a name that hides something is not even taken
        return refusal is not None and refused == "PermissionDenied"
    rules = [text.rules] if isinstance(text.rules, str) else text.rules
    return (
        answer["decision"] in verdicts
        and answer["allowed"] is (refusal is None)
        and refused == refusal
        and (refusal is not None or (answer["would_be"] is not None) == (text.expect == "log"))
        and (rules is None or set(rules) == set(answer["rules"]))
        and text.why in answer["reason"]
    )


def _call(text: CaseText, url: str) -> Call:
    # Where a case speaks of the service, it means this one.
    port = url.rpartition(":")[2]
    return Call(
        tool=text.call,
        action=text.action,
        arguments=json.loads(json.dumps(text.args).replace(str(PORT), port)),
        target=text.target,
        resolved_target=text.resolved_target,
        source=text.source,
        risk_hints=text.hints,
        annotations=text.annotations,
        cwd=text.cwd,
        home=text.home,
    )


def _came(decision: Decision) -> Came:
    try:
        decision.require()
    except PermissionDenied as denied:
        return decision.document, type(denied).__name__
    return decision.document, None


def _ask(url: str, asked: Sequence[tuple[str, Call]]) -> list[Came]:
    def one(question: tuple[str, Call]) -> Came:
        try:
            with Client(url, question[0]) as client:
                return _came(client.evaluate(question[1]))
        except PermissionDenied as denied:
            return None, type(denied).__name__

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(one, asked))


async def _ask_later(url: str, asked: Sequence[tuple[str, Call]]) -> list[Came]:
    async def one(key: str, call: Call) -> Came:
        try:
            async with AsyncClient(url, key) as client:
                return _came(await client.evaluate(call))
        except PermissionDenied as denied:
            return None, type(denied).__name__

    return await asyncio.gather(*(one(key, call) for key, call in asked))


def _take_back(url: str, keys: set[str]) -> None:
    """Whatever waits for people by now."""
    for key in keys:
        with Client(url, key) as client, ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(client.cancel_approval, [one["id"] for one in client.approvals()]))
