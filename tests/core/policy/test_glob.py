"""Globs over sequences, against brute force over a small alphabet."""

import time
from collections.abc import Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from app.core.policy.glob import covers, pattern, touches, touches_any

SEGMENTS = ["a", "b", "ab"]
PATHS = [list(items) for length in range(4) for items in product(SEGMENTS, repeat=length)]
patterns = st.lists(st.sampled_from(["a", "b", "a*", "?", "*", "**"]), max_size=4)
items = st.lists(st.sampled_from(["a", "b", "ab", "*", "a*", "?b", "**"]), max_size=3)


def fits(one: list[str], path: list[str]) -> bool:
    """By definition, without any cleverness."""
    if not one:
        return not path
    if one[0] == "**":
        return fits(one[1:], path) or (bool(path) and fits(one, path[1:]))
    return bool(path) and pattern([one[0]], "**")[0].covers(path[0]) and fits(one[1:], path[1:])


def expansions(path: list[str]) -> Iterator[list[str]]:
    """Everything that a path with wildcards stands for."""
    return (candidate for candidate in PATHS if fits(path, candidate))


@given(patterns, st.sampled_from(PATHS))
def test_a_plain_path_is_matched_by_definition(one: list[str], path: list[str]) -> None:
    compiled = pattern(one, "**")
    assert touches(compiled, path) is covers(compiled, path) is fits(one, path)
    assert touches_any(compiled, path, lambda item: item == "**") is fits(one, path)


@given(patterns, items)
def test_touches_never_says_no_falsely(one: list[str], path: list[str]) -> None:
    if any(fits(one, expansion) for expansion in expansions(path)):
        assert touches_any(pattern(one, "**"), path, lambda item: item == "**")


@given(patterns, items)
def test_what_is_covered_is_matched_in_every_expansion(one: list[str], path: list[str]) -> None:
    if covers(pattern(one, "**"), path):
        assert all(fits(one, expansion) for expansion in expansions(path))


def test_a_name_that_looks_like_a_wildcard_is_touched_as_it_stands() -> None:
    assert touches(pattern(["*]"], "**"), ["[ab]"])
    assert touches(pattern(["[ab]"], "**"), ["[ab]"])


def test_hostile_sequences_take_at_most_their_product() -> None:
    began = time.process_time()
    assert not touches(pattern(["**", "a"] * 20 + ["b"], "**"), ["a"] * 2_000)
    assert not touches_any(pattern(["**", "a"] * 20 + ["b"], "**"), ["a", "a"] * 200, lambda item: item == "?")
    assert time.process_time() - began < 1
