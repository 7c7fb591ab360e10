"""Rules that name the machines that a call may reach, and those that spare some paths."""

import pytest

from app.core.decision import Verdict
from app.core.policy.host_set import HostSet
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


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("169.254.169.254", "http://2852039166/x"),
        ("169.254.169.254", "http://0xa9fea9fe/"),
        ("169.254.169.254", "http://0251.0376.0251.0376/"),
        ("169.254.169.254", "http://169.16689662/"),
        ("8.0.0.8", "http://010.0.0.010/"),
        ("10.0.0.10", "http://010.0.0.010/"),
        ("2852039166", "http://169.254.169.254/"),
        ("169.254.169.254", "http://[::ffff:169.254.169.254]/"),
        ("169.254.169.254", "http://[::ffff:a9fe:a9fe]/"),
        ("[::1]", "http://[0:0:0:0:0:0:0:1]/"),
        ("evil.example", "http://%65vil.example/"),
        ("evil.example", "http://evil.example./"),
        ("evil.example", "http://evil\u3002example/"),
        ("evil.example", "http://ev\til.example/"),
        ("evil.example", "https://evil.example:8443/"),
        ("evil.example", "https://evil.example:0443/"),
        ("evil.example:8443", "https://evil.example:08443/"),
        ("evil.example:80", "http://evil.example/"),
        ("*.evil.example", "http://a.evil.example:81/"),
    ],
)
def test_a_host_is_kept_away_however_it_is_spelt(named: str, url: str) -> None:
    hosts = HostSet([named])
    assert hosts.touches(url)
    # What opens is read in one way only.
    assert not hosts.covers(url)


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("10.0.0.8", "http://10.0.0.9/"),
        ("10.0.0.8", "http://256.0.0.8/"),
        ("10.0.0.8", "http://1.2.3.4.5/"),
        ("[::1]", "http://[::2]/"),
        ("[::1]", "http://[::1::]/"),
        ("evil.example:8443", "https://evil.example/"),
        ("evil.example:8443", "https://evil.example:8444/"),
        ("evil.example", "https://evil.example.org/"),
        ("a.bad", "https://b.bad/"),
    ],
)
def test_another_host_is_not(named: str, url: str) -> None:
    assert not HostSet([named]).touches(url)


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


def test_who_may_reach_a_network_may_fetch_from_it() -> None:
    reaches = compiled("{id: a, allow: [web_fetch, shell], effects: network}")
    assert verdict(reaches, "web_fetch", url="https://docs.example.org/x") is Verdict.ALLOW
    assert verdict(reaches, "shell", command="curl https://docs.example.org/x") is Verdict.ALLOW
