"""The package as a whole: cases as data, and what must hold for every line."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import Effect, EffectKind

CASES = Path(__file__).parents[3] / "cases" / "shell"
PLACE = Place("/w", "/home/u")
HARMLESS = {EffectKind.READ}


def read(line: str, steps: int = 100_000, place: Place = PLACE) -> tuple[Effect, ...]:
    return read_line(line, place, Budget(steps))[1]


def said(effects: tuple[Effect, ...]) -> list[str]:
    """The effects without the opaque ones and without repetitions, as the cases spell them."""
    texts = (
        f"{effect.kind} {effect.resource}" + (f" by {effect.added_by}" if effect.added_by else "")
        for effect in effects
        if effect.kind is not EffectKind.OPAQUE
    )
    return list(dict.fromkeys(texts))


def is_opaque(effects: tuple[Effect, ...]) -> bool:
    return any(effect.kind is EffectKind.OPAQUE for effect in effects)


def meaning(effects: tuple[Effect, ...]) -> set[tuple[EffectKind, str]]:
    return {(effect.kind, effect.resource) for effect in effects if effect.kind is not EffectKind.OPAQUE}


def cases(name: str) -> list[dict]:  # type: ignore[type-arg]  # as YAML gives it
    groups = YAML(typ="safe", pure=True).load(CASES / name)
    return [case for group in groups for case in group["lines"]]


@pytest.mark.parametrize("case", cases("reading.yaml"), ids=lambda case: case["line"])
def test_everyday_reading(case: dict) -> None:  # type: ignore[type-arg]
    effects = read(case["line"])
    assert not is_opaque(effects), [effect.resource for effect in effects]
    assert said(effects) == case["effects"]
    assert {effect.kind for effect in effects} <= HARMLESS


@pytest.mark.parametrize("case", cases("dangerous.yaml"), ids=lambda case: case["line"])
def test_dangerous_and_tricky(case: dict) -> None:  # type: ignore[type-arg]
    effects = read(case["line"])
    assert is_opaque(effects) == case.get("opaque", False), [effect.resource for effect in effects]
    assert said(effects) == case.get("effects", [])


def test_the_collections_are_large_enough() -> None:
    assert len(cases("reading.yaml")) >= 120
    assert len(cases("dangerous.yaml")) >= 130


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "# only a comment", "ls\rrm x", "ls\0", "ls \u202ertf", "ls\u200b", "ls\u00a0-l", "ls \x1b[1m",
     "ls \ud800", "\u3164=x", "ls\u2028rm x", "ls \x7f"],
)  # fmt: skip
def test_nothing_to_run_and_hidden_characters_are_opaque(text: str) -> None:
    assert is_opaque(read(text))


@pytest.mark.parametrize("text", ["cat naïve.txt", "grep 'größe' a", 'echo "日本" é\\é', "ls 💾"])
def test_visible_unicode_is_read(text: str) -> None:
    commands, effects = read_line(text, PLACE, Budget(1000))
    assert not is_opaque(effects)
    assert commands[0].text == text.replace("'", "").replace('"', "").replace("\\", "")


@pytest.mark.parametrize("text", ["cat ${A:-größe}", 'echo "${A#日本}"', "rm ${A%é}x"])
def test_visible_unicode_inside_an_expansion_is_read(text: str) -> None:
    commands, effects = read_line(text, PLACE, Budget(1000))
    assert is_opaque(effects)
    assert commands[0].text == text


def test_commands_wrappers_and_effects_belong_together() -> None:
    commands, effects = read_line("sudo env rm x > log", PLACE, Budget(1000))
    assert [(command.text, command.wrapper) for command in commands] == [
        ("sudo env rm x", True),
        ("env rm x", True),
        ("rm x", False),
    ]
    assert effects == (
        Effect(EffectKind.WRITE, "/w/log", "sudo env rm x > log", ">", 0),
        Effect(EffectKind.PRIVILEGE, "root", "sudo env rm x > log", "", 0),
        Effect(EffectKind.DELETE, "/w/x", "rm x", "", 2),
    )


def test_an_unknown_word_keeps_its_source() -> None:
    commands, _ = read_line('rm "$A"/x', PLACE, Budget(1000))
    assert commands[0].words == ("rm", '"$A"/x')


def test_a_loop_whose_variables_do_not_settle_is_not_known() -> None:
    chain = "; ".join(f"V{n}=$V{n - 1}" for n in range(9, 0, -1))
    start = "; ".join(f"V{n}=b" for n in range(10))
    effects = read(f"{start}; while ls; do {chain}; V0=x; cat $V9; done; cat a")
    assert is_opaque(effects)
    # But for what it does the first time.
    assert said(effects) == ["read /w", "read /w/b", "read .", "read a"]


def test_without_a_place_paths_stay_relative() -> None:
    assert said(read("cat a ~/b; cd c; cat d", place=Place())) == ["read a", "read ~/b", "read c/d", "read d"]
    assert is_opaque(read("cd", place=Place()))


def test_texts_are_bounded() -> None:
    effects = read("rm " + "x" * 10_000)
    assert is_opaque(effects)
    assert max(len(effect.via) for effect in effects) <= 200
    assert max(len(effect.resource) for effect in effects) <= 4_096


# Budgets ---------------------------------------------------------------------------------------------------------

HOSTILE = {
    "pipes": "a|" * 25_000 + "a",
    "short pipes": "a|" * 8_000 + "a",
    "parentheses": "(" * 50_000,
    "short parentheses": "(" * 16_000,
    "substitutions": "$(" * 8_000,
    "closed substitutions": "$(" * 2_000 + "ls" + ")" * 2_000,
    "quotes": "\"'" * 8_000,
    "backticks": "`" * 16_000,
    "here-documents": "<<E\n" * 4_000,
    "functions": "a()" * 5_000,
    "arrays": "a=(" * 5_000,
    "appended arrays": "a+=(" * 4_000,
    "expansions": "${a#(" * 3_000,
    "cases": "${a^" * 4_000,
    "braces": "echo " + "{a,b}" * 3_000,
    "long braces": "echo {" + "a," * 7_000 + "}",
    "nested braces": "echo " + "{" * 7_000 + "a,b" + "}" * 7_000,
    "nested ifs": "if true; then " * 1_000,
    "tests": "[[ ( " * 3_000,
    "semicolons": "a;" * 8_000,
    "words": "rm " + "x " * 8_000,
    "doubling": "A=" + "x" * 99 + ";" + "A=$A$A;" * 99 + "echo $A",
    "evals": "A='" + "a()" * 300 + "';" + "eval $A;" * 1_000,
    "loops": "for a in 1 2 3 4 5 6 7 8; do " * 8 + "ls; " + "done; " * 8,
    "whiles": "while ls; do A=$A$A; " * 12 + "done; " * 12,
    "recursion": "f() { f; f; }; f",
    "wrappers": "env " * 4_000 + "ls",
    "nested shells": "bash -c " * 4_000 + "ls",
    "effects": "rm " + " ".join(f"a{n}" for n in range(300)),
    "sed": "sed '" + "/x/" * 5_000 + "' f",
    "awk": "awk '" + "{" * 8_000 + ">' f",
    "and": "ls && " * 2_000 + "ls",
    "finds": "find . " + "-exec ls {} + " * 1_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_end_in_bounded_steps(name: str) -> None:
    budget = Budget(20_000)
    _, effects = read_line(HOSTILE[name], PLACE, budget)
    assert is_opaque(effects)
    assert len(effects) <= 256
    # Whatever a step is, the last one may overdraw the budget only by the words of one command.
    assert budget.left > -10_000


def test_an_empty_budget_is_opaque_and_keeps_what_was_found() -> None:
    effects = read("rm a; rm b", steps=16)
    assert said(effects) == ["delete /w/a"]
    assert effects[-1].resource == "too complex"
    assert is_opaque(read("ls", steps=0))


# Properties ------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["ls", "cat", "rm", "-rf", "x", "~/.ssh/id_rsa", "$A", '"$A"', "'a b'", "git", "status", "push", "echo", "sudo",
     "env", "a\\ b", "{a,b}", "*.py", "$(rm y)", "`rm y`", "/etc/shadow", "curl", "-o", "f", "find", "-delete", "sed",
     "-i", "./x", "xargs", "cd", "..", "A=1", "tee", "$((1+1))", "<(ls)", "kill", "[", "]", "eval", "bash", "-c", "é"]
)  # fmt: skip
SIMPLE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
REDIRECTED = st.builds(
    "{} {}".format, SIMPLE, st.sampled_from(["", "> o", "2>&1", "< ~/.ssh/id_rsa", ">> o", "2>/dev/null", "<<< x"])
)
LINES = st.recursive(
    REDIRECTED,
    lambda inner: st.one_of(
        st.builds("{}{}{}".format, inner, st.sampled_from(["; ", " && ", " || ", " | ", "\n", " & "]), inner),
        st.builds("( {} )".format, inner),
        st.builds("{{ {}; }}".format, inner),
        st.builds("if {}; then {}; fi".format, inner, inner),
        st.builds("for v in a b; do {}; done".format, inner),
        st.builds("while {}; do {}; done".format, inner, inner),
        st.builds("f() {{ {}; }}; f".format, inner),
        st.builds("! {}".format, inner),
    ),
    max_leaves=4,
)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    commands, effects = read_line(text, PLACE, Budget(5_000))
    assert all(-1 <= effect.command < len(commands) for effect in effects)
    assert commands or is_opaque(effects)


@settings(deadline=None)
@given(st.text(alphabet=string.printable + "$(){}<>|&;`'\"\\\n #é", max_size=40))
def test_any_shell_like_text_is_answered(text: str) -> None:
    read(text, steps=5_000)


@settings(deadline=None)
@given(LINES)
def test_any_line_is_answered(line: str) -> None:
    commands, effects = read_line(line, PLACE, Budget(50_000))
    assert commands
    assert all(0 <= effect.command < len(commands) or effect.resource == "too complex" for effect in effects)


@settings(max_examples=200, deadline=None)
@given(LINES, st.sampled_from(["; true", " | cat", " # rm -rf /", "\n", "\ntrue", " && true", " || true", " &"]))
def test_appending_never_removes_an_effect(line: str, tail: str) -> None:
    before, after = read(line), read(line + tail)
    assert is_opaque(after) or not is_opaque(before)
    assert is_opaque(after) or meaning(before) <= meaning(after)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@settings(max_examples=200, deadline=None)
@given(
    LINES,
    st.sampled_from(["bash -c {}", "sh -c {}", "eval {}", "sudo bash -c {}", "env bash -c {}", "echo $(eval {})"]),
)
def test_wrapping_a_line_never_removes_an_effect(line: str, wrapper: str) -> None:
    before, after = read(line), read(wrapper.format(quoted(line)))
    assert is_opaque(after) or not is_opaque(before)
    assert is_opaque(after) or meaning(before) <= meaning(after)


@settings(deadline=None)
@given(
    SIMPLE.filter(lambda line: line.split()[0].isalpha()), st.sampled_from(["env", "sudo", "nice", "nohup", "command"])
)
def test_wrapping_a_command_never_removes_an_effect(line: str, wrapper: str) -> None:
    before, after = read(line), read(f"{wrapper} {line}")
    assert is_opaque(after) or not is_opaque(before)
    assert is_opaque(after) or meaning(before) <= meaning(after)


PLAIN = st.text(alphabet=string.ascii_letters + string.digits + "-_./é ", min_size=1, max_size=8)
QUOTES = st.sampled_from([
    quoted,
    lambda text: '"' + text + '"',
    lambda text: "$'" + text + "'",
    lambda text: "".join("\\" + char for char in text),
    lambda text: quoted(text[:1]) + '"' + text[1:] + '"',
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(PLAIN, QUOTES, QUOTES), min_size=1, max_size=4))
def test_quoting_otherwise_gives_the_same_words(words: list) -> None:  # type: ignore[type-arg]
    for quote in (1, 2):
        line = " ".join(word[quote](word[0]) for word in words)
        commands, effects = read_line(line, PLACE, Budget(5_000))
        if effects and effects[0].resource.startswith("the line:"):
            continue  # not understood at all, and said so
        assert commands[0].words == tuple(word[0] for word in words)
