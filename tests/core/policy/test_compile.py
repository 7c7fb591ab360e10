"""Policy text → policy: what is refused, with file and line, and what it means."""

import pytest

from app.core.budget import Budget
from app.core.decision import Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy, gather
from app.core.policy.ruleset import Policy
from app.core.policy.source import PolicyError


def compiled(rule: str = "", head: str = "", *bases: str) -> Policy:
    text = f"version: 1\n{head}\nrules:\n  - {rule}" if rule else f"version: 1\n{head}"
    return compile_policy((File("p.yaml", text), *(File(f"b{at}.yaml", base) for at, base in enumerate(bases))))


def complaint(rule: str = "", head: str = "", *bases: str) -> str:
    with pytest.raises(PolicyError) as caught:
        compiled(rule, head, *bases)
    return str(caught.value)


def verdict(policy: Policy, tool: str, **arguments: object) -> Verdict:
    request = ActionRequest(tool=tool, arguments=arguments, source="user", cwd="/workspace")
    return decide(request, Facts(Caller("a", "k", "pep"), ("/workspace",)), policy.rules, Budget(9_999)).verdict


def test_the_service_has_a_name_in_policies() -> None:
    own = File("p.yaml", "version: 1\nrules: [{id: own, deny: '*', hosts: $service}]")
    moved = compile_policy((own,), 9000)
    assert verdict(moved, "http_post", url="http://[::1]:9000/x") is Verdict.DENY
    assert verdict(moved, "http_post", url="http://localhost:8787/x") is not Verdict.DENY
    assert verdict(compile_policy((own,)), "http_post", url="http://localhost:8787/x") is Verdict.DENY


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{id: a}", "p.yaml:4: rule 'a' needs exactly one of allow, ask, deny, log"),
        ("{id: a, allow: x, deny: x}", "p.yaml:4: rule 'a' needs exactly one of"),
        ("{allow: x}", "p.yaml:4: Object missing required field `id`"),
        ("{id: A, allow: x}", "p.yaml:4: id: "),
        ("{id: 7, allow: x}", "p.yaml:4: id: Expected `str`, got `int`"),
        ("{id: a, allow: x, pth: y}", "p.yaml:4: unknown key 'pth'; did you mean 'path'?"),
        ("{id: a, allow: x, limit: {cals: 1}}", "p.yaml:4: unknown key 'cals'"),
        ("{id: a, allow: []}", "p.yaml:4: allow: "),
        ("{id: a, allow: [x, 7]}", "p.yaml:4: allow.1: "),
        ("{id: a, allow: x, path: ~}", "p.yaml:4: path: nothing stands here"),
        ("{id: a, allow: x, path: }", "p.yaml:4: path: nothing stands here"),
        ("{id: a, allow: x, source: []}", "p.yaml:4: source: "),
        ("{id: a, allow: x, source: web}", "p.yaml:4: source: "),
        ("{id: a, allow: x, effects: []}", "p.yaml:4: effects: "),
        ("{id: a, allow: x, effects: [fly]}", "p.yaml:4: effects.0: "),
        ("{id: a, allow: x, path: a/b}", "p.yaml:4: path pattern 'a/b' must begin with"),
        ("{id: a, allow: x, path: /a/../b}", "p.yaml:4: path pattern '/a/../b' must not hold . or .."),
        ("{id: a, allow: x, path: /a//b}", "p.yaml:4: path pattern '/a//b' must not hold // or end in /"),
        ("{id: a, allow: x, path: /a/}", "p.yaml:4: path pattern '/a/' must not hold // or end in /"),
        ("{id: a, allow: x, path: $workspaces/a}", "p.yaml:4: $workspaces/a: vars has no text"),
        ("{id: a, allow: x, path: $none}", "p.yaml:4: $none: vars has no text or list of texts named 'none'"),
        ("{id: a, allow: x, command: ' '}", "p.yaml:4: an empty command pattern"),
        ("{id: a, allow: x, when: '1 +'}", "p.yaml:4: when: "),
        ("{id: a, allow: x, when: '1 + 1'}", "p.yaml:4: when: is not true or false"),
        ("{id: a, allow: x, approvers: {need: 2}}", "p.yaml:4: rule 'a': approvers, valid and expires belong to ask"),
        ("{id: a, ask: x, expires: 1s}", "p.yaml:4: rule 'a': expires lies between 30s and 24h"),
        ("{id: a, ask: x, limit: {calls: 1, per: 1h}}", "p.yaml:4: rule 'a': limit and budget belong to allow"),
        ("{id: a, allow: x, limit: {calls: 0, per: 1h}}", "p.yaml:4: limit.calls: "),
        (
            "{id: a, log: x, budget: {sum: args.a, max: 1, per: 1h}}",
            "p.yaml:4: rule 'a': limit and budget belong to allow",
        ),
        ("{id: a, allow: x, budget: {sum: amount, max: 1, per: 1h}}", "p.yaml:4: budget.sum: "),
        ("{id: a, allow: x, budget: {sum: args.a, max: 0, per: 1h}}", "p.yaml:4: budget.max: "),
        ("{id: a, allow: x, budget: {sum: args.a, max: .inf, per: 1h}}", "p.yaml:4: budget.max: "),
        ("{id: a, allow: x, budget: {sum: args.a, max: .nan, per: 1h}}", "p.yaml:4: budget.max: "),
        ("{id: a, allow: x, limit: {calls: 1, per: 1h, over: allow}}", "p.yaml:4: limit.over: "),
        ("{id: default, allow: x}", "p.yaml:4: the id 'default' is one of our own"),
        ("{id: hint-x, allow: x}", "p.yaml:4: the id 'hint-x' is one of our own"),
        ('{id: a, allow: x, reason: "a\\eb"}', "p.yaml:4: reason: "),
        ("{id: a, allow: x}\n  - {id: a, deny: x}", "p.yaml:5: a rule with the id 'a' stands here twice"),
        ("just text", "p.yaml:4: Expected `object`, got `str`"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_line(rule: str, said: str) -> None:
    assert said in complaint(rule)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("default: allow", "p.yaml:2: default: "),
        ("default:", "p.yaml:2: default: nothing stands here"),
        ("rules: no", "p.yaml:2: rules is a list"),
        ("tests: {}", "p.yaml:2: tests is a list"),
        ("tests: [{call: x}]", "p.yaml:2: Object missing required field `expect`"),
        ("colour: red", "p.yaml:2: unknown key 'colour'"),
        ("rulez: []", "p.yaml:2: unknown key 'rulez'; did you mean 'rules'?"),
        ("defualt: ask", "p.yaml:2: unknown key 'defualt'; did you mean 'default'?"),
        ("vars: {x: 9999999999999999}", ""),
        ("without: [gone]", "p.yaml:2: no rule 'gone' to leave out"),
    ],
)
def test_a_mistake_in_the_rest_is_named_with_its_line(head: str, said: str) -> None:
    if said:
        assert said in complaint(head=head)
    else:
        assert compiled(head=head).tests == ()


