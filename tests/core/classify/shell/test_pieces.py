"""Grouping by bash's precedence, whatever the grammar thinks."""

import pytest

from app.core.classify.shell.pieces import Piece, grouped, with_redirects
from app.core.classify.shell.tree import (
    AndOr,
    Literal,
    Negated,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Word,
)
from app.core.classify.shell.words import DisagreementError


def command(name: str) -> Simple:
    return Simple(words=(Word(name, (Literal(name),)),))


A, B, C = command("a"), command("b"), command("c")
TO_F = Redirect(">", Word("f", (Literal("f"),)))


def test_one_command_is_itself() -> None:
    assert grouped([A]) is A


def test_a_pipe_binds_closer_than_and() -> None:
    assert grouped([A, "&&", B, "|", C]) == AndOr(A, (("&&", Pipeline((B, C))),))
    assert grouped([A, "|", B, "||", C]) == AndOr(Pipeline((A, B)), (("||", C),))


def test_a_bang_negates_its_pipeline() -> None:
    assert grouped(["!", A, "|", B]) == Negated(Pipeline((A, B)))
    assert grouped(["!", "!", A]) == A


@pytest.mark.parametrize(
    "pieces", [[], ["|"], [A, "|"], ["&&", A], [A, "&&"], [A, "|", "|", B], [A, "|", "!", B], [A, "!"]]
)
def test_an_operator_needs_its_command(pieces: list[Piece]) -> None:
    with pytest.raises(DisagreementError):
        grouped(pieces)


def test_a_redirection_belongs_to_the_last_command() -> None:
    pieces: list[Piece] = [A, "|", B]
    with_redirects(pieces, [TO_F], [])
    assert pieces == [A, "|", Simple(words=B.words, redirects=(TO_F,))]
    block: list[Piece] = [Subshell(Sequence((A,)))]
    with_redirects(block, [TO_F], [])
    assert block == [Redirected(Subshell(Sequence((A,))), (TO_F,))]


def test_a_redirection_of_nothing() -> None:
    with pytest.raises(DisagreementError):
        with_redirects([A, "|"], [TO_F], [])
    with pytest.raises(DisagreementError):
        with_redirects([Subshell(Sequence((A,)))], [TO_F], list(A.words))
