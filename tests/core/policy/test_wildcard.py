"""Wildcards inside one name, against slower ways to know the same."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcmatch import fnmatch

from app.core.policy import wildcard

ALPHABET = "ab."
NAMES = ["".join(letters) for length in range(5) for letters in product(ALPHABET, repeat=length)]
wilds = st.lists(st.sampled_from([*ALPHABET, "*", "?", "[ab]", "[!a]", "[a-b]"]), max_size=5).map("".join)
flags = fnmatch.CASE | fnmatch.DOTMATCH | fnmatch.FORCEUNIX


# An empty name matches nothing there, which no path and no word ever is.
@given(wilds, st.sampled_from(NAMES[1:]))
def test_matches_as_another_implementation_does(wild: str, name: str) -> None:
    assert wildcard.matches(wild, name) is fnmatch.fnmatch(name, wild, flags=flags)


@given(wilds, wilds)
def test_intersect_never_says_no_falsely(one: str, other: str) -> None:
    common = [
        name
        for name in NAMES
        if wildcard.matches(one, name)
        and wildcard.matches(other, name)
        # What a shell leaves out: a name that begins with a dot, where the wildcard does.
        and not (other[:1] in ("*", "?") and name[:1] == ".")
    ]
    if common and one[:1] != ".":
        assert wildcard.intersect(one, other)
    if common and one[:1] == "." and other[:1] not in ("*", "?"):
        assert wildcard.intersect(one, other)


@given(wilds.filter(lambda wild: "[" not in wild), wilds.filter(lambda wild: "[" not in wild))
def test_intersect_says_yes_only_where_a_name_exists(one: str, other: str) -> None:
    longer = [*NAMES, *("".join(letters) for length in range(5, 8) for letters in product("a.", repeat=length))]
    if wildcard.intersect(one, other) and "b" not in one + other:
        assert any(wildcard.matches(one, name) and wildcard.matches(other, name) for name in longer)


@pytest.mark.parametrize(
    ("wild", "name", "expected"),
    [
        ("[a", "[a", True),
        ("[", "[", True),
        ("[]a]", "]", True),
        ("[!]a]", "b", True),
        ("[!]a]", "]", False),
        ("[^a]", "b", True),
        ("[a-]", "-", True),
        ("[-a]", "-", True),
        ("*a*?b", "xaxxcb", True),
        ("*[ab]*c", "xxbxc", True),
        ("a*a", "a", False),
        ("?", "", False),
    ],
)
def test_brackets_and_edges(wild: str, name: str, expected: bool) -> None:  # noqa: FBT001
    assert wildcard.matches(wild, name) is expected


def test_two_brackets_count_as_meeting() -> None:
    assert wildcard.intersect("[a]", "[b]")


def test_what_is_longer_than_any_name_counts_as_touched() -> None:
    assert wildcard.intersect("a*", "?" * 256)


@pytest.mark.parametrize(
    ("wild", "ends"),
    [("*.pem", ("", ".pem")), ("id_*", ("id_", "")), ("a*b", ("a", "b")), ("abc", ("abc", "abc")), ("[a]*?", ("", ""))],
)
def test_ends_are_the_texts_that_every_match_begins_and_ends_with(wild: str, ends: tuple[str, str]) -> None:
    assert wildcard.ends(wild) == ends


@pytest.mark.parametrize("wild", ["*a" * 100 + "b", "*?a*?a*?b", "a*" * 50 + "c", "*[ab]*[ab]*c"])
def test_hostile_patterns_take_linear_time(wild: str) -> None:
    began = time.process_time()
    assert not wildcard.matches(wild, "a" * 20_000)
    assert not wildcard.intersect(wild[:255], "a" * 250 + "d")
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("wild", "name", "said"),
    [
        (".e*", ".env", True),
        (".[e][n]*", ".env", True),
        ("id_*", "id_rsa", True),
        ("*_rsa", "id_rsa", True),
        ("*.pe*", "*.pem", True),
        ("*.pe?", "*.pem", True),
        (".en?", ".env", True),
        ("cred*.json", "credentials.json", True),
        ("i*", "id_rsa", False),
        ("*config*", "kubeconfig", False),
        ("*r?a*", "id_rsa", False),
        ("t*", "*.pem", False),
        ("README*", "*.pem", False),
        ("*.p*", "*.pem", False),
        ("[*]", "id_rsa", True),
    ],
)
def test_a_pattern_says_half_of_a_name(wild: str, name: str, said: bool) -> None:  # noqa: FBT001
    assert wildcard.says(wild, name) is said
