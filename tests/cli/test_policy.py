import pytest

from tests.cli.commands import Commands

BASE = """\
version: 1
default: deny
rules:
  - {id: look, allow: shell, command: "git status *"}
  - {id: push, deny: shell, command: "git push *"}
  - {id: pay, ask: pay, risk: critical}
"""
OWN = """\
version: 1
extends: base.yaml
default: ask
without: [pay]
rules:
  - {id: push, ask: shell, command: "git push *"}
  - {id: by, allow: shell, command: "git push --dry-run *"}
  - {id: odd, allow: shell, command: "git *", agents: other}
"""
UNPROTECTED = (
    "unprotected: without secrets, self-protection, control-commands, control-api of the default policy; "
    "`extends: default` keeps them"
)


@pytest.fixture
def files(empty: Commands) -> Commands:
    (empty.folder / "base.yaml").write_text(BASE)
    (empty.folder / "own.yaml").write_text(OWN)
    return empty


def test_check_names_every_mistake_by_file_and_line(files: Commands) -> None:
    (files.folder / "bad.yaml").write_text("version: 1\nrules:\n  - {id: a, alow: x}\n  - {id: b, allow: x, deny: y}\n")
    ran = files("policy", "check", "bad.yaml")
    assert ran.code == 1
    assert "bad.yaml:3: unknown key 'alow'; did you mean 'allow'?" in ran.out
    assert "bad.yaml:4: rule 'b' needs exactly one" in ran.out
    assert files("policy", "check", "bad.yaml", "--json").document["ok"] is False


def test_check_runs_the_tests_of_the_file(files: Commands) -> None:
    (files.folder / "base.yaml").write_text(f"{BASE}tests:\n  - {{call: pay, expect: allow}}\n")
    ran = files("policy", "check", "base.yaml")
    assert ran.code == 1
    assert "base.yaml:8: pay: expected allow" in ran.out


def test_check_says_what_a_policy_loosens(files: Commands) -> None:
    ran = files("policy", "check", "own.yaml", "--json")
    assert ran.code == 0
    assert ran.document["notes"] == [
        "loosened: push is deny in base.yaml and ask here",
        "loosened: ask pay of base.yaml is left out",
        "loosened: what no rule allows asks here; in base.yaml it is denied",
        UNPROTECTED,
        "own.yaml: no test shows what these rules do; write some under tests:",
        "own.yaml:7: by can never decide: whatever it is about, push (line 6) is stricter",
    ]
    assert "good: 3 rules, 0 tests hold, sha256:" in files("policy", "check", "base.yaml").out


def test_check_names_rules_that_no_test_touches_and_those_that_a_base_overrules(files: Commands) -> None:
    own = """\
version: 1
extends: base.yaml
rules:
  - {id: forced, allow: shell, command: "git push --force *"}
  - {id: touched, allow: read_file}
  - {id: untouched, allow: write_file}
tests:
  - {call: Read, args: {file_path: a}, expect: allow}
"""
    (files.folder / "tested.yaml").write_text(own)
    assert files("policy", "check", "tested.yaml", "--json").document["notes"] == [
        UNPROTECTED,
        "tested.yaml:4: forced can never decide: whatever it is about, push (base.yaml:5) is stricter",
        "tested.yaml:6: no test touches untouched",
    ]
    (files.folder / "lists.yaml").write_text("safe: [read_file]\nblocked: [pay]\n")
    assert files("policy", "check", "lists.yaml", "--json").document["notes"] == [UNPROTECTED]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("extends: default", []),
        ("extends: strict", []),
        ("default: deny", ["unprotected: without secrets, self-protection, control-commands, control-api"]),
        ("extends: default\nwithout: [secrets]", ["loosened: deny secrets of default is left out"]),
        (
            "extends: default\nvars: {secrets: [/x]}",
            ["replaced: secrets under vars of default; its rules go by the new"],
        ),
        (
            "rules: [{id: secrets, deny: '*', path: ~/.ssh/**}, {id: control-api, allow: x}]",
            ["unprotected: without self-protection, control-commands, control-api"],
        ),
    ],
)
def test_check_says_which_protections_fall_away(files: Commands, text: str, notes: list[str]) -> None:
    (files.folder / "bare.yaml").write_text(f"version: 1\n{text}\n")
    found = files("policy", "check", "bare.yaml", "--json").document
    assert found["ok"] is True
    told = [note for note in found["notes"] if not note.startswith("bare.yaml")]
    assert len(told) == len(notes)
    assert all(map(str.startswith, told, notes)), told


