"""Groups commands by bash's precedence: `|` before `&&` and `||`, a redirection with the command it follows.

The grammar groups otherwise (`a && b 2>&1 | c` as `(a && b 2>&1) | c`), so its grouping is not used at all.
"""

from app.core.classify.shell.tree import AndOr, Negated, Node, Pipeline, Redirect, Redirected, Simple, Word
from app.core.classify.shell.words import DisagreementError

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
    else:
        pieces[-1] = Redirected(last, tuple(redirects))


def grouped(pieces: list[Piece]) -> Node:
    # Nearly every statement is one command.
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]
    first: Node | None = None
    rest: list[tuple[str, Node]] = []
    operator = ""
    pipeline: list[Piece] = []
    for piece in (*pieces, ""):
        if piece not in ("&&", "||", ""):
            pipeline.append(piece)
            continue
        if first is None:
            first = _pipeline(pipeline)
        else:
            rest.append((operator, _pipeline(pipeline)))
        operator, pipeline = str(piece), []
    assert first is not None
    return AndOr(first, tuple(rest)) if rest else first


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
