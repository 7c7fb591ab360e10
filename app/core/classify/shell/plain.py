"""Lines in which every reader sees the same: words of ordinary characters, joined by `|`, `&&` and `||`.

What they complain of may go where their output goes, or nowhere.

Most lines are such. They need no grammar, which takes longer than all that is made of them.
"""

import re
from typing import Final

from app.core.budget import Budget
from app.core.classify.shell.pieces import Piece, grouped
from app.core.classify.shell.tokens import RESERVED
from app.core.classify.shell.tree import Literal, Redirect, Sequence, Simple, Word

_LONGEST: Final = 1_000
_MOST: Final = 40
# Each piece ends at one blank or at the end. INVARIANT: nothing that any shell expands, but for globs and tildes, which
# are literal text here as well; and nothing in quotes that could end them or that double quotes do not keep.
_PIECE = re.compile(
    r"(?:(\|\|?|&&)|([A-Za-z0-9_./:@%+,*?~-][A-Za-z0-9_./:@%+,=*?~-]*+)|('[^'\\!]*+'|\"[^\"\\!$`]*+\")"
    r"|(2>&1|2>/dev/null))(?: (?=[^ ])|\Z)"
)
_REDIRECTS = {
    "2>&1": Redirect(">&", Word("1", (Literal("1"),)), "2"),
    "2>/dev/null": Redirect(">", Word("/dev/null", (Literal("/dev/null"),)), "2"),
}
# `a+` may be half of an assignment.
_NAME = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(?<![A-Za-z0-9_]\+)")
# Words that begin no ordinary command.
_NO_PROGRAMS = RESERVED | frozenset(
    """
    if then else elif fi for in do done while until case esac select function time coproc let
    export declare typeset local readonly unset unsetenv
    """.split()  # noqa: SIM905 (a column reads worse)
)


def plain(text: str, budget: Budget) -> Sequence | None:
    """What the line says, when no one could read it otherwise; None when the grammar has to be asked."""
    if not (len(text) <= _LONGEST and text.isascii() and text.isprintable()):
        return None
    pieces: list[Piece] = []
    words: list[Word] = []
    redirects: list[Redirect] = []
    at, size = 0, len(text)
    while at < size:
        found = _PIECE.match(text, at)
        if found is None:
            return None
        at = found.end()
        operator, bare, quoted, redirect = found.groups()
        if operator:
            if not words or len(pieces) > _MOST:
                return None
            pieces += (Simple(words=tuple(words), redirects=tuple(redirects)), operator)
            words, redirects = [], []
        elif not words and (bare is None or not _NAME.fullmatch(bare) or bare in _NO_PROGRAMS):
            return None
        elif redirect and words[-1].source == "-":
            # The grammar does not read this one.
            return None
        elif redirect:
            redirects.append(_REDIRECTS[redirect])
        else:
            words.append(Word(bare, (Literal(bare),)) if bare else Word(quoted, (Literal(quoted[1:-1], quoted=True),)))
    if not words:
        return None
    pieces.append(Simple(words=tuple(words), redirects=tuple(redirects)))
    budget.spend(len(pieces) + text.count(" "))
    return Sequence((grouped(pieces),))
