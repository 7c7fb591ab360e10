"""Patterns over the words of a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Command
from app.core.policy.command_set import CommandSet, plain
from app.core.policy.glob import fits, pattern, touches_any
from app.core.policy.wildcard import is_wild

SETS = CommandSet(["git push *", "rm -rf *", "* --force"])
PATTERNS = ["git push *", "git * push -f", "git *", "git * -[a-z]f *", "g* * -f push", "* --force", "x/ push", "* a/"]


@given(
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5),
    st.sampled_from(["git", "/usr/bin/git", "GIT.exe", "x/", "a/", "/", "g", "--force"]),
    st.lists(st.sampled_from(["push", "-f", "-xf", "--force", "a/", "p*", "*", "other"]), max_size=4),
    st.booleans(),
)
def test_an_index_finds_what_looking_at_every_pattern_finds(
    patterns: list[str],
    program: str,
    rest: list[str],
    globs: bool,  # noqa: FBT001
) -> None:
    found = CommandSet(patterns).touches(Command((program, *rest), globs=globs))
    assert found is any(_touches(one, program, rest, globs=globs) for one in patterns)


def _touches(text: str, program: str, rest: list[str], *, globs: bool) -> bool:
    first, *others = text.split()
    ways = [pattern([first, *others], "*")]
    if rest[:1] and rest[0][:1] == "-":
        ways.append(pattern([first, "*", *others], "*"))
    spelt = {first} if plain(first) == plain(program) else set[str]()
    names = {program, plain(program)} if is_wild(first) else spelt
    if not globs:
        return any(fits(way, (name, *rest)) for way in ways for name in names)
    return any(touches_any(way, (name, *rest), is_wild) for way in ways for name in names)


def test_a_program_that_a_pattern_names_may_be_any_but_a_star_in_an_assignment_is_no_program() -> None:
    assert SETS.touches(Command(("gi?", "push"), globs=True))
    # Between quotes it is a name like any other.
    assert not SETS.touches(Command(("gi?", "push")))
    assert not SETS.touches(Command(("n=$(ls *)",), idle=True))


@pytest.mark.parametrize(
    ("line", "touched", "covered"),
    [
        ("git push", True, True),
        ("git push origin main", True, True),
        ("/usr/bin/git push", True, True),
        ("./git push", True, False),
        ("Git push", True, False),
        ("git.exe push", True, False),
        ("git -C /x push", True, False),
        ("git -c a=b --no-pager push", True, False),
        ("git log push", False, False),
        ("git", False, False),
        ("rm -v -rf x", True, False),
        ("npm i --force", True, True),
        ("npm --force i", False, False),
        ("/opt/npm --force", True, True),
        ("g* push", True, False),
        ("*", True, False),
        ("git p*", True, False),
        ("git * origin", True, False),
        ("git log a*", False, False),
        ("git log *", True, False),
        ("", False, False),
    ],
)
def test_tightening_sees_every_reading_and_loosening_one(line: str, touched: bool, covered: bool) -> None:  # noqa: FBT001
    command = Command(tuple(line.split()), globs=True)
    assert SETS.touches(command) is touched
    assert (SETS.covers(command) is not None) is covered


def test_a_quoted_wildcard_is_just_a_word() -> None:
    assert not SETS.touches(Command(("git", "log", "*")))
    assert SETS.touches(Command(("npm", "*", "--force")))


def test_the_names_of_its_programs_are_its_keys() -> None:
    assert CommandSet(["git push *", "/opt/RM.exe *"]).keys == frozenset(("git", "rm"))
    assert SETS.keys is None
