"""Groups commands by bash's precedence: `|` before `&&` and `||`, a redirection with the command it follows.

The grammar groups otherwise (`a && b 2>&1 | c` as `(a && b 2>&1) | c`), so its grouping is not used at all.
"""

from app.core.classify.shell.tree import AndOr, Negated, Node, Pipeline, Redirect, Redirected, Simple, Word
from app.core.classify.shell.words import DisagreementError

_LISTS = frozenset(("&&", "||"))
Piece = Node | str  # a command, or one of ! | |& && ||


def with_redirects(pieces: list[Piece], redirects: list[Redirect], words: list[Word]) -> None:
    """Gives redirections, and words that stand behind them, to the last command of `pieces`."""
    last = pieces[-1] if pieces else ""
    if isinstance(last, str):
        raise DisagreementError("a redirection of nothing")
    if isinstance(last, Simple):
        pieces[-1] = Simple(last.assignments, (*last.words, *words), (*last.redirects, *redirects))
    elif words:
        raise DisagreementError("words after a compound command")
    elif isinstance(last, Redirected):
        pieces[-1] = Redirected(last.item, (*last.redirects, *redirects))
    else:
        pieces[-1] = Redirected(last, tuple(redirects))


def grouped(pieces: list[Piece]) -> Node:
    """One statement: commands and the operators between them, as bash groups them."""
    # Nearly every statement is one command.
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]
    operators = [piece for piece in pieces if isinstance(piece, str) and piece in _LISTS]
    pipelines: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, str) and piece in _LISTS:
            pipelines.append([])
        else:
            pipelines[-1].append(piece)
    first, *others = (_pipeline(pipeline) for pipeline in pipelines)
    return AndOr(first, tuple(zip(operators, others, strict=True))) if others else first


def _pipeline(pieces: list[Piece]) -> Node:
    negated = False
    items: list[Node] = []
    expected = True
    for piece in pieces:
        if piece == "!" and not items:
            negated = not negated
        elif isinstance(piece, str):
            expected = not expected
            if expected is False or piece == "!":
                raise DisagreementError("an operator without its command")
        else:
            items.append(piece)
            expected = False
    if not items or expected:
        raise DisagreementError("an operator without its command")
    whole = items[0] if len(items) == 1 else Pipeline(tuple(items))
    return Negated(whole) if negated else whole
