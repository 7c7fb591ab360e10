"""Rules that name the machines that a call may reach, and those that spare some paths."""

from app.core.decision import Verdict
from tests.core.policy.test_compile import compiled, complaint, verdict

NEAR = "{id: a, allow: web_fetch, effects: [read, write, fetch, network], hosts: [localhost, '*.example.org']}"


def test_a_rule_that_loosens_reaches_only_its_hosts() -> None:
    near = compiled(NEAR)
    assert verdict(near, "web_fetch", url="https://docs.example.org/x") is Verdict.ALLOW
    assert verdict(near, "web_fetch", url="https://evil.example/x") is Verdict.REQUIRE_APPROVAL


def test_a_host_is_one() -> None:
    assert "is none" in complaint("{id: a, allow: x, hosts: 'https://x'}")


def test_a_rule_that_tightens_speaks_of_its_hosts() -> None:
    far = compiled("{id: a, allow: [web_fetch]}\n  - {id: b, deny: '*', hosts: '*.example.org'}")
    assert verdict(far, "web_fetch", url="https://docs.example.org/x") is Verdict.DENY
    assert verdict(far, "web_fetch", url="https://elsewhere.example/x") is Verdict.ALLOW
    assert verdict(far, "web_fetch", url="https://docs.example.org\\@elsewhere.example/x") is Verdict.DENY


def test_a_rule_spares_what_it_excepts_and_nothing_like_it() -> None:
    rules = compiled(
        "{id: a, allow: delete_file, path: $workspace/**}\n"
        "  - {id: b, deny: delete_file, path: /**, except: $workspace/dist/**}"
    )
    assert verdict(rules, "delete_file", path="dist/a") is Verdict.ALLOW
    assert verdict(rules, "delete_file", path="dist/../a") is Verdict.DENY
    assert verdict(rules, "delete_file", path="DIST/a") is Verdict.DENY
    assert "except narrows" in complaint("{id: a, allow: x, path: /**, except: /a/**}")
    assert "except narrows" in complaint("{id: a, deny: x, except: /a/**}")


def test_what_only_looks_is_told_from_what_changes() -> None:
    rules = compiled(
        "{id: a, allow: shell, path: $workspace/**, effects: [read, write]}\n"
        "  - {id: b, deny: shell, path: ['**/notes.json', '**/*.pem', '**/?*.env']}"
    )
    lines = [
        "ls *",
        "wc -l *.json",
        "cat **/*.json",
        "cat n*.json",
        "cat *.pem",
        "cat *.env",
        "touch *.json",
        "cat ?otes.json",
    ]
    found = [line for line in lines if verdict(rules, "shell", command=line) is Verdict.ALLOW]
    assert found == lines[:3]
