"""Python in a word: what it does, or which part of it is not surely understood.

INVARIANT: a closed world. Every kind of node, every name, attribute and function stands on a list, or nothing of the
code is believed. Names are compared as Python's parser gives them, in the one form that it makes of look-alikes.
"""

import ast
import warnings
from functools import lru_cache
from typing import Final

from app.core.budget import Budget
from app.core.classify.code.found import Code, UnreadError
from app.core.classify.code.python_statements import Statements

_LONGEST: Final = 4_096
_MOST_NODES: Final = 1_500
_DEEPEST: Final = 40
# A text costs about as much as so many steps of anything else, and each of its characters.
_STEPS: Final = 100
_STEPS_PER_CHARACTER: Final = 2
_BLANK: Final = frozenset("\n\t")


def read_python(text: str, budget: Budget) -> Code:
    """What `text` does. Raises BudgetExceededError."""
    if len(text) > _LONGEST:
        return Code("too long to be read")
    budget.spend(_STEPS + _STEPS_PER_CHARACTER * len(text))
    return _read(text)


@lru_cache(maxsize=256)
def _read(text: str) -> Code:
    # A comment of the first lines may say that all of it is written in another encoding.
    if "coding" in "".join(line for line in text.splitlines()[:2] if "#" in line):
        return Code("an encoding of its own")
    if any(not char.isprintable() and char not in _BLANK for char in text):
        return Code("characters that are not shown")
    tree = _parsed(text)
    if tree is None:
        return Code("it is no Python that can be read")
    if not _is_small(tree):
        return Code("nested too deeply, or too much of it")
    reader = Statements(tree)
    try:
        reader.block(tree.body)
    except UnreadError as error:
        return Code(f"{error}{reader.place}")
    return Code(
        deeds=reader.deeds(),
        variables=tuple(reader.variables),
        modules=tuple(reader.modules),
        settled=reader.settled,
    )


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            # `"\d"` would be warned about, in a log that is not the agent's to write.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _is_small(tree: ast.Module) -> bool:
    level: list[ast.AST] = [tree]
    count = 0
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        count += len(level)
        if not level:
            return count <= _MOST_NODES
    return False
