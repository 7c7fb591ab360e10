"""No byte of a line goes unread."""

import pytest

from app.core.classify.shell.cursor import Cursor
from app.core.classify.shell.words import DisagreementError


def test_between_tokens_stand_blanks_comments_and_line_breaks() -> None:
    cursor = Cursor("ls \t \\\n -l # list\n;")
    cursor.begin(0)
    cursor.take(0, 2)
    cursor.skip_to(8)
    cursor.take(8, 10)
    cursor.token(18, 19)
    cursor.finish()


@pytest.mark.parametrize("source", ["ls rm", "lsrm", "ls ;", "ls\n\nrm"])
def test_what_the_grammar_skips_stops_the_reading(source: str) -> None:
    cursor = Cursor(source)
    cursor.take(0, 2)
    with pytest.raises(DisagreementError):
        cursor.finish() if source != "ls\n\nrm" else cursor.skip_to(4)


def test_no_line_ends_inside_a_command() -> None:
    cursor = Cursor("ls\n-l")
    cursor.take(0, 2)
    with pytest.raises(DisagreementError):
        cursor.skip_to(3)


def test_a_command_needs_something_that_separates_it() -> None:
    cursor = Cursor("(ls) rm")
    cursor.token(0, 1)
    cursor.begin(1)
    cursor.take(1, 3)
    cursor.token(3, 4)
    cursor.take(3 + 1, 4)
    with pytest.raises(DisagreementError):
        cursor.begin(5)


def test_nothing_is_read_twice() -> None:
    cursor = Cursor("ls rm")
    cursor.take(0, 5)
    with pytest.raises(DisagreementError):
        cursor.take(3, 5)


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("fi", 1),
        ("&&&", 2),
        ("&>f", 1),
        ("||", 1),
        (";;", 1),
        ("((", 1),
        ("!(a)", 1),
        ('then"x"', 4),
        ("{a", 1),
        ("|&&", 2),
    ],
)
def test_an_operator_ends_where_bash_ends_it(source: str, end: int) -> None:
    with pytest.raises(DisagreementError):
        Cursor(source).token(0, end)


@pytest.mark.parametrize(("source", "start", "end"), [(">>f", 0, 1), ("{a}>f", 3, 4), (">&-x", 0, 3)])
def test_a_redirection_ends_where_bash_ends_it(source: str, start: int, end: int) -> None:
    cursor = Cursor(source)
    cursor.take(0, start)
    with pytest.raises(DisagreementError):
        cursor.operator(start, end)


def test_a_descriptor_touches_its_operator() -> None:
    cursor = Cursor("2 >f")
    cursor.token(0, 1)
    with pytest.raises(DisagreementError):
        cursor.touch(2)


@pytest.mark.parametrize("source", ["a\\\nb", ";\\\nb"])
def test_a_line_continued_inside_a_word(source: str) -> None:
    cursor = Cursor(source)
    cursor.take(0, 1)
    with pytest.raises(DisagreementError):
        cursor.skip_to(3)


@pytest.mark.parametrize("comment", ["# a; b", "# a `b`", "# $(a)", "# a > b"])
def test_a_comment_that_another_shell_would_run(comment: str) -> None:
    with pytest.raises(DisagreementError):
        Cursor(comment).finish()


def test_a_here_document_lies_behind_its_line() -> None:
    cursor = Cursor("cat <<E\na\nE\nls")
    cursor.take(0, 3)
    cursor.operator(4, 6)
    cursor.take(6, 7)
    assert cursor.here_document("E", tabs=False) == (8, 10)
    cursor.begin(12)
    cursor.take(12, 14)
    cursor.finish()


def test_tabs_before_the_delimiter() -> None:
    assert Cursor("\na\n\tE").here_document("E", tabs=True) == (1, 3)
    with pytest.raises(DisagreementError):
        Cursor("\na\n\tE").here_document("E", tabs=False)


@pytest.mark.parametrize("source", ["", "E", "\na"])
def test_a_here_document_without_its_end(source: str) -> None:
    with pytest.raises(DisagreementError):
        Cursor(source).here_document("E", tabs=False)


def test_one_here_document_a_line() -> None:
    cursor = Cursor("\na\nE")
    cursor.here_document("E", tabs=False)
    with pytest.raises(DisagreementError):
        cursor.here_document("E", tabs=False)


def test_a_here_document_that_is_never_reached() -> None:
    cursor = Cursor("a\nE\nE")
    cursor.here_document("E", tabs=False)
    cursor.take(0, 5)
    with pytest.raises(DisagreementError):
        cursor.finish()


def test_a_here_document_that_begins_behind_a_quoted_line_break() -> None:
    cursor = Cursor("'\n'\nE\n")
    cursor.here_document("E", tabs=False)
    cursor.take(0, 3)
    with pytest.raises(DisagreementError):
        cursor.begin(4)


def test_reading_aside_ends_its_own_here_documents() -> None:
    cursor = Cursor("a\nE\n")
    with pytest.raises(DisagreementError), cursor.aside(0):
        cursor.here_document("E", tabs=False)
