"""Statements for databases: whether they only read, what they change, or that this cannot be told.

INVARIANT: a closed world. A statement reads only if every part of it, down to each function, is known to read. The
parser is lenient and its dialects are many, so what it found is believed only where nothing else could be meant.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec.yaml
from msgspec import Struct

from app.core.budget import Budget

_LONGEST: Final = 4_000
_DEEPEST: Final = 16
_MOST_STATEMENTS: Final = 20
# A statement costs about as much as so many steps of anything else, and each of its characters.
_STEPS: Final = 100
_STEPS_PER_CHARACTER: Final = 4


class Sql(Struct, frozen=True):
    """What statements do; `opaque` says why that is not known, `changes` what they change: `insert`, `drop`.

    `files` are those that stand in the place of tables.
    """

    opaque: str = ""
    changes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        return not self.opaque and not self.changes

    @property
    def destroys(self) -> bool:
        """Whether something may be gone afterwards."""
        return not _ADDS.issuperset(self.changes)


_WORDS: Final[dict[str, str]] = msgspec.yaml.decode(Path(__file__).with_name("sql.yaml").read_bytes())
# By these nothing that was there is lost.
_ADDS = frozenset(("insert", "create"))
# The parser's words for statements that change something → ours.
_CHANGES: Final = {
    "Insert": "insert", "Update": "update", "Delete": "delete", "Merge": "merge", "Create": "create", "Drop": "drop",
    "Alter": "alter", "TruncateTable": "truncate",
}  # fmt: skip
_CREATED: Final = frozenset(("TABLE", "INDEX", "VIEW", "SCHEMA"))
_ROOTS: Final = frozenset(("Select", "Union", "Except", "Intersect", "Values", "Subquery", "Use", *_CHANGES))
_PARTS: Final = frozenset(_WORDS["parts"].split())
# Parts that only statements that change something have.
_OF_CHANGES: Final = frozenset(_WORDS["of_changes"].split())
# Functions that the parser has no word of its own for.
_FUNCTIONS: Final = frozenset(_WORDS["functions"].split())
# Where databases keep what signs in to them, and what runs in them.
_SECRET: Final = re.compile(
    r"(?:.* )?(?:pg_shadow|pg_authid|pg_user_mappings?|pg_hba_file_rules|pg_file_settings|duckdb_secrets)|mysql .*"
)
_PLAIN: Final = re.compile(r"[\w$ -]+")
# What duckdb takes for a table. A pattern for JSON may mean a file of credentials among others.
_FILE: Final = re.compile(
    r"(?:[\w./*-]+\.(?:csv|tsv|parquet)|[\w./-]+\.(?:json|jsonl|ndjson))(?:\.gz|\.zst)?", re.ASCII
)
# In duckdb what is described may be a file, whose first line is shown.
_NAMES_FILE: Final = re.compile(r"['\"`.]")
# Tells about all columns of what else would be printed.
_SUMMARY: Final = re.compile(
    r"\A\s*(?:summarize|describe|desc|show(?=\s+['\"]))\s+(?P<query>(?=(?:select|from|with)\s))?", re.IGNORECASE
)

_EXPLAIN: Final = re.compile(r"\s*explain\s+(?:query\s+plan\s+|(?:analyze|verbose)\s+)*", re.IGNORECASE)
# Asks for what there is, and for nothing else.
_SHOWS: Final = re.compile(
    r"\s*(?:(?:show|describe|desc)[ \t]+[\w \t.`\"'%=*]{1,200}|pragma[ \t]+(?:\w{1,64}\.)?(?:"
    r"(?:table_list|database_list|collation_list|compile_options|user_version|schema_version|page_count|page_size"
    r"|journal_mode|encoding|integrity_check|quick_check)"
    r"|(?:table_x?info|index_x?info|index_list|foreign_key_list)[ \t]*\([ \t]*['\"]?\w{1,64}['\"]?[ \t]*\)))\s*;?\s*",
    re.IGNORECASE | re.ASCII,
)
# Commands of the clients themselves that only show: of psql, of sqlite3 and duckdb.
_ASKS: Final = {
    "postgres": re.compile(
        r"\s*\\(?:(?:l|conninfo|encoding|d[a-zA-Z]{0,3}|sf|sv|z)[S+]{0,2}(?:\s+[\w.*\"]{1,100})?"
        r"|timing|x|pset pager off)\s*",
        re.ASCII,
    ),
    "sqlite": re.compile(
        r"\.(?:tables|schema|indexes|indices|databases|dbinfo|fullschema|dump|help|show|stats)(?: [\w%]+)?"
        r"|\.(?:bail|changes|echo|eqp|headers?|timer) (?:on|off)|\.width(?: -?[0-9]+)+|\.nullvalue \w+"
        r"|\.mode (?:box|column|csv|duckbox|json|jsonlines|line|list|markdown|quote|table|tabs)",
        re.ASCII,
    ),
}
_ASKS["duckdb"] = _ASKS["sqlite"]
# A comment that is none for some: run by MySQL, nested for PostgreSQL only, begun by a sign that others calculate with.
_COMMENTS: Final = re.compile(r"/\*M?!|/\*\+|/\*(?:[^*]|\*(?!/))*?/\*|--(?!\s)|\\")
_BRACKETS: Final = re.compile(r"[()\[\]{}]|\bcase\b|\bend\b", re.IGNORECASE)


def judge(text: str, dialect: str, budget: Budget) -> Sql:
    """What the statements in `text` do where `dialect` is spoken. Raises BudgetExceededError."""
    if len(text) > _LONGEST:
        return Sql("a statement too long to be read")
    budget.spend(_STEPS + _STEPS_PER_CHARACTER * len(text))
    return _judge(text, dialect)


@lru_cache(maxsize=256)
def _judge(text: str, dialect: str) -> Sql:
    asks = _ASKS.get(dialect)
    if asks is not None and asks.fullmatch(text):
        return Sql()
    if _SHOWS.fullmatch(text) and not (dialect == "duckdb" and _NAMES_FILE.search(text)):
        return Sql()
    if dialect == "mysql":
        # Ends a statement, and shows its rows one below the other.
        text = re.sub(r"\\G\s*\Z", "", text)
    if _COMMENTS.search(text) or (dialect == "mysql" and "#" in text):
        return Sql("comments or escapes that are read in several ways")
    if _depth(text) > _DEEPEST:
        return Sql("a statement nested too deeply")
    from app.core.classify.sql_parser import statements  # noqa: PLC0415 - takes a quarter of a second, and few need it

    if dialect == "duckdb":
        text = _SUMMARY.sub(lambda asked: "from " if asked["query"] is None else "", text)
    found = statements(_EXPLAIN.sub("", text, count=1), dialect)
    if not found or len(found) > _MOST_STATEMENTS:
        return Sql("a statement that cannot be read")
    changes: dict[str, None] = {}
    files: dict[str, None] = {}
    for parts in found:
        why = _closed(parts, changes, files if dialect == "duckdb" else None)
        if why:
            return Sql(why)
    return Sql("", tuple(changes), tuple(files))


def _closed(parts: "list[tuple[str, str]]", changes: dict[str, None], files: dict[str, None] | None) -> str:
    """Why a statement is not understood, "" where it is.

    What it changes is added to `changes`, the tables that are files to `files`, where there may be any.
    """
    root = parts[0][0]
    if root not in _ROOTS:
        return "a statement that is not known to read"
    changing = [part for part, _ in parts if part in _CHANGES]
    known = _PARTS | _OF_CHANGES if changing else _PARTS
    for part, named in parts:
        word = named
        if files is not None and part == "Table" and _FILE.fullmatch(named.replace(" ", ".")):
            # duckdb looks for such a file where no schema is called so.
            word = named.replace(" ", ".")
        if part in _CHANGES:
            if part == "Create" and word not in _CREATED:
                return f"creates a {word.lower()}"
            changes[_CHANGES[part]] = None
        elif part == "Anonymous":
            if word.lower() not in _FUNCTIONS:
                return f"calls {word[:40]}, of which nothing is known"
        elif part == "ReadsFile" or (part == "Table" and not _PLAIN.fullmatch(word)):
            if files is None or not _FILE.fullmatch(word):
                return "reads from what may be a file"
            files[word] = None
        elif part not in known:
            return f"a part of a statement that is not known to read: {part}"
        elif part == "Table" and _SECRET.fullmatch(word.lower()):
            return f"reads {word[:40]}, which may hold credentials"
    return ""


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        opens = found[0] in "([{" or found[0].lower() == "case"
        depth += 1 if opens else -1
        deepest = max(deepest, depth)
    return deepest
