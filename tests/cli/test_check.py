import json
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.homes import ALLOWED, DENIED

ASKED = b'{"tool":"unheard_of","source":"user"}'


def text(*requests: bytes) -> str:
    return "\n".join(request.decode() for request in requests)


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        (text(ALLOWED), 0),
        (text(DENIED), 1),
        (text(ASKED), 3),
        (text(ALLOWED, ASKED), 3),
        (text(ALLOWED, ASKED, DENIED), 1),
        (f"[{ALLOWED.decode()}, {ASKED.decode()}]", 3),
        (json.dumps(json.loads(ALLOWED), indent=2), 0),
        ("", 2),
        (" \n ", 2),
        ("[]", 2),
        ("nonsense", 2),
        ("null", 2),
        ('{"tool": "a"', 2),
        ('{"tool": 1}', 2),
        ('{"tool": "a", "tool": "b"}', 2),
        ('{"tool": "a", "unknown": 1}', 2),
        ("{}", 2),
        (text(ALLOWED, b"{"), 2),
        ('[{"tool": "a"}], "requests": [{"tool": "b"}]', 2),
        ('[{"tool": "a"}], "more": 1', 2),
        ("[1]", 2),
    ],
)
def test_the_exit_code_is_the_strictest_decision_and_every_doubt_an_error(
    commands: Commands, requests: str, code: int
) -> None:
    ran = commands("check", "-", stdin=requests)
    assert ran.code == code
    assert (ran.out == "") is (code == 2)
    assert "Traceback" not in ran.err


def test_a_real_process_exits_with_it_too(commands: Commands) -> None:
    codes = [commands.process("check", "-", stdin=text(one)).code for one in (ALLOWED, DENIED, ASKED, b"x")]
    assert codes == [0, 1, 3, 2]


def test_mistakes_are_found_by_their_line(commands: Commands) -> None:
    (commands.folder / "requests.jsonl").write_text(f"{text(ALLOWED)}\n\n{text(b'{}')}\n")
    assert "requests.jsonl, line 3: a request names" in commands("check", "requests.jsonl").err
    assert "item 2: " in commands("check", "-", stdin=f"[{text(ALLOWED)}, 1]").err
    assert "cannot be read" in commands("check", "missing.json").err


def test_the_answer_has_the_names_of_the_services_answer(commands: Commands) -> None:
    answers = commands("check", "-", "--json", stdin=text(ALLOWED, DENIED)).lines
    assert [one["decision"] for one in answers] == ["ALLOW", "DENY"]
    assert next(iter(answers[0])) == "allowed"
    assert answers[1]["rules"] == ["secrets"]
    assert answers[0]["policy"].startswith("sha256:")


def test_nothing_is_recorded(commands: Commands) -> None:
    before = commands("audit", "list", "--json").lines
    commands("check", "-", stdin=text(ALLOWED, DENIED))
    assert commands("audit", "list", "--json").lines == before


def test_without_a_home_the_shipped_policy_decides_and_no_home_is_made(empty: Commands) -> None:
    read = '{"tool":"Read","arguments":{"file_path":"/srv/x/a.py"},"source":"user"}'
    assert empty("check", "-", stdin=read).code == 3
    assert empty("check", "-", "--workspace", "/srv/x", stdin=read).code == 0
    assert list(empty.folder.iterdir()) == []


def test_another_policy_agent_and_key_can_be_tried(empty: Commands) -> None:
    (empty.folder / "mine.yaml").write_text("version: 1\nrules: [{id: a, allow: deploy, agents: bot, source: user}]\n")
    request = '{"tool":"deploy","source":"user"}'
    by = ("--policy", "mine.yaml")
    assert empty("check", "-", *by, stdin=request).code == 3
    assert empty("check", "-", *by, "--agent", "bot", stdin=request).code == 0
    assert empty("check", "-", *by, "--agent", "bot", "--kind", "agent", stdin=request).code == 3
    assert empty("check", "-", *by, stdin='{"tool":"deploy","source":"user","actor":"bot/sub"}').code == 0
    assert empty("check", "-", *by, "--agent", "other", stdin='{"tool":"deploy","actor":"bot"}').code == 2
    assert empty("check", "-", *by, "--kind", "root", stdin=request).code == 2


def test_a_policy_that_cannot_be_used_decides_nothing(empty: Commands) -> None:
    (empty.folder / "bad.yaml").write_text("version: 1\nrules: [{id: a}]\n")
    for policy in ("bad.yaml", "missing.yaml"):
        assert empty("check", "-", "--policy", policy, stdin=text(ALLOWED)).code == 2


def test_the_table_fits_and_hides_nothing(commands: Commands, tmp_path: Path) -> None:
    hostile = json.dumps({"tool": "x", "target": "\u202e\x1b[2J[red]" + "long " * 200, "source": "user"})
    ran = commands("check", "-", stdin=hostile)
    assert ran.code == 3
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\\u202e" in ran.out
    assert "\\x1b[2J[red]" in ran.out
