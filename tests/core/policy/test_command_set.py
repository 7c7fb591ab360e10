"""Patterns over the words of a command."""

import pytest

from app.core.model import Command
from app.core.policy.command_set import CommandSet

SETS = CommandSet(["git push *", "rm -rf *", "* --force"])


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
