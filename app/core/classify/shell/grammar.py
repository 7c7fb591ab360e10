"""tree-sitter's grammar of bash: text → its nodes, within bounds. Nothing else here knows tree-sitter."""

from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Parser
from tree_sitter import Node as Found

from app.core.budget import Budget

__all__ = ["GRAMMAR_STEPS", "Found", "grammar"]

# tree-sitter calls back once per 100 operations, and each operation may look at all that is left of the line (on
# `a()a()a()…` it does). So a call costs one step and another for every 128 bytes left: what tree-sitter may look at
# is bounded, and with it the time (about 100 ms at worst). An ordinary line has no call, a page of shell about 50.
GRAMMAR_STEPS: Final = 600
_BYTES_A_STEP: Final = 128

_BASH = Language(tree_sitter_bash.language())


def grammar(data: bytes, steps: Budget) -> Found | None:
    """The root of the grammar's tree; None when the text is too complex, or no valid shell."""

    def stop(offset: int, has_error: bool) -> bool:  # noqa: FBT001 (tree-sitter's signature)
        steps.left -= 1 + (len(data) - offset) // _BYTES_A_STEP
        return has_error or steps.left < 0

    try:
        # Only this form, with a reading callback, asks for progress.
        root = Parser(_BASH).parse(lambda offset, _point: data[offset:], progress_callback=stop).root_node
    except ValueError:  # stopped
        return None
    return None if root.has_error else root
