"""Words to text."""

import pytest

from app.core.classify.paths import Place
from app.core.classify.shell.braces import alternatives
from app.core.classify.shell.expand import LONGEST, expand, single
from app.core.classify.shell.state import Arg, State, begin
from app.core.classify.shell.tree import Literal, Part, Sequence, Simple, Substitution, Variable, Word
from app.core.classify.shell.words import DisagreementError, Scanner

STATE = begin(Place("/w", "/home/u"))


def no_nested(_at: int, _quoted: bool) -> tuple[int, Part]:  # noqa: FBT001 (a callback)
    raise DisagreementError


def word(source: str) -> Word:
    return Scanner(source, no_nested).word(0)[1]


def texts(source: str, state: State = STATE) -> list[str]:
    return [arg.text if not arg.why else "?" for arg in expand(word(source), state)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", ["a"]),
        ("~", ["/home/u"]),
        ("~/x", ["/home/u/x"]),
        ("~root/x", ["~root/x"]),
        ("~'/x'", ["~/x"]),
        ("'~/x'", ["~/x"]),
        ("HEAD~1", ["HEAD~1"]),
        ("if=~/x", ["if=/home/u/x"]),
        ("--file=~/x", ["--file=~/x"]),
        ("~+/x", ["?"]),
        ("a=b:~/x", ["?"]),
        ("$HOME/x", ["/home/u/x"]),
        ("$A", ["?"]),
        ("a*b?[c]", ["a*b?[c]"]),
        ("{a,b}c", ["ac", "bc"]),
        ("{1..3}", ["1", "2", "3"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{a..c}{X..Y}", ["aX", "aY", "bX", "bY", "cX", "cY"]),
        ("{c..a}", ["c", "b", "a"]),
        ("{,a}b", ["b", "ab"]),
        ("{a,{b,c}}", ["a", "b", "c"]),
        ("a{b}c", ["a{b}c"]),
        ("{}", ["{}"]),
        ("'{a,b}'", ["{a,b}"]),
        ("{'a',b}", ["a", "b"]),
        ("{a", ["{a"]),
        ("HEAD@{1}", ["HEAD@{1}"]),
        ("{a,b", ["?"]),
        ("{a{b,c}}", ["?"]),
        ("{01..3}", ["?"]),
        ("{1..3..2}", ["?"]),
        ("{a..C}", ["?"]),
        ("{1..99}", ["?"]),
        ("{a,b{1..}}", ["?"]),
        ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", ["?"]),
        ("{" * 40 + "}" * 40, ["?"]),
        ("$HOME{1,2}", ["?"]),
    ],
)
def test_values(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


@pytest.mark.parametrize(
    ("value", "source", "expected"),
    [
        ("a b", "$X", ["a", "b"]),
        ("a b", '"$X"', ["a b"]),
        ("a b", "x$X", ["xa", "b"]),
        (" a b ", "x${X}y", ["x", "a", "b", "y"]),
        ("", "$X", []),
        ("", '"$X"', [""]),
        ("", "a$X", ["a"]),
        ("a b", "$X$", ["?"]),
    ],
)
def test_unquoted_values_are_split(value: str, source: str, expected: list[str]) -> None:
    scanner = Scanner(source, lambda at, quoted: (at + 4, Variable("X", quoted)))
    args = expand(scanner.word(0)[1], STATE.assigned("X", Arg(value)))
    assert [arg.text if not arg.why else "?" for arg in args] == expected


def test_an_assigned_value_is_not_split() -> None:
    assert single(word("$X"), STATE.assigned("X", Arg("a b"))) == Arg("a b")
    assert single(Word("", ()), STATE) == Arg("")


def test_arguments_of_a_function() -> None:
    state = State(("/w",), {}, {}, (Arg("a"), Arg("b c")))
    assert texts('"$@"', state) == ["a", "b c"]
    assert texts('"$2"$1$3', state) == ["b ca"]
    assert texts("$@", state) == ["?"]


def test_the_gravest_reason_is_told() -> None:
    (arg,) = expand(word('"$USER$SECRET$HOSTNAME"'), STATE)
    assert arg.why == "$SECRET: value not known"
    assert not arg.free
    (arg,) = expand(word('"$USER"'), STATE)
    assert arg.free


def test_wildcards_are_marked() -> None:
    (arg,) = expand(word("*.py"), STATE)
    assert (arg.glob, arg.loose) == (True, True)
    (arg,) = expand(word("a'b'*"), STATE)
    assert (arg.glob, arg.loose) == (True, False)
    (arg,) = expand(word("'*'"), STATE)
    assert not arg.glob


def test_values_are_bounded() -> None:
    (arg,) = expand(word("$X$X"), STATE.assigned("X", Arg("a" * LONGEST)))
    assert "too long" in arg.why


def test_the_working_directory_asked_for() -> None:
    pwd = Sequence((Simple(words=(Word("pwd", (Literal("pwd"),)),)),))
    asked = Word("$(pwd)", (Substitution("$(pwd)", pwd),))
    assert expand(asked, STATE)[0].text == "/w"
    assert expand(asked, STATE.moved(("/a", "/b")))[0].why
    assert expand(asked, begin(Place()))[0].why


def test_braces_count_their_results() -> None:
    assert alternatives((Literal("{1..64}"),)) is not None
    assert alternatives((Literal("{1..65}"),)) is None
