"""Scopes: wildcards within segments and across them, as a slow and simple reading of them says."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.scope import LONGEST, scopes

WORDS = ("read", "Read", "write", "orders", "files", "a", "b.c", "x-1")


def oracle(held: list[str], scope: str) -> bool:
    """The same question by trying everything."""

    def splits(text: str) -> list[str]:
        return [part for part in re.split(r"(?=[:/])", text) if part]

    def one(pattern: str, part: str) -> bool:
        if not pattern or not part:
            return pattern == part
        if pattern[0] == "*":
            return any(one(pattern[1:], part[at:]) for at in range(len(part) + 1))
        return pattern[0] == part[0] and one(pattern[1:], part[1:])

    def all_of(pattern: list[str], parts: list[str]) -> bool:
        if not pattern:
            return not parts
        if pattern[0].lstrip(":/") == "**":
            return any(all_of(pattern[1:], parts[at:]) for at in range(len(parts) + 1))
        return bool(parts) and one(pattern[0], parts[0]) and all_of(pattern[1:], parts[1:])

    given = any(all_of(splits(text), splits(scope)) for text in held if text[0] != "!")
    taken = any(all_of(splits(text[1:].lower()), splits(scope.lower())) for text in held if text[0] == "!")
    return given and not taken


def joined(segments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    more = st.lists(st.tuples(st.sampled_from(":/"), segments), max_size=4)
    return st.builds(lambda first, rest: first + "".join(sep + one for sep, one in rest), segments, more)


plain = joined(st.sampled_from(WORDS))
wild = joined(st.sampled_from((*WORDS, "*", "**", "r*", "*s", "f*l*")))
held = st.lists(st.builds(str.__add__, st.sampled_from(("", "", "!")), wild), max_size=5)


@given(held, plain)
@example(["read:files/**"], "read:files")
@example(["**", "!write:refunds"], "write:Refunds")
def test_scopes_agree_with_a_slow_reading(held: list[str], scope: str) -> None:
    assert scopes(held).hold(scope) is oracle(held, scope)


@given(held, plain, wild)
def test_one_more_that_takes_away_never_gives(held: list[str], scope: str, more: str) -> None:
    assert not scopes([*held, f"!{more}"]).hold(scope) or scopes(held).hold(scope)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_what_is_no_plain_scope_is_held_by_nobody(scope: str) -> None:
    ascii_words = re.fullmatch(r"[A-Za-z0-9._@-]+([:/][A-Za-z0-9._@-]+)*", scope)
    dots = {".", ".."} & set(re.split("[:/]", scope))
    assert scopes(["**"]).hold(scope) is bool(ascii_words and not dots)


HOSTILE = ["read:files/../secrets", "read:files/./a", "read:*", "read:**", "read::a", ":read", "read/", "read:a\n"]


@pytest.mark.parametrize("scope", [*HOSTILE, " read:a", "read:\u0430", "!read:a", "", "a" * (LONGEST + 1)])
def test_no_odd_spelling_is_held(scope: str) -> None:
    assert not scopes(["**", "read:*", "read:**"]).hold(scope)


@pytest.mark.parametrize("held", ["", "!", "a:", "/a", "a:../b", "a***", "a**", "**b", "a b", "a\n", "ä", "a?", "[a]"])
def test_what_is_no_scope_is_refused_with_an_example(held: str) -> None:
    with pytest.raises(ValueError, match="is no scope; write read:orders"):
        scopes([held])


def test_a_scope_is_at_most_so_long() -> None:
    assert scopes(["a" * LONGEST]).hold("a" * LONGEST)
    with pytest.raises(ValueError, match="is no scope"):
        scopes(["a" * (LONGEST + 1)])
