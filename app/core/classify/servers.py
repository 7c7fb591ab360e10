"""What is known of the tools of common MCP servers, from `servers.yaml`.

INVARIANT: a server's name is no proof of what it is. What is known adds effects; that a tool only reads is believed for
tools that the policy trusts, and nowhere else.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec.yaml
from msgspec import Struct

from app.core.budget import Budget
from app.core.classify.sql import judge
from app.core.classify.tools import plain
from app.core.model import EffectKind
from app.core.policy.wildcard import matches
from app.core.spelling import fold

# Through which words these effects come.
KNOWN: Final = "known tool"
_KINDS: Final = {
    "changes": EffectKind.CONFIGURE,
    "deletes": EffectKind.DELETE,
    "sends": EffectKind.MESSAGE,
    "runs": EffectKind.EXECUTE,
    "pays": EffectKind.PAY,
}
_STATEMENTS: Final = frozenset(("sql", "query", "statement", "statements", "queries"))
_WORD: Final = re.compile(r"[^a-z0-9]+")
# So much of a name is looked at.
_LONGEST: Final = 200


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """The tools of one server, by what they do; `speaks` is the dialect of its statements."""

    reads: str = ""
    changes: str = ""
    deletes: str = ""
    sends: str = ""
    runs: str = ""
    pays: str = ""
    speaks: str = ""


class Known(Struct, frozen=True):
    """What is known of one tool."""

    kinds: tuple[EffectKind, ...] = ()
    reads: bool = False
    speaks: str = ""


_ENTRIES: Final = {
    word: entry
    for names, entry in msgspec.yaml.decode(
        Path(__file__).with_name("servers.yaml").read_bytes(), type=dict[str, Entry]
    ).items()
    for word in names.split()
}


@lru_cache(maxsize=1_024)
def known(name: str) -> Known:
    """What is known of a tool by its canonical name (`mcp:server/tool`)."""
    server, _, tool = name[:_LONGEST].removeprefix("mcp:").partition("/")
    if not tool or not name.startswith("mcp:"):
        return Known()
    tool = fold(tool)
    entries = [_ENTRIES[word] for word in _WORD.split(fold(server)) if word in _ENTRIES]
    kinds = tuple(kind for said, kind in _KINDS.items() if any(_names(getattr(entry, said), tool) for entry in entries))
    # A tool of which several things are known is the gravest of them.
    reads = not kinds and any(_names(entry.reads, tool) for entry in entries)
    return Known(kinds, reads, next((entry.speaks for entry in entries if entry.speaks), ""))


def _names(patterns: str, tool: str) -> bool:
    return any(matches(pattern, tool) for pattern in patterns.lower().split())


def stated(arguments: Mapping[str, Any], dialect: str, budget: Budget) -> tuple[str, tuple[str, ...], bool]:
    """What the statements among the arguments do: why that is not known, what they change, whether there are any.

    Without a dialect only what is surely a statement that changes something counts. Raises BudgetExceededError.
    """
    why, changes, found = "", dict[str, None](), False
    for said, value in arguments.items():
        if plain(said) not in _STATEMENTS or not (dialect or plain(said) == "sql"):
            continue
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str):
                why = why or ("a statement was expected" if dialect else "")
                continue
            judged = judge(text, dialect or "postgres", budget)
            found = True
            changes |= dict.fromkeys(judged.changes)
            if dialect:
                why = why or judged.opaque or ("reads a file" if judged.files else "")
    return why, tuple(changes), found
