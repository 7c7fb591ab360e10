"""What bash runs of a line is what we read of it, or the line is opaque."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.classify.shell.ran import PIECES, Recorded, read, unread


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    recorded = Recorded()
    yield recorded
    recorded.close()


@pytest.mark.parametrize(
    "line",
    [
        "rec a 0>f b",
        "rec > f 0>&1 a",
        "rec 0<<<x a",
        "rec 10>f a",
        "rec <& --delete",
        "rec >& -f",
        "rec a -x<<E\nE\n",
        "rec -<<E\nE\n",
        "rec a{b,c} 'd e' $'f\\'g'",
        "rec a\\\n b; rec c | rec d",
        "x=a; local x=b; rec $x",
        "x=a; f() { local x=b; }; f; rec $x",
    ],
)
def test_what_bash_runs_is_what_was_read_or_nothing_was(recorded: Recorded, line: str) -> None:
    told = read(line)
    assert told is None or unread(recorded.ran(line), told) is None


def test_a_call_that_was_not_read_is_found(recorded: Recorded) -> None:
    assert recorded.ran("rec a 'b c' | rec d")[0] in (("a", "b c"), ("d",))
    assert unread(recorded.ran("rec a b"), [("a",)]) == ("a", "b")


@settings(max_examples=60, deadline=None)
@given(line=st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_so_for_what_means_something_to_it(recorded: Recorded, line: str) -> None:
    told = read(f"rec {line}")
    assert told is None or unread(recorded.ran(f"rec {line}"), told) is None
