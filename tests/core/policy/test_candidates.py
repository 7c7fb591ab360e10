"""Rules are found through what a call must hold: none that applies is left out, and few others are asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.model import Call, Command, Effect, EffectKind
from app.core.policy.candidates import Candidates
from app.core.policy.compile import File, compile_policy
from app.core.policy.condition import Facts
from app.core.policy.located import roots
from app.core.policy.rule import Rule
from app.core.policy.ruleset import RuleSet
from app.core.policy.situation import Situation
from app.core.trust import Trust

ROOTS = roots(("/w",), "/home/u")


def rules(*lines: str) -> RuleSet:
    named = [f"  - {{id: r{at}, {line}}}" for at, line in enumerate(lines)]
    return compile_policy((File("p.yaml", "\n".join(["version: 1", "rules:", *named])),)).rules


def situation(commands: tuple[Command, ...] = (), effects: tuple[Effect, ...] = ()) -> Situation:
    call = Call(("shell",), {}, effects, commands)
    return Situation(call, "a", Trust.USER_DIRECT, roots=ROOTS, facts=Facts(dict, {}), budget=Budget(10**6))


def applying(ruleset: RuleSet, seen: Situation) -> set[str]:
    return {rule.finding.rule for rule in ruleset.rules if rule.misses(seen) is None}


def asked(ruleset: RuleSet, seen: Situation) -> set[str]:
    return {rule.finding.rule for rule in ruleset.candidates(("shell",)).among(seen)}


LINES = [
    *(f"{stance}: shell, path: {path}" for stance in ("allow", "ask", "deny") for path in (
        "/etc/**", "'**/.env'", "'**/*.pem'", "'**/id_*'", "/**", "~/.ssh/**", "$workspace/**", "$workspace/a.py", "/",
        "'~/.*rc'", "C:/x/**", "[/etc/x, '**/k*']", "'**/.git/**'", "'*:/x'",
    )),
    *(f"{stance}: shell, command: {command}" for stance in ("allow", "deny") for command in (
        "git push *", "'git * --force *'", "python* *", "'*sh *'", "'* x'", "GIT *", "[ls *, 'py* x']",
    )),
    "deny: shell, effects: read", "ask: shell, effects: [write, network]", "allow: shell, effects: [read, write]",
    "deny: shell, hosts: '*'", "allow: shell, hosts: a.example, effects: fetch", "ask: shell, effects: opaque",
    "allow: shell, command: git *, effects: read", "ask: shell, command: git *, path: /etc/**", "log: shell",
    "ask: shell", "ask: shell, path: /**, except: /w/**, effects: [delete, run]",
    "allow: shell, command: git *, path: $workspace/**",
]  # fmt: skip
commands = st.builds(
    Command,
    words=st.lists(
        st.sampled_from(
            ["git", "GIT", "/bin/git", "push", "-C", "python3", "Python", "bash", "ls", "x", "g*", "*", "?x"]
        ),
        max_size=4,
    ).map(tuple),
    wrapper=st.booleans(),
    globs=st.booleans(),
)
paths = st.builds(
    "/".join,
    st.lists(
        st.sampled_from(
            ["", "w", "etc", "x", ".env", "a.pem", "ID_1", "*", "**", "*.pem", "~", ".git", "home", "c:", "..", ".*"]
        ),
        min_size=1,
        max_size=5,
    ),
)  # fmt: skip
effects = st.builds(
    Effect,
    st.sampled_from(EffectKind),
    paths | st.sampled_from(["https://a.example/x", "/w/a.py", "/etc/x", "/home/u/.ssh/id", "/w", "/w/**", "/**"]),
    command=st.integers(-1, 1),
)
situations = st.builds(situation, st.lists(commands, max_size=2).map(tuple), st.lists(effects, max_size=3).map(tuple))


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=12), situations)
def test_no_rule_that_applies_is_left_out(lines: list[str], seen: Situation) -> None:
    ruleset = rules(*lines)
    assert applying(ruleset, seen) <= asked(ruleset, seen)


GIT, READ = Command(("git", "push")), Effect(EffectKind.READ, "/w/a.py")


@pytest.mark.parametrize(
    ("line", "commands", "effects", "expected"),
    [
        ("deny: shell, effects: write", (), (READ,), False),
        ("deny: shell, effects: read", (), (READ,), True),
        ("deny: shell, effects: write", (), (Effect(EffectKind.ACCESS, "/x"),), True),
        ("allow: shell, effects: read", (), (READ, Effect(EffectKind.OPAQUE, "x")), False),
        ("allow: shell, effects: write", (), (READ,), False),
        ("deny: shell, hosts: '*'", (), (READ,), False),
        ("deny: shell, path: /etc/**", (), (READ,), False),
        ("deny: shell, path: /etc/**", (), (Effect(EffectKind.EXECUTE, "/etc/x"),), True),
        ("deny: shell, path: /etc/**", (), (Effect(EffectKind.PAY, "/etc/x"),), False),
        ("deny: shell, path: /etc/**", (), (Effect(EffectKind.READ, "/x/*.py"),), True),
        ("deny: shell, path: /etc/**", (), (Effect(EffectKind.READ, "/x/**"),), True),
        ("deny: shell, path: '**/*.py'", (), (READ,), True),
        ("deny: shell, path: '**/a*'", (), (READ,), True),
        ("deny: shell, path: '**/*.pem'", (), (READ,), False),
        ("deny: shell, path: /**", (), (READ,), True),
        ("allow: shell, path: /etc/**", (GIT,), (), True),
        ("allow: shell, path: /etc/**", (GIT,), (READ,), False),
        ("allow: shell, command: Py* *", (Command(("/usr/bin/Python3",)),), (), True),
        ("deny: shell, command: git *", (GIT,), (), True),
        ("deny: shell, command: npm *", (GIT,), (), False),
        ("deny: shell, command: gi* *", (GIT,), (), True),
        ("deny: shell, command: py* *", (GIT,), (), False),
        ("deny: shell, command: '*ip *'", (GIT,), (), True),
        ("deny: shell, command: npm *", (Command(("g*",)),), (), True),
        ("deny: shell, command: npm *", (Command(()),), (), False),
    ],
)
def test_only_rules_that_may_apply_are_asked(
    line: str, commands: tuple[Command, ...], effects: tuple[Effect, ...], *, expected: bool
) -> None:
    assert (asked(rules(line), situation(commands, effects)) == {"r0"}) is expected


def test_names_of_which_the_same_rules_speak_share_them() -> None:
    ruleset = rules("deny: shell, effects: read", "ask: other")
    assert ruleset.candidates(("a",)) is ruleset.candidates(("b",))
    assert ruleset.candidates(("a",)) is not ruleset.candidates(("other",))


def test_what_is_remembered_of_kinds_is_bounded() -> None:
    found = Candidates(tuple[Rule, ...]())
    for number in range(2, 200):
        kinds = [kind for at, kind in enumerate(EffectKind) if number >> at & 1]
        assert list(found.among(situation((), tuple(Effect(kind, "x") for kind in kinds)))) == []
        assert len(found._by_kinds) <= 32
