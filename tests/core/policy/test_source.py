"""YAML without surprises."""

import time

import pytest

from app.core.policy.source import PolicyError, read


def complaint(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        read(text, "p.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "p.yaml:2: 'a' stands here twice"),
        ("a: &x 1\nb: *x", "p.yaml:1: anchors and aliases are not used in policies"),
        ("a: &x {b: 1}", "p.yaml:1: anchors"),
        ("a: *x", "p.yaml:1: found undefined alias"),
        ("a: {b: 1}\n<<: {c: 1}", "p.yaml:2: keys are plain words"),
        ("1: a", "p.yaml:1: keys are plain words"),
        ("? [a]\n: b", "p.yaml:1: keys are plain words"),
        ("a: 2001-01-01", "p.yaml:1: a value of type tag:yaml.org,2002:timestamp"),
        ("a: !!python/name:os.system x", "p.yaml:1: a value of type"),
        ("a: !!set {x}", "p.yaml:1: a value of type"),
        ("a: !mine [x]", "p.yaml:1: a value of type"),
        ("a: !!bool maybe", "p.yaml:1: 'maybe' is not what its tag says"),
        ("a: !!float x", "p.yaml:1: 'x' is not what its tag says"),
        ("\na: 010", "p.yaml:2: 010 can be read as several numbers"),
        ("a: 0x1f", "p.yaml:1: 0x1f can be read"),
        ("a: 0o17", "p.yaml:1: 0o17 can be read"),
        ("a: 1_000", "p.yaml:1: 1_000 can be read"),
        ("a: +1", "p.yaml:1: +1 can be read"),
        ("a: 99999999999999999999", "p.yaml:1: 99999999999999999999 can be read"),
        ("%YAML 1.1\n---\na: yes", "p.yaml:1: directives are not used"),
        ("a: 1\n---\nb: 2", "p.yaml:2: but found another document"),
        ("a: [1", "p.yaml:1: "),
        ("a: b\n  c: d", "p.yaml:2: "),
        ("a: 1\nb: \0", "p.yaml:2: holds a character that YAML forbids"),
        ("", "p.yaml: is empty"),
        ("a" * 100_001, "p.yaml: larger than 100000 characters"),
        ("a:\n  " + "[" * 20_000, "p.yaml:2: nested too deeply"),
        ("- " * 20_000, "p.yaml: nested too deeply"),
    ],
)
def test_what_can_be_misread_is_refused_with_its_line(text: str, said: str) -> None:
    assert said in complaint(text)


def test_words_are_words() -> None:
    assert read("a: [yes, no, on, off, ~x, 'null', \"1\"]", "p").value == {
        "a": ["yes", "no", "on", "off", "~x", "null", "1"]
    }


def test_plain_values_keep_their_types() -> None:
    assert read("a: [1, -1, 0, 1.5, true, null]", "p").value == {"a": [1, -1, 0, 1.5, True, None]}


def test_every_part_remembers_its_line() -> None:
    source = read("a: 1\nb:\n  - c: 2\n  - 3\n", "p")
    assert source.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 0, "c"): 3, ("b", 1): 4}
    assert str(source.problem(("b", 1, "x", 7), "no")) == "p:4: no"


def test_a_laughing_policy_is_refused_at_once() -> None:
    levels = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 30)]
    began = time.process_time()
    assert "anchors" in complaint("\n".join(["l0: &l0 [x]", *levels]))
    assert time.process_time() - began < 1