def test_every_mistake_is_named_at_once() -> None:
    assert complaint("{id: a, allow: x, path: q}\n  - {id: b, allow: x, when: '('}").count("p.yaml:") == 2


@pytest.mark.parametrize("text", ["[]", "version: 2", "rules: []", "just text"])
def test_a_policy_says_that_it_is_one(text: str) -> None:
    with pytest.raises(PolicyError, match=r"p\.yaml:1: "):
        compile_policy((File("p.yaml", text),))


BASE = "version: 1\ndefault: deny\nvars: {v: /x/**}\nrules:\n  - {id: a, allow: t}\n  - {id: b, deny: u}\n"


def test_a_rule_with_the_same_id_replaces_that_of_the_base() -> None:
    policy = compiled("{id: a, deny: t}", "extends: b", BASE)
    assert verdict(policy, "t") is Verdict.DENY
    assert verdict(policy, "u") is Verdict.DENY


def test_a_policy_keeps_the_default_that_it_does_not_name() -> None:
    assert verdict(compiled("", "extends: b", BASE), "other") is Verdict.DENY
    assert verdict(compiled("", "extends: b\ndefault: ask", BASE), "other") is Verdict.REQUIRE_APPROVAL
    assert verdict(compiled(), "other") is Verdict.REQUIRE_APPROVAL


def test_without_drops_a_rule_of_the_base() -> None:
    assert verdict(compiled("", "extends: b\nwithout: [a]", BASE), "t") is Verdict.DENY


def test_vars_of_the_base_are_known_and_may_be_replaced() -> None:
    base = BASE + "  - {id: c, allow: read_file, path: $v}\n"
    assert verdict(compiled("", "extends: b", base), "Read", path="/x/1") is Verdict.ALLOW
    assert verdict(compiled("", "extends: b\nvars: {v: /y/**}", base), "Read", path="/x/1") is Verdict.DENY


def test_gather_follows_extends() -> None:
    files = {"b": "version: 1\nextends: c", "c": "version: 1"}
    found = gather(File("a", "extends: b"), files.__getitem__)
    assert [file.name for file in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"b": "extends: a"}, "b:1: extends 'a': a circle"),
        ({}, "a:1: extends 'b': cannot be read"),
        ({"b": "a: 1\na: 2"}, "b:2: 'a' stands here twice"),
    ],
)
def test_gather_refuses_what_leads_nowhere(files: dict[str, str], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        gather(File("a", "extends: b"), files.__getitem__)


def test_gather_stops_at_a_depth() -> None:
    with pytest.raises(PolicyError, match="more than 8 deep"):
        gather(File("0", "extends: '1'"), lambda name: f"extends: '{int(name) + 1}'")


def test_four_lists_are_four_rules() -> None:
    text = "safe: [t, read_file]\nsensitive: u\ncritical: [v]\nblocked: [w]\n"
    policy = compile_policy((File("p.yaml", text),))
    found = [verdict(policy, tool) for tool in "tuvwx"]
    assert found == [
        Verdict.ALLOW,
        Verdict.REQUIRE_APPROVAL,
        Verdict.REQUIRE_STRONG_APPROVAL,
        Verdict.DENY,
        Verdict.REQUIRE_APPROVAL,
    ]


def test_an_empty_list_of_the_four_says_nothing() -> None:
    assert compile_policy((File("p.yaml", "safe: []\nblocked:\n"),)).rules.rules == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [("safe: [a]\nsave: [b]", "p.yaml:2: unknown key 'save'"), ("safe: [a]\nblocked: [7]", "p.yaml:2: deny.0: ")],
)
def test_a_mistake_among_four_lists_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_policy((File("p.yaml", text),))
    assert said in str(caught.value)
