"""Text to our tree: what the grammar says is checked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.classify.shell.grammar import GRAMMAR_STEPS
from app.core.classify.shell.parse import LONGEST, _Reading, by_grammar, parse
from app.core.classify.shell.plain import plain
from app.core.classify.shell.tree import AndOr, Case, Conditional, Loop, Sequence, Simple, Unread
from app.core.classify.shell.words import DisagreementError
from tests.core.classify.shell.test_disguises import collected


def read(text: str) -> Sequence | Unread:
    return parse(text, Budget(10_000), Budget(GRAMMAR_STEPS))


def only(text: str) -> object:
    tree = read(text)
    assert isinstance(tree, Sequence), tree
    (item,) = tree.items
    return item


@pytest.mark.parametrize(
    "text",
    [
        "ls; pwd",
        "ls &",
        "a && # why\n b",
        "a |\nb",
        "if a\nthen b\nelif c\nthen d\nelse e\nfi",
        "while a; do b; done",
        "for x in a b\ndo c\ndone",
        "for x; do a; done",
        "case a in\n# first\n(a|b) c ;;\n*) d\nesac",
        "f() { a; }",
        "f() (a)",
        "a 2>&1 >f <g",
        "a 3>&-",
        ">f a b",
        "a >f b c",
        "cat <<E >f\nx\nE",
        "cat <<E | wc\nx\nE",
        "cat <<E && wc\nx\nE",
        "cat <<-E\n\tx\n\tE\nls",
        "cat <<'E'\n$(rm)\nE",
        "cat <<E\n$(cat <<F\na\nF\n)\nE",
        "a <<< b",
        "cat <<E x\na\nE",
        "[ -f a -a ! -d b ]",
        "[[ -f a && ! -d b ]]",
        "a $(<b)",
        'a "$(b "c")"',
        "`if a; then b; fi`",
        "{ a; }",
        "( a )",
        "a \\\n  b",
        "export A=1 B",
        "unset A",
        "A=1 B=2",
        "A=",
        "# only a comment",
        "",
    ],
)
def test_what_is_read(text: str) -> None:
    assert isinstance(read(text), Sequence)


# INVARIANT: what fails a check, and what is not named, makes the line unread.
@pytest.mark.parametrize(
    "text",
    [
        "(",
        "a |",
        "a\\\nb",
        "a ;; b",
        "a <> b",
        "a {x}> b",
        "a <<A <<B\nx\nA\ny\nB",
        "cat <<E\na\nE \nb\nE",
        "cat <<E",
        "cat <<$X\nx\n$X",
        "[ }]",
        " -f [[ #\n\\\n<==",
        "((a); (b))",
        "cat 3<<E\nx\nE",
        'cat <<"E"F\nx\nEF',
        "cat <<E\n`a`\nE",
        "((a))",
        "( (a) )x",
        "(( a = 1 ))",
        "for ((i=0;i<3;i++)); do a; done",
        "time { a; }",
        "coproc a",
        "function f { a; }",
        "f-g() { a; } b",
        "1f() { a; }",
        "a=(b)",
        "a[0]=b",
        "a[0]+=b c",
        "_=a b",
        "A=1=(b) c",
        "[ a > b ]",
        "[[ a < b ]]",
        "[[ a =~ (b) ]]",
        "[[ a || b ]]",
        "[[ ( a ) ]]",
        "[ a ]]",
        "echo [ ] { }",
        "`a \\`b\\``",
        '"`a "b"`"',
        "a `b",
        "$(( 1 + $(a) ))",
        "a }",
        "}",
        "if a then b; fi",
        "a\rb",
        "(" * 60 + "a" + ")" * 60,
        "a && " * 60 + "a",
        "a" * (LONGEST + 1),
        "a ${b c",
        "$",
        "{ a }",
        "select x in a; do b; done; esac",
    ],
)
def test_what_is_not_read(text: str) -> None:
    tree = read(text)
    assert isinstance(tree, Unread) or text in ("$", "a }", "[ a ]]", "echo [ ] { }", "1f() { a; }"), tree


def test_a_redirection_that_a_later_grammar_may_know() -> None:
    class Found:
        type = "<>"
        start_byte, end_byte = 0, 2

        @property
        def children(self) -> list["Found"]:
            return [self]

    with pytest.raises(DisagreementError):
        _Reading("<>", Found(), Budget(10))._file(Found())  # type: ignore[arg-type]


def test_the_shape_of_compound_commands() -> None:
    loop = only("for x in a b; do c; done")
    assert isinstance(loop, Loop)
    assert loop.variable == "x"
    assert loop.words is not None
    assert [word.source for word in loop.words] == ["a", "b"]
    conditional = only("if a; then b; elif c; then d; else e; fi")
    assert isinstance(conditional, Conditional)
    assert len(conditional.branches) == 2
    assert conditional.otherwise.items
    case = only("case a in b|c) d;; *) e;; esac")
    assert isinstance(case, Case)
    assert [word.source for word in case.patterns] == ["b", "c", "*"]
    both = only("a && b 2>&1 | c")
    assert isinstance(both, AndOr)
    simple = only("A=1 a >f b 2>&1")
    assert isinstance(simple, Simple)
    assert [word.source for word in simple.words] == ["a", "b"]
    assert [each.operator for each in simple.redirects] == [">", ">&"]


def test_the_grammar_has_a_budget_of_its_own() -> None:
    steps = Budget(GRAMMAR_STEPS)
    assert isinstance(parse("a()" * 5_000, Budget(10_000), steps), Unread)
    assert steps.left < 0
    assert isinstance(parse("a; " * 200, Budget(10_000), steps), Unread)
    assert isinstance(parse("git status", Budget(10_000), Budget(0)), Sequence)


@pytest.mark.parametrize(
    "line",
    [
        "ls", "ls -la src", "git log --oneline | head -20", "a && b || c | d", "grep -n 'x y' \"a b\" *.py ~/x",
        "echo '' \"\"", "export a=b", "a=b c", "a  b", "a |b", "a ; b",
        "| a", "a |", "a &&", "", "'a' b", "a $x", "a #b",
        "a !b", "if x", "%1", "a 'b'c", 'a "$b"', "a 'b\\c'", "a\tb",
        "a ö", "a b=c --d=e", "a [b]", "=a", "a =b", "exec ls",
        "a 2>&1", "a 2>&1 | b", "a 2>/dev/null b || c", "2>&1 a", "a 2>&1 2>/dev/null", "a 2>&1b", "a 2>&12", "a12>&1",
        "a 2>&1&", "a - 2>&1", "a+", "a+ b", "g++ x", "-- 2>&1",
        "a 2>/dev/null/x", "a 2> /dev/null", "a | 2>&1", "a 1>&2", "a && 2>&1 b",
        "[ a", "a !", "a | | b", "a b" * 400,
    ],
)  # fmt: skip
def test_a_plain_line_is_read_as_the_grammar_reads_it(line: str) -> None:
    found = plain(line, Budget(1_000))
    assert found is None or found == by_grammar(line, Budget(1_000), Budget(GRAMMAR_STEPS))


PIECES = [
    "a", "-", "--", "-x", "2", "a1", "x/", "./y", "~/z", "*", "%1", "@", "a=b", "--d=e", "+x", "a+", ",", "a:b",
    "'q r'", "''", '"q"', "2>&1", "2>/dev/null", "|", "&&", "||", "!", "9", "then", "time",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_plain_the_grammar_reads_alike(line: str) -> None:
    found = plain(line, Budget(1_000))
    assert found is None or found == by_grammar(line, Budget(1_000), Budget(GRAMMAR_STEPS))


def test_most_lines_are_plain() -> None:
    lines = collected()
    found = {line: plain(line, Budget(1_000)) for line in lines}
    assert sum(one is not None for one in found.values()) > len(lines) / 3
    different = [
        line
        for line, one in list(found.items())[::7]
        if one is not None and one != by_grammar(line, Budget(20_000), Budget(GRAMMAR_STEPS))
    ]
    assert different == []