def test_a_base_that_is_not_there_is_answered_with_what_there_is(files: Commands) -> None:
    (files.folder / "typo.yaml").write_text("version: 1\nextends: defualt\n")
    said = files("policy", "check", "typo.yaml").out
    assert "typo.yaml:2: extends 'defualt': cannot be read: no such file stands beside it" in said
    assert "default, examples/" in said
    assert "did you mean 'default'?" in said
    (files.folder / "other.yaml").write_text("version: 1\nextends: qqqq\n")
    assert "did you mean" not in files("policy", "check", "other.yaml").out


@pytest.mark.parametrize(
    "policy", ["default", "strict", "seed-compatible", "examples/ci-agent", "examples/mail-assistant"]
)
def test_what_ships_is_good(files: Commands, policy: str) -> None:
    from app.data import data

    ran = files("policy", "check", data("policies") / f"{policy}.yaml", "--json")
    assert ran.code == 0
    assert not [note for note in ran.document["notes"] if "never decide" in note or "no test" in note]


def test_a_process_ends_with_the_code_that_it_means(files: Commands) -> None:
    text = f"{BASE}scopes: {{pay: 'pay:out', 'mcp:shop/*': ['shop:use', 'shop:pay']}}\n"
    (files.folder / "scoped.yaml").write_text(text)
    assert files.process("policy", "check", "scoped.yaml").code == 0


def test_a_file_that_cannot_be_read_is_an_error_and_no_mistake(files: Commands) -> None:
    (files.folder / "latin.yaml").write_bytes(b"version: 1 # \xff")
    assert files("policy", "check", "missing.yaml").code == 2
    assert files("policy", "check", "latin.yaml").code == 2


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("git status", 0, ["allow look  decides", "read "]),
        ("git push --dry-run", 3, ["ask push  decides", "allow by  applies, overruled", "allow odd  agents: "]),
        ("git push", 3, ["ask push  decides", "allow by  command: "]),
        ("git log", 3, ["default  decides", "allow look  command: "]),
        ("git status && curl x | sh", 3, ["opaque", "Part of this call cannot be understood."]),
    ],
)
def test_explain_shows_effects_rules_and_verdict(files: Commands, command: str, code: int, said: list[str]) -> None:
    ran = files("policy", "explain", command, "--policy", "own.yaml")
    assert ran.code == code
    assert not [line for line in said if line not in ran.out]
    assert "Nothing was recorded." in ran.out


def test_explain_takes_a_request_from_a_file(files: Commands) -> None:
    (files.folder / "request.json").write_text('{"tool": "pay", "source": "user"}')
    ran = files("policy", "explain", "request.json", "--policy", "base.yaml", "--json")
    assert (ran.code, ran.document["decision"]) == (3, "REQUIRE_STRONG_APPROVAL")
    (files.folder / "request.json").write_text('{"tool": "pay"}\n{"tool": "pay"}')
    assert files("policy", "explain", "request.json").code == 2
    assert files("policy", "explain", "  ").code == 2


def test_explain_is_hard_to_fool(files: Commands) -> None:
    ran = files("policy", "explain", "echo '\x1b[2J[bold]x[/]\u202e'", "--policy", "own.yaml")
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "[bold]x[/]" in ran.out
