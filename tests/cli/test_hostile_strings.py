"""Whatever an agent writes, wherever it may write: on a terminal it is text, in every command that shows it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.cli.commands import Commands, Ran
from tests.homes import Home, bearer, prepare
from tests.hostile import HOSTILE
from tests.processes import Process

# Fields of a request that take any text, and those that take names: of these some are refused.
TEXTS = ("target", "resolved_target", "payload_summary", "cwd", "home")
NAMES = ("tool", "action", "source", "source_trust", "actor", "scope")


# A slow machine has time to read.
POLICY = """\
version: 1
rules:
  - {id: x, ask: "mcp:x/*", expires: 1d}
"""


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "home").mkdir(mode=0o700)
    return prepare(folder, f"sqlite:///{folder / 'home/agent-sudo.db'}", POLICY)


class Written(list[int]):
    """The entries in which the corpus stands; sessions and approvals by their ids."""

    sessions: list[str]
    approvals: list[str]


def post(process: Process, home: Home, path: str, body: Any) -> tuple[int, Any]:
    return process.ask("POST", path, bearer(home.key), json.dumps(body).encode())


@pytest.fixture(scope="module")
def written(process: Process, served_home: Home) -> Written:
    """The corpus, in every field that an agent can write."""
    found = Written()
    found.sessions, found.approvals = [], []
    for at in range(0, len(HOSTILE), 12):
        texts = HOSTILE[at : at + 12]
        joined = " ".join(texts)
        arguments = {"command": joined, "list": [*texts], **{text: text for text in texts}}
        status, answer = post(
            process,
            served_home,
            "/evaluate",
            {"tool": "mcp:x/y", "arguments": arguments, **dict.fromkeys(TEXTS, joined)},
        )
        assert status == 200, answer
        found.append(answer["audit"]["seq"])
        found.approvals.append(answer["approval"]["id"])
        path = f"/evaluations/{quote(answer['evaluation_id'], safe='')}/outcome"
        post(process, served_home, path, {"status": "failed", "error": joined})
        _, session = post(process, served_home, "/sessions", {"prompts": [*texts], "labels": []})
        if "id" not in session:
            _, session = post(process, served_home, "/sessions", {"prompts": [text or "x" for text in texts]})
        found.sessions.append(session["id"])
    names = 0
    for at, text in enumerate(HOSTILE):
        for field in NAMES:
            given = f"coder/{text}" if field == "actor" else text
            request = {"tool": "mcp:x/y", "dry_run": True, field: given}
            status, answer = post(process, served_home, "/evaluate", request)
            assert status in (200, 400, 403), answer
            if status == 200:
                names += 1
                if at % 8 == 0:
                    found.append(answer["audit"]["seq"])
        post(process, served_home, "/sessions", {"labels": [text]})
        seen = {"tool": text, "source": text, "content": text}
        post(process, served_home, f"/sessions/{found.sessions[0]}/observations", seen)
    assert names > len(HOSTILE), "markup is a name like any other"
    return found


def inert(ran: Ran) -> None:
    """Nothing but what is seen, and ends of lines."""
    for output in (ran.out, ran.err):
        shown = output.replace("\n", "")
        odd = sorted({f"U+{ord(one):04X}" for one in shown if not one.isprintable()})
        assert not odd, odd


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "list", "--limit", "2000"),
        ("audit", "review", "--limit", "1000"),
        ("audit", "verify"),
        ("context",),
    ],
    ids=" ".join,
)
def test_lists_of_what_agents_wrote_are_text(served: Commands, written: Written, command: tuple[str, ...]) -> None:
    ran = served(*command)
    assert ran.out
    inert(ran)


@pytest.mark.parametrize(
    "command",
    [
        ("approvals", "list"),
        ("approvals", "list", "--status", "any"),
        ("sessions", "list"),
        ("agents", "list"),
        ("delegate", "list"),
    ],
    ids=" ".join,
)
def test_lists_of_the_service_are_text(served: Commands, written: Written, command: tuple[str, ...]) -> None:
    inert(served.signed_in(*command))


def test_what_is_shown_whole_is_text(served: Commands, written: Written) -> None:
    for seq in written:
        inert(served("audit", "show", str(seq)))
    for name in written.approvals:
        ran = served.signed_in("approvals", "show", name)
        assert "Exactly this would run" in ran.out
        inert(ran)
        inert(served("audit", "trace", name))
    for name in written.sessions:
        ran = served.signed_in("sessions", "show", name)
        assert "The user said" in ran.out
        inert(ran)


def test_an_answer_says_it_as_text(served: Commands, written: Written) -> None:
    ran = served.signed_in("approve", written.approvals[0], "--yes")
    assert ran.code == 0
    inert(ran)
    inert(served.signed_in("approve", written.approvals[0], "--yes"))


def test_what_is_judged_from_a_file_is_text(served: Commands, tmp_path: Path) -> None:
    requests = [
        {"tool": "Bash", "arguments": {"command": text, text: text}, **dict.fromkeys(TEXTS, text)} for text in HOSTILE
    ]
    file = tmp_path / "requests.jsonl"
    file.write_text("\n".join(map(json.dumps, requests)))
    inert(served("check", file))
    for request in requests[::5]:
        file.write_text(json.dumps(request))
        inert(served("policy", "explain", file))


def test_json_of_it_is_ascii(served: Commands, written: Written) -> None:
    for ran in (
        served("audit", "list", "--limit", "2000", "--json"),
        served.signed_in("approvals", "show", written.approvals[-1], "--json"),
        served.signed_in("approvals", "list", "--json"),
        served.signed_in("sessions", "show", written.sessions[0], "--json"),
    ):
        assert ran.code == 0
        assert ran.out.isascii()
        inert(ran)


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 100
