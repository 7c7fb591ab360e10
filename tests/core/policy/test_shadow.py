"""What is called unreachable surely is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy
from app.core.policy.ruleset import RuleSet
from app.core.policy.shadow import shadows


def rules(*lines: str) -> RuleSet:
    text = "version: 1\nrules:\n" + "".join(f"  - {{{line}}}\n" for line in lines)
    return compile_policy((File("policy.yaml", text),)).rules


SHADOWED = [
    ("id: r, allow: read_file", "id: by, deny: '*'"),
    ("id: r, ask: read_file", "id: by, deny: 'read_*'"),
    ("id: r, log: 'mcp:beta/x'", "id: by, ask: 'mcp:beta/*'"),
    ("id: r, allow: [read_file, write_file]", "id: by, deny: [write_file, 'read_*']"),
    ("id: r, allow: shell, command: 'git push *'", "id: by, deny: shell, command: 'git *'"),
    ("id: r, allow: shell, command: [git push, git push origin]", "id: by, ask: shell, command: 'git push *'"),
    ("id: r, ask: shell, command: 'git push *', path: '/a/**'", "id: by, deny: '*', command: 'git *'"),
    ("id: r, allow: read_file, path: '/a/b/*.py'", "id: by, deny: read_file, path: '/a/**'"),
    ("id: r, allow: read_file, path: '/a/b'", "id: by, deny: '*', path: '**'"),
    ("id: r, ask: write_file, path: '**/x/.env'", "id: by, deny: '*', path: '**/.env'"),
    ("id: r, allow: read_file, agents: coder-1", "id: by, deny: read_file, agents: 'coder-*'"),
    ("id: r, allow: read_file, source: external", "id: by, deny: read_file, source: untrusted"),
    (
        "id: r, ask: '*', path: '/a/x', effects: write, when: 'true'",
        "id: by, deny: '*', path: '/a/*', effects: [write, delete]",
    ),
]
REACHABLE = [
    ("id: r, allow: web_fetch", "id: by, deny: web_fetch, hosts: 'evil.example'"),
    ("id: r, deny: read_file", "id: by, deny: '*'"),
    ("id: r, deny: read_file", "id: by, allow: '*'"),
    ("id: r, allow: read_file", "id: by, log: '*'"),
    ("id: r, allow: 'read_*'", "id: by, deny: read_file"),
    ("id: r, allow: read_file", "id: by, deny: '*', when: 'true'"),
    ("id: r, allow: shell, command: 'git *'", "id: by, deny: shell, command: 'git push *'"),
    ("id: r, allow: shell", "id: by, deny: shell, command: '*'"),
    ("id: r, allow: shell, command: 'cat *', path: '/a/x'", "id: by, deny: shell, path: '/a/**'"),
    ("id: r, allow: shell, command: 'cat *', path: '/a/x'", "id: by, deny: '*', command: 'cat *', path: '/a/**'"),
    ("id: r, ask: shell, path: '/a/.env'", "id: by, deny: '*', path: '**/.env'"),
    ("id: r, allow: read_file, path: '~/x'", "id: by, deny: '*', path: '/home/*/x'"),
    ("id: r, allow: read_file, path: '/a/**'", "id: by, deny: '*', path: '/a/b/**'"),
    ("id: r, allow: read_file", "id: by, deny: read_file, agents: coder"),
    ("id: r, allow: read_file, agents: 'c*'", "id: by, deny: read_file, agents: coder"),
    ("id: r, allow: read_file", "id: by, deny: read_file, source: user"),
    ("id: r, ask: '*', path: '/a'", "id: by, deny: '*', path: '/a', effects: write"),
    ("id: r, allow: '*', effects: read", "id: by, deny: '*', effects: [read, write]"),
]


@pytest.mark.parametrize(("rule", "by"), SHADOWED)
def test_a_rule_under_a_stricter_one_can_never_decide(rule: str, by: str) -> None:
    assert shadows(rules(rule, by)) == [("r", "by")]


@pytest.mark.parametrize(("rule", "by"), REACHABLE)
def test_what_is_not_certain_is_not_said(rule: str, by: str) -> None:
    assert shadows(rules(rule, by)) == []


_RULE = st.fixed_dictionaries(
    {"tool": st.sampled_from(["'*'", "read_file", "shell", "'s*'", "[shell, read_file]"])},
    optional={
        "command": st.sampled_from(["'cat *'", "cat a", "'cat * *'", "'*'", "[ls, 'cat *']", "'c* *'"]),
        "path": st.sampled_from(["'/w/**'", "/w/a", "'/w/*'", "'**/a'", "'**'", "$workspace/**", "'~/**'"]),
        "effects": st.sampled_from(["read", "[read, write]", "execute"]),
        "agents": st.sampled_from(["coder", "'c*'", "other"]),
        "source": st.sampled_from(["user", "untrusted", "trusted"]),
    },
)
_REQUEST = st.builds(
    ActionRequest,
    tool=st.sampled_from(["shell", "read_file", "Read", "search"]),
    arguments=st.fixed_dictionaries(
        {},
        optional={
            "command": st.sampled_from(["cat a", "cat /w/a b", "ls", "grep -r x .", "cat a > /w/a", "/bin/cat *"]),
            "path": st.sampled_from(["/w/a", "a", "~/a", "/w", "/w/b/*"]),
        },
    ),
    source=st.sampled_from(["user", "agent", "web", None]),
    cwd=st.sampled_from(["/w", None]),
    home=st.just("/home/u"),
)


@given(
    pairs=st.lists(st.tuples(st.sampled_from(["allow", "ask", "deny", "log"]), _RULE), min_size=2, max_size=4),
    request=_REQUEST,
)
@settings(deadline=None, max_examples=300)
def test_whatever_is_asked_a_shadowed_rule_decides_nothing(
    pairs: list[tuple[str, dict[str, str]]], request: ActionRequest
) -> None:
    found = rules(
        *(
            f"id: r{at}, {stance}: {said['tool']}"
            + "".join(f", {key}: {value}" for key, value in said.items() if key != "tool")
            for at, (stance, said) in enumerate(pairs)
        )
    )
    shadowed = {rule for rule, _ in shadows(found)}
    decision = decide(request, Facts(Caller("coder", "k", "pep"), ("/w",)), found, Budget(20_000))
    assert shadowed.isdisjoint(decision.rules)
