"""What operators lay down about an agent takes part in the decision: scopes, trust, sessions, monitor mode, stops."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from app.core.budget import Budget
from app.core.decision import Decision, Verdict
from app.core.delegation import Delegation, Scope, Terms
from app.core.delegations import Delegations
from app.core.engine import NATIVE_PROMPTS, decide
from app.core.facts import Caller, Facts, Offered, Profile
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy
from app.core.policy.ruleset import Policy
from app.core.policy.source import PolicyError
from app.core.provenance import Limit
from app.core.scope import scopes
from app.core.session import Standing
from app.core.stops import Stop, StopKind, Stops
from app.core.trust import Trust

HEAD = """\
version: 1
scopes: {send_email: "send:email", "mcp:shop/*": ["shop:use", "shop:pay"]}
"""
RULES = """\
rules:
  - {id: all, allow: "*"}
  - {id: push, ask: shell, command: "git push *"}
  - {id: closed, deny: "mcp:closed/*"}
  - {id: secrets, deny: "*", path: "**/.env", firm: true}
  - {id: root, ask: shell, effects: privilege, risk: critical, firm: true}
  - {id: watch, log: "mcp:beta/*"}
"""


def policy(*files: str) -> Policy:
    return compile_policy(tuple(File(f"p{at}.yaml", text) for at, text in enumerate(files)))


POLICY = policy(HEAD + RULES)


def decided(request: dict[str, Any], profile: Profile = Profile(), *stops: Stop, **facts: Any) -> Decision:  # noqa: B008 - frozen
    known = Facts(Caller("coder", "k", "pep", profile), ("/workspace",), stops=Stops(stops), **facts)
    return decide(ActionRequest(**{"source": "user", **request}), known, POLICY.rules, Budget(20_000))


MAIL = {"tool": "send_email", "arguments": {"to": "a@corp.example"}}
PUSH = {"tool": "Bash", "arguments": {"command": "git push"}, "cwd": "/workspace"}
SECRET = {"tool": "Read", "arguments": {"file_path": "/workspace/.env"}}
MONITORED = Profile(monitored=True)


@pytest.mark.parametrize(
    ("held", "request_", "lacks"),
    [
        (["send:email"], MAIL, None),
        (["send:*"], MAIL, None),
        (["read:*"], MAIL, "send:email"),
        (["**", "!send:email"], MAIL, "send:email"),
        (["read:*"], {"tool": "email_send"}, "send:email"),
        (["read:*"], {"tool": "SEND_EMAIL"}, "send:email"),
        (["read:*"], {"tool": "gmail", "action": "send_email"}, "send:email"),
        (["read:*"], {"tool": "lookup", "action": "send_email"}, "send:email"),
        (["shop:use"], {"tool": "mcp__shop__buy"}, "shop:pay"),
        (["shop:*"], {"tool": "mcp:shop/buy"}, None),
        (["read:*"], {"tool": "lookup"}, None),
        (["read:*"], {"tool": "lookup", "scope": "read:orders"}, None),
        (["read:*"], {"tool": "lookup", "scope": "write:orders"}, "write:orders"),
        (["send:*"], {**MAIL, "scope": "read:orders"}, "read:orders"),
        (["read:*"], {**MAIL, "scope": "read:orders"}, "send:email"),
        (["read:*"], {"tool": "lookup", "scope": "read:*"}, "read:*"),
    ],
)
def test_a_call_needs_the_scopes_of_its_tool_and_those_that_it_names(
    held: list[str], request_: dict[str, Any], lacks: str | None
) -> None:
    found = decided(request_, Profile(scopes=scopes(held)))
    if lacks is None:
        assert found.verdict is Verdict.ALLOW
    else:
        assert (found.verdict, found.rules) == (Verdict.DENY, ("scope-missing",))
        assert f"The agent lacks the scope {lacks}." in found.reason


def test_an_agent_without_scopes_is_not_restricted_by_them() -> None:
    assert decided({**MAIL, "scope": "write:everything"}).allowed


def test_a_policy_that_extends_another_adds_to_its_scopes_and_replaces_them_by_tool() -> None:
    own = 'version: 1\nscopes: {send_email: "mail:send", read_file: "read:file"}\n' + RULES
    rules = policy(own, HEAD).rules
    assert rules.candidates(("send_email",)).scopes == ("mail:send",)
    assert rules.candidates(("mcp:shop/x",)).scopes == ("shop:use", "shop:pay")
    assert rules.candidates(("read_file",)).scopes == ("read:file",)


@pytest.mark.parametrize("scope", ["'read:*'", "'!a'", "''", "[]", "'a b'", "5", "'a\\n'", "'a/../b'"])
def test_a_tool_needs_plain_scopes(scope: str) -> None:
    with pytest.raises(PolicyError, match=r"p0.yaml:2: "):
        policy(f"version: 1\nscopes: {{x: {scope}}}\n")


def test_trust_is_never_higher_than_the_agents_highest() -> None:
    for highest in Trust:
        assert decided({"tool": "x"}, Profile(highest_trust=highest)).trust is highest


def test_an_agent_that_needs_a_session_is_denied_without_one() -> None:
    needs = Profile(needs_session=True)
    found = decided({"tool": "x"}, needs)
    assert (found.verdict, found.rules) == (Verdict.DENY, ("session-missing",))
    assert decided({"tool": "x"}, needs, session=Standing("s_1")).allowed
    elsewhere = Standing(limit=Limit(Trust.USER_DIRECT, "another session"))
    assert not decided({"tool": "x"}, needs, session=elsewhere).allowed


@pytest.mark.parametrize(
    ("request_", "would_be"),
    [
        (PUSH, Verdict.REQUIRE_APPROVAL),
        ({"tool": "mcp:closed/x"}, Verdict.DENY),
        ({**MAIL, "scope": "x"}, Verdict.DENY),
        ({"tool": "x", "risk_hints": ["money"]}, Verdict.REQUIRE_STRONG_APPROVAL),
    ],
)
def test_monitor_mode_lets_pass_and_tells_what_was_decided(request_: dict[str, Any], would_be: Verdict) -> None:
    profile = Profile(scopes=scopes(["send:*"]))
    enforced = decided(request_, profile)
    watched = decided(request_, structs.replace(profile, monitored=True))
    assert (watched.verdict, watched.would_be, watched.mode) == (Verdict.ALLOW, would_be, "monitor")
    assert (enforced.verdict, enforced.reason, enforced.rules) == (would_be, watched.reason, watched.rules)
    assert watched.obligations == (NATIVE_PROMPTS,)


def test_what_is_allowed_anyway_carries_no_obligation() -> None:
    assert decided(MAIL, MONITORED) == decided(MAIL)
    assert decided(MAIL).obligations == ()


def test_a_rule_that_only_logs_leaves_native_prompts_in_force() -> None:
    found = decided({"tool": "mcp:beta/x"})
    assert (found.verdict, found.mode, found.obligations) == (Verdict.ALLOW, "monitor", (NATIVE_PROMPTS,))


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        (SECRET, Verdict.DENY),
        ({"tool": "Bash", "arguments": {"command": "sudo ls"}}, Verdict.REQUIRE_STRONG_APPROVAL),
        ({"tool": "Bash", "arguments": {"command": "git push && cat .env"}, "cwd": "/workspace"}, Verdict.DENY),
        ({"tool": "x", "risk_hints": ["exfiltration"]}, Verdict.DENY),
    ],
)
def test_monitor_mode_lets_nothing_pass_that_is_firm(request_: dict[str, Any], verdict: Verdict) -> None:
    found = decided(request_, MONITORED)
    assert (found.verdict, found.would_be, found.mode, found.obligations) == (verdict, None, "enforce", ())


def test_monitor_mode_lets_nothing_pass_that_is_too_much_to_be_judged() -> None:
    known = Facts(Caller("coder", "k", "pep", MONITORED))
    request = ActionRequest(tool="x", source="user", arguments={str(at): f"/{at}/b/c" for at in range(900)})
    found = decide(request, known, policy("version: 1\nrules: [{id: all, allow: '*'}]\n").rules, Budget(10))
    assert (found.allowed, found.mode) == (False, "enforce")
    assert "too-complex" in found.rules


@pytest.mark.parametrize("word", ["allow", "log"])
def test_firm_belongs_to_rules_that_tighten(word: str) -> None:
    with pytest.raises(PolicyError, match="firm belongs to deny and ask"):
        policy(f"version: 1\nrules: [{{id: a, {word}: x, firm: true}}]\n")


@pytest.mark.parametrize("id", ["stop-tool", "scope-missing", "session-missing"])
def test_no_rule_takes_a_name_of_ours(id: str) -> None:
    with pytest.raises(PolicyError, match="is one of our own"):
        policy(f"version: 1\nrules: [{{id: {id}, allow: x}}]\n")


def test_a_policy_is_in_monitor_mode_only_if_it_says_so_itself() -> None:
    assert policy("version: 1\nmode: monitor\n").mode == "monitor"
    assert policy("version: 1\nextends: p1.yaml\n", "version: 1\nmode: monitor\n").mode == "enforce"


STOPPED: list[tuple[StopKind, str, dict[str, Any], bool]] = [
    ("everything", "", MAIL, True),
    ("agent", "coder", MAIL, True),
    ("agent", "other", MAIL, False),
    ("tool", "send_email", MAIL, True),
    ("tool", "send_email", {"tool": "email_send"}, True),
    ("tool", "email_send", MAIL, True),
    ("tool", "Send_*", MAIL, True),
    ("tool", "send_email", {"tool": "SEND_EMAIL"}, True),
    ("tool", "send_email", {"tool": "x", "action": "send_email"}, True),
    ("tool", "Web*", {"tool": "WebFetch", "arguments": {"url": "https://a.example"}}, True),
    ("tool", "mcp:shop/*", {"tool": "mcp__shop__buy"}, True),
    ("tool", "mcp:shop/*", {"tool": "mcp__shop2__buy"}, False),
    ("tool", "*", {"tool": "anything"}, True),
]


@pytest.mark.parametrize(("kind", "name", "request_", "stops"), STOPPED)
@pytest.mark.parametrize("profile", [Profile(), MONITORED])
def test_what_is_stopped_is_denied_in_monitor_mode_too(
    profile: Profile, kind: StopKind, name: str, request_: dict[str, Any], *, stops: bool
) -> None:
    found = decided(request_, profile, Stop(kind, name, "an incident"))
    assert found.allowed is not stops
    if stops:
        assert (found.verdict, found.rules) == (Verdict.DENY, (f"stop-{kind}",))
        assert found.reason.endswith("an incident")


# What people write, as the harness or the log shows it, and what is called.
MEANT = [
    ("mcp__my__server__tool", "mcp:my__server/tool"),
    ("mcp__my__server__tool", "mcp__my__server__tool"),
    ("mcp__*", "mcp:shop/buy"),
    ("mcp__*", "mcp__shop__buy"),
    ("mcp__shop", "mcp__shop__buy"),
    ("mcp__sh*", "shop/buy"),
    ("mcp:shop", "mcp:shop/buy"),
    ("mcp:shop/*", "MCP__Shop__buy"),
    ("MCP__shop__buy", "mcp:shop/buy"),
    ("BASH", "run_command"),
    ("shell ", "Bash"),
    ("Read*", "read_file"),
]


@pytest.mark.parametrize(("name", "tool"), MEANT)
def test_what_takes_away_hears_every_name_that_it_may_mean(name: str, tool: str) -> None:
    assert decided({"tool": tool}, Profile(), Stop("tool", name)).verdict is Verdict.DENY
    for text in (f"rules: [{{id: no, deny: '{name}'}}, {{id: all, allow: '*'}}]", f"scopes: {{'{name}': 'a:b'}}"):
        rules = policy(f"version: 1\n{text}\n").rules
        known = Facts(Caller("coder", "k", "pep", Profile(scopes(["c:d"]))))
        request = ActionRequest(tool=tool, source="user", scope="c:d")
        assert decide(request, known, rules, Budget(20_000)).verdict is Verdict.DENY, text
    one = Delegation(
        id="d", chain=("d",), agent="coder", session=None, scopes=(Scope(Terms(denied_actions=(name,))),), by="ann",
        role="admin", critical=False, expires_at=1,
    )  # fmt: skip
    assert decided({"tool": tool}, offered=Offered(Delegations([one]))).verdict is Verdict.DENY


def test_a_stop_needs_no_reason() -> None:
    assert decided(MAIL, Profile(), Stop("everything", "")).reason == "An operator has paused everything."


profiles = st.builds(
    Profile,
    scopes=st.none() | st.lists(st.sampled_from(["send:*", "!send:*", "**"]), max_size=2).map(scopes),
    monitored=st.just(value=False),
    highest_trust=st.sampled_from(Trust),
    needs_session=st.booleans(),
)


@given(profile=profiles, request_=st.sampled_from([MAIL, PUSH, SECRET, {"tool": "x"}]), stopped=st.booleans())
def test_a_profile_only_tightens_and_monitoring_changes_only_what_passes(
    profile: Profile, request_: dict[str, Any], *, stopped: bool
) -> None:
    stops = [Stop("everything", "")] if stopped else []
    enforced = decided(request_, profile, *stops)
    assert not enforced.allowed or decided(request_).allowed
    watched = decided(request_, structs.replace(profile, monitored=True), *stops)
    assert not (stopped and watched.allowed)
    assert watched.verdict in (enforced.verdict, Verdict.ALLOW)
    if watched.verdict is not enforced.verdict:
        assert watched.would_be is enforced.verdict
