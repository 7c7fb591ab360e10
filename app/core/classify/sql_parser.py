"""The one module that knows sqlglot: the text of statements → the names of all their parts."""

from functools import lru_cache

from sqlglot import Dialect, ErrorLevel, Parser, exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import logger

# INVARIANT: a statement may hold what nobody should read in a log.
logger.disabled = True

# A part of a statement by the parser's name for it, and the word that matters about it.
Parts = list[tuple[str, str]]

_MOST_TOKENS = 600
# The parser tries, goes back and tries again, with some texts as often as two to the power of their length. What
# anybody writes takes about one and a half steps for each token.
_STEPS = 100
_STEPS_PER_TOKEN = 5
# Functions that stand for a table that is a file.
_READERS = frozenset(
    ("parquet_scan", "read_csv_auto", "read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto")
)


class _TooManyStepsError(BaseException):
    """Not an Exception, or the parser would take it for a try that failed."""


def statements(text: str, dialect: str) -> list[Parts]:
    """The parts of every statement, its own kind first; nothing where one of them cannot be read."""
    try:
        speaks = Dialect.get_or_raise(dialect)
        tokens = speaks.tokenize(text)
        if len(tokens) > _MOST_TOKENS:
            return []
        parser = _bounded(type(speaks).parser_class)(dialect=speaks, error_level=ErrorLevel.RAISE)
        parser.left = _STEPS + _STEPS_PER_TOKEN * len(tokens)  # type: ignore[attr-defined] # what _bounded adds
        found = parser.parse(tokens, text)
        return [[_part(part) for part in one.walk()] for one in found if one is not None]
    except (
        SqlglotError, _TooManyStepsError, RecursionError, ValueError, TypeError, AttributeError, LookupError,
    ):  # fmt: skip
        # INVARIANT: whatever goes wrong in there, what is not read is not understood.
        return []


@lru_cache(maxsize=8)
def _bounded(base: type[Parser]) -> type[Parser]:
    """The parser of a dialect, with a number of steps after which it gives up."""

    def advance(self: "Bounded", times: int = 1) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooManyStepsError
        base._advance(self, times)  # noqa: SLF001 - the one step that all others are made of

    class Bounded(base):  # type: ignore[valid-type,misc] # a dialect is chosen when it is asked for
        __slots__ = ("left",)
        left: int
        _advance = advance

    return Bounded


def _part(part: exp.Expr) -> tuple[str, str]:
    """Its name, and the word that matters about it; a call that reads a file is a part named so."""
    file: exp.Expr | None = None
    if isinstance(part, exp.ReadCSV):
        file = part.this
    elif isinstance(part, exp.ReadParquet) or (isinstance(part, exp.Anonymous) and part.name.lower() in _READERS):
        file = part.expressions[0] if part.expressions else None
    if isinstance(file, exp.Literal) and file.is_string:
        return "ReadsFile", file.name
    return type(part).__name__, _word(part)


def _word(part: exp.Expr) -> str:
    if isinstance(part, exp.Create):
        return str(part.args.get("kind") or "").upper()
    if isinstance(part, exp.Anonymous):
        return str(part.this)
    if isinstance(part, exp.Table):
        # A function in the place of a table is a part of its own.
        named = isinstance(part.this, exp.Identifier)
        return " ".join(filter(None, (part.catalog, part.db, part.name))) if named else "function"
    return ""
