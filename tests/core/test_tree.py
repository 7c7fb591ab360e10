"""A call as a tree: every command and every effect once, each under what runs it."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import Effect, EffectKind
from app.core.tree import Branch, tree

WORDS = (
    "ls",
    "cat x",
    "sudo ",
    "xargs ",
    "env ",
    "bash -c 'a; b' ",
    "find . -exec rm {} \\; ",
    "| ",
    "&& ",
    "; ",
    "$(ls) ",
)


def drawn(line: str) -> tuple[Branch, ...]:
    return tree(*read_line(line, Place("/workspace", "/home/user"), Budget(20_000)))


def words(branches: tuple[Branch, ...]) -> list[object]:
    return [(branch.words, words(branch.inner)) if branch.inner else branch.words for branch in branches]


def whole(branches: tuple[Branch, ...]) -> list[Branch]:
    return [each for branch in branches for each in (branch, *whole(branch.inner))]


def test_what_a_wrapper_runs_stands_under_it() -> None:
    assert words(drawn("git log | head -3")) == ["git log", "head -3"]
    assert words(drawn("sudo nice ls")) == [("sudo nice ls", [("nice ls", ["ls"])])]
    assert words(drawn("bash -c 'ls; cat x' && pwd")) == [("bash -c ls; cat x", ["ls", "cat x"]), "pwd"]


def test_effects_stand_under_their_command() -> None:
    (cat,) = drawn("cat a > b")
    assert {(effect.kind, effect.resource, effect.added_by) for effect in cat.effects} == {
        (EffectKind.READ, "/workspace/a", ""),
        (EffectKind.WRITE, "/workspace/b", ">"),
    }


def test_effects_of_a_tool_stand_under_the_argument_that_causes_them() -> None:
    one, two, other = (Effect(EffectKind.READ, name, via) for name, via in (("/a", "path"), ("/b", "path"), ("/c", "")))
    assert tree((), (one, two, other)) == (
        Branch(words="path", effects=(one, two)),
        Branch(words="", effects=(other,)),
    )


@given(st.lists(st.sampled_from(WORDS), max_size=8).map("".join))
def test_nothing_is_lost_and_nothing_stands_twice(line: str) -> None:
    commands, effects = read_line(line, Place("/workspace", "/home/user"), Budget(20_000))
    found = whole(tree(commands, effects))
    assert sorted(effect.resource for branch in found for effect in branch.effects) == sorted(
        effect.resource for effect in effects
    )
    assert len(found) >= len(commands)
