"""Paths as text."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.classify.paths import Place, normalise, place, spellings

AT_HOME = Place("/workspace", "/home/u")
parts = st.sampled_from(["", ".", "..", "a", "~", "...", ".a", "C:", "file:", "\\", "%2e", "*"])
paths = st.lists(parts, max_size=8).map("/".join)
places = st.sampled_from([Place(), AT_HOME, Place("/", "/"), Place("C:/x", "C:/Users/u")])


@given(paths, places)
def test_a_normal_path_is_its_own_normal_form(path: str, where: Place) -> None:
    once = normalise(path, where)
    if once[:1] in ("/", "~"):
        assert normalise(once, Place()) == once


@given(paths, places)
def test_no_absolute_path_holds_dots(path: str, where: Place) -> None:
    found = normalise(path, where)
    if found[:1] == "/":
        assert not {"", ".", ".."} & set(found[1:].split("/")) or found == "/"


@given(st.lists(st.sampled_from(["", ".", "..", "a", "b.c", "..."]), max_size=8).map("/".join))
def test_absolute_paths_agree_with_the_standard_library(path: str) -> None:
    # Two slashes at the beginning may mean something of their own in POSIX; to every tool that we know they do not.
    assert normalise("/" + path, AT_HOME) == posixpath.normpath("/" + path).replace("//", "/")


@given(st.lists(st.sampled_from(["a", ".", "b"]), max_size=5).map("/".join))
def test_what_does_not_climb_stays_below_its_directory(path: str) -> None:
    assert f"{normalise(path, AT_HOME)}/".startswith("/workspace/")


@given(paths, places)
def test_every_spelling_of_a_path_is_a_normal_one(path: str, where: Place) -> None:
    assert all(normalise(one, Place()) == one for one in spellings(path, where) if one[:1] in ("/", "~"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "/workspace"),
        ("a", "/workspace/a"),
        ("../a", "/a"),
        ("//etc", "/etc"),
        ("~", "/home/u"),
        ("~/..", "/home"),
        ("~x/../..", "~x/../.."),
        ("file:///a%20b", "/a b"),
        ("file://host", "/"),
        ("file:a", "/workspace/a"),
        ("file:///C:/x", "C:/x"),
        ("C:\\x\\..\\..\\y", "C:/y"),
        ("\\\\host\\x", "/host/x"),
        ("a\\b", "/workspace/a/b"),
        ("a/b\\c", "/workspace/a/b\\c"),
        ("~\\x", "/home/u/x"),
    ],
)
def test_normal_forms(text: str, expected: str) -> None:
    assert normalise(text, AT_HOME) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "a"), ("../a", "../a"), ("./", "."), ("a/../..", ".."), ("~/x", "~/x"), ("~/../x", "~/../x"), ("", ".")],
)
def test_what_is_relative_to_the_unknown_stays_relative(text: str, expected: str) -> None:
    assert normalise(text, Place()) == expected


@pytest.mark.parametrize(
    ("cwd", "home", "expected"),
    [
        ("/a/../b", "/h/", Place("/b", "/h")),
        ("C:\\x", None, Place("C:/x")),
        ("relative", "~", Place()),
        ("/a\0", "", Place()),
    ],
)
def test_a_place_is_absolute_or_unknown(cwd: str | None, home: str | None, expected: Place) -> None:
    assert place(cwd, home) == expected


def test_a_backslash_separates_or_is_a_letter() -> None:
    assert spellings("a/..\\b", AT_HOME) == ("/workspace/a/..\\b", "/workspace/b")


def test_a_variable_that_is_not_the_home_is_not_understood() -> None:
    with pytest.raises(ValueError, match="variable"):
        spellings("$X/y", AT_HOME)
