"""One word of source into parts."""

import pytest

from app.core.classify.shell.tree import Literal, Part, Puzzle, Sum, Variable
from app.core.classify.shell.words import DisagreementError, Scanner, expansion


def no_nested(_at: int, _quoted: bool) -> tuple[int, Part]:  # noqa: FBT001 (a callback)
    raise DisagreementError("nothing is nested here")


def parts(source: str) -> tuple[Part, ...]:
    return Scanner(source, no_nested).word(0)[1].parts


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ls", (Literal("ls"),)),
        ("a'b c'", (Literal("a"), Literal("b c", quoted=True))),
        ('""', (Literal("", quoted=True),)),
        (r'"a\"b\$c\x"', tuple(Literal(text, quoted=True) for text in ("a", '"', "b", "$", "c", "\\", "x"))),
        ('"a\\\nb"', (Literal("a", quoted=True), Literal("b", quoted=True))),
        (r"\a\\", (Literal("a", quoted=True), Literal("\\", quoted=True))),
        ("$a$1$?", (Variable("a"), Variable("1"), Variable("?"))),
        ('"$a"', (Variable("a", quoted=True),)),
        ("a$", (Literal("a"), Literal("$", quoted=True))),
        (r"$'a\tb\\\x41\101\u00e9'", (Literal("a\tb\\AAé", quoted=True),)),
    ],
)
def test_quotes_and_variables(source: str, expected: tuple[Part, ...]) -> None:
    assert parts(source) == expected


@pytest.mark.parametrize(
    "source",
    ["'a", '"a', "$'a", "a\\", "a\\\nb", '$"a"', r"$'\e'", r"$'\q'", r"$'\0'", r"$'\x80'", r"$'\u200b'", r"$'\''",
     "a(b)", ">",
     "(", "!x", '"!x"', "a!x'b'"],
)  # fmt: skip
def test_what_is_not_read(source: str) -> None:
    with pytest.raises(DisagreementError):
        parts(source)


@pytest.mark.parametrize("source", ["$(a)", "`a`", "<(a)", "a>(b)", "${a}", "$((1))", "$[1]", '"$(a)"', '"`a`"'])
def test_what_is_nested_is_asked_for(source: str) -> None:
    with pytest.raises(DisagreementError, match="nothing is nested"):
        parts(source)


def test_a_here_document_keeps_quotes() -> None:
    source = 'it\'s "$a"\n'
    assert Scanner(source, no_nested).text(0, len(source)).parts == (
        Literal("it's ", quoted=True),
        Literal('"', quoted=True),
        Variable("a", quoted=True),
        Literal('"', quoted=True),
        Literal("\n", quoted=True),
    )


def test_a_here_document_that_ends_inside_a_substitution() -> None:
    with pytest.raises(DisagreementError):
        Scanner("$(a\nE\n)", lambda _at, _quoted: (7, Puzzle(""))).text(0, 4)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${a}", Variable("a")),
        ("${10}", Variable("10")),
        ("${#a}", Puzzle("${#a}", free=True)),
        ("$((1 + 2))", Puzzle("$((1 + 2))", free=True)),
        ("$((a + $b*${c}))", Sum("$((a + $b*${c}))", ("a", "b", "c"))),
        ("${a:-b}", Puzzle("${a:-b}")),
        ("${a%.py}", Puzzle("${a%.py}")),
        ("${a/b/c}", Puzzle("${a/b/c}")),
    ],
)
def test_expansions(source: str, expected: Part) -> None:
    assert expansion(source, quoted=False) == expected


# INVARIANT: what could run commands is not read.
@pytest.mark.parametrize(
    "source",
    [
        "${a:-$(b)}",
        "${a:=b}",
        "${!a}",
        "${a@P}",
        "${a[0]}",
        "${a:1:b}",
        "$((a=1))",
        "$[a]",
        "$((a[0]))",
        "${a:-`b`}",
        "${a:?}x}",
    ],
)
def test_expansions_that_may_run_commands(source: str) -> None:
    with pytest.raises(DisagreementError):
        expansion(source, quoted=False)
