"""Sets of path patterns, asked through what each of them demands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy.glob import covers, touches
from app.core.policy.located import Located, roots, shape
from app.core.policy.path_overlap import Overlaps, demand
from app.core.policy.path_set import PathSet, path_pattern

ROOTS = roots(("/w", "/home/u/p"), "/home/u")
PATTERNS = [
    "/", "/**", "/a/*", "**/b", "**/*.pem", "**/id_*", "**/a/**", "~/**", "~/.a/*", "$workspace/**", "$workspace/a/*.b",
    "C:/a/**", "**", "**/?", "/a/b", "/a/**", "/w/**/b", "$workspace/a/**", "$workspace/a",
]  # fmt: skip
segments = st.sampled_from(
    ["a", "b", "x.pem", "id_a", ".a", "home", "u", "w", "p", "A", "x.b", "", "proc", "self", "root"]
)
paths = st.builds("/".join, st.lists(segments, min_size=1, max_size=6))
wilder = segments | st.sampled_from(["*", "**", "?", "[ab]", "x.*"])


@given(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5), paths)
def test_an_index_finds_what_looking_at_every_pattern_finds(patterns: list[str], path: str) -> None:
    compiled = [path_pattern(text) for text in patterns]
    located = Located(path, ROOTS)
    slow = any(touches(one.folded, reading) for one in compiled for reading in located.folded)
    found = PathSet(compiled)
    assert found.touches(located) is slow
    if slow and found.keys is not None:
        assert found.keys & located.names


@given(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5), st.builds("/".join, st.lists(wilder, min_size=1)))
def test_what_is_covered_is_what_some_pattern_covers(patterns: list[str], path: str) -> None:
    compiled = [path_pattern(text) for text in patterns]
    located = Located(path, ROOTS)
    slow = any(covers(one.exact, reading) for one in compiled for reading in located.exact)
    assert PathSet(compiled).covers(located) is slow


@given(st.sampled_from(PATTERNS), paths)
def test_what_is_covered_is_touched(text: str, path: str) -> None:
    one, located = PathSet([path_pattern(text)]), Located(path, ROOTS)
    if one.covers(located):
        assert one.touches(located)


@pytest.mark.parametrize(
    ("text", "path", "touched", "covered"),
    [
        ("~/**", "/home/u/x", True, True),
        ("~/**", "/home/other/x", True, False),
        ("~/**", "~/x", True, False),
        ("~/.ssh/**", "/home", False, False),
        ("~/.ssh/**", "/home/**", True, False),
        ("~/.ssh/**", "/**", True, False),
        ("~/.ssh/**", "/home/**/id", False, False),
        # A folder that may be called `home` is one where a name below it says so.
        ("~/.ssh/**", "/w/*/b.json/**", False, False),
        ("~/.ssh/**", "/w/*/b/**/c.json", False, False),
        ("~/.ssh/**", "/w/*/b/.ssh/x", True, False),
        ("~/.ssh/**", "/w/*/**/.ssh/x", True, False),
        ("~/.ssh/**", "/x/home/b/**", True, False),
        ("~/.ssh/**", "/*/u/.ssh", True, False),
        ("~/.ssh/**", "/w/**", False, False),
        ("**/.env", "/w/**", False, False),
        ("**/.env", "/w/.env/**", True, False),
        ("**", "/w/**", True, True),
        ("$workspace/**", "/w", True, True),
        ("$workspace/**", "/w/**", True, True),
        ("$workspace/**", "/W/x", True, False),
        ("$workspace/*", "/w/**", True, False),
        ("$workspace/*", "/w/*", True, True),
        ("$workspace/x", "/**/x", True, False),
        ("$workspace/**", "/w/../x", True, False),
        ("$workspace/**", "x", True, False),
        ("$workspace/**", "../x", True, False),
        ("$workspace/**", "..", True, False),
        ("$workspace/**", "/[v-x]/x", True, False),
        ("$workspace/**", "/v*/x", False, False),
        ("$workspace/v", "/w/x/.*/v", True, False),
        ("/etc/x", "/.*/../etc/x", False, False),
        ("/x", ".?/.?/x", True, False),
        ("/etc/x", "/proc/self", False, False),
        ("/etc/x", "/private", False, False),
        ("/etc/x", "/private/etc/x", True, False),
        ("/etc/x", "/proc/1/task/2/cwd/etc/x", True, False),
        ("/etc/x", "/etc/X. ", True, False),
        ("/etc/x", "/etc/x:y", True, False),
        ("c:/x", "/cygdrive/c/X", True, False),
        ("C:/x", "C:/x", True, True),
        ("/etc/**", "/etc", True, True),
        ("/etc/**", "/etc/*/x", True, True),
        ("/etc/**", "/w/etc", False, False),
        ("/etc/*/x", "/etc/a/x", True, True),
        ("/etc/*/x", "/etc/a/b", False, False),
        ("*:/x", "C:/x*", True, False),
        ("*:/x", "C:/y*", False, False),
        ("**/.ssh/**", "/w/.ssh/*", True, True),
    ],
)
def test_readings(text: str, path: str, touched: bool, covered: bool) -> None:  # noqa: FBT001
    one, located = PathSet([path_pattern(text)]), Located(path, ROOTS)
    assert one.touches(located) is touched
    assert one.covers(located) is covered


@pytest.mark.parametrize(
    ("text", "path", "meant", "touched"),
    [
        ("**/*.pem", "/w/t*", False, False),
        ("**/*.pem", "/w/*.pe*", True, True),
        ("**/*.pem", "/w/*", False, False),
        ("**/*.pem", "/w/*.pem", True, True),
        ("**/id_rsa", "/w/i*", False, True),
        ("**/id_rsa", "/w/*", False, True),
        ("**/id_rsa", "/w/id_*", True, True),
        ("**/notes.json", "/w/*.json", False, True),
        ("**/.ssh/**", "/w/**/*.js", False, False),
        ("**/.ssh/**", "/w/.s*/x", True, True),
        ("**/secrets/*.txt", "/w/*/*.txt", False, True),
        ("$workspace/x*", "/w/*y", True, True),
    ],
)
def test_a_name_that_is_meant_wherever_it_lies_is_met_by_what_says_it(
    text: str,
    path: str,
    meant: bool,  # noqa: FBT001
    touched: bool,  # noqa: FBT001
) -> None:
    one = PathSet([path_pattern(text)])
    assert one.touches(Located(path, ROOTS), meant=True) is meant
    assert one.touches(Located(path, ROOTS)) is touched


@given(
    st.lists(st.sampled_from(PATTERNS), max_size=6), st.builds("/".join, st.lists(wilder, min_size=1)), st.booleans()
)
def test_an_index_of_wild_paths_finds_what_each_pattern_finds(patterns: list[str], path: str, meant: bool) -> None:  # noqa: FBT001
    located = Located(path, ROOTS)
    one_by_one = [PathSet([path_pattern(text)]).touches(located, meant=meant) for text in patterns]
    assert PathSet([path_pattern(text) for text in patterns]).touches(located, meant=meant) is any(one_by_one)


def test_what_is_remembered_of_endings_is_bounded() -> None:
    overlaps = Overlaps([demand(path_pattern("**/*.pem").folded)])
    for number in range(600):
        assert not overlaps.touch(shape(("", f"*.{number}")), meant=False)
        assert len(overlaps._like) <= 256
    assert overlaps.touch(shape(("", "a*.pem")), meant=False)


@pytest.mark.parametrize("meant", [True, False])
def test_a_star_in_brackets_is_one_name(*, meant: bool) -> None:
    some = PathSet([path_pattern(text) for text in ("**/id_rsa", "**/*.pem", "**/?x")])
    assert not some.touches(Located("/w/[*]", ROOTS), meant=meant)
