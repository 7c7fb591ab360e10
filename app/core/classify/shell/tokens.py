"""Tokens and words of a line, each taken where the grammar sees it and read again by our own scanner."""

from abc import ABC, abstractmethod
from collections.abc import Sequence as Nodes

from app.core.budget import Budget
from app.core.classify.shell.cursor import Cursor
from app.core.classify.shell.grammar import Found
from app.core.classify.shell.tree import Part, Sequence, Substitution, Word
from app.core.classify.shell.words import DisagreementError, Scanner, decode, expansion

# `time` is missing: it is unwrapped like a program.
RESERVED = frozenset((
    "{", "}", "!", "[[", "]]", "if", "then", "elif", "else", "fi", "for", "in", "select", "while", "until", "do",
    "done", "case", "esac", "function", "coproc",
))  # fmt: skip
_NESTED = frozenset(("expansion", "arithmetic_expansion", "command_substitution", "process_substitution"))


class Tokens(ABC):
    """The line, how far it was read, and what is left of the budget. Who reads statements builds on it."""

    __slots__ = ("_budget", "_cursor", "_depth", "_root", "_scanner", "_source")

    def __init__(self, source: str, root: Found, budget: Budget) -> None:
        self._source = source
        self._root = root
        self._budget = budget
        self._depth = 0
        self._scanner = Scanner(source, self._nested)
        self._cursor = Cursor(source)

    @abstractmethod
    def _sequence(self, nodes: Nodes[Found]) -> Sequence:
        """The commands of a list, which stand inside words, too."""

    def _keyword(self, node: Found) -> None:
        """A reserved word, which is one only where a command may begin."""
        self._cursor.begin(node.start_byte)
        self._token(node)

    def _text(self, node: Found) -> str:
        return decode(self._source[node.start_byte : node.end_byte])

    def _token(self, node: Found) -> None:
        self._budget.spend()
        self._cursor.token(node.start_byte, node.end_byte)

    def _word(self, node: Found) -> Word:
        self._budget.spend()
        start, end = node.start_byte, node.end_byte
        self._cursor.skip_to(start)
        found, word = self._scanner.word(start)
        # INVARIANT: both readers agree where a word ends.
        if found != end:
            raise DisagreementError("a word that ends elsewhere")
        self._cursor.take(start, end)
        return word

    def _nested(self, at: int, quoted: bool) -> tuple[int, Part]:  # noqa: FBT001 (a callback)
        """The substitution that the grammar sees at an offset."""
        node = self._root.descendant_for_byte_range(at, at + 1)
        while node is not None and self._begins(node, at) and node.type not in _NESTED:
            node = node.parent
        if node is None or not self._begins(node, at):
            raise DisagreementError("a substitution that the grammar does not see")
        source = decode(self._source[at : node.end_byte])
        if node.type in ("expansion", "arithmetic_expansion"):
            return node.end_byte, expansion(source, quoted=quoted)
        ticks = source[0] == "`"
        if ticks and ("\\" in source or (quoted and '"' in source) or "`" in source[1:-1]):
            raise DisagreementError("backticks that need unescaping")
        children = node.children
        with self._cursor.aside(at):
            was, self._scanner.in_backticks = self._scanner.in_backticks, ticks
            self._budget.spend()
            self._cursor.token(at, children[0].end_byte)
            body = self._sequence(children[1:-1])
            self._token(children[-1])
            self._scanner.in_backticks = was
        return node.end_byte, Substitution(source, body, quoted, node.type == "process_substitution")

    def _begins(self, node: Found, at: int) -> bool:
        """Whether a node begins there. Between quotes, the grammar counts the blanks before a substitution to it."""
        return node.start_byte <= at and not self._source[node.start_byte : at].strip(" \t\n")


def check_name(source: str) -> None:
    """INVARIANT: what is no program to a shell is not taken for one."""
    if source in RESERVED:
        raise DisagreementError("a reserved word that the grammar takes for a program")
    name = source.partition("=")[0].partition("[")[0].removesuffix("+")
    if name != source and name.isidentifier():
        raise DisagreementError("an assignment that the grammar takes for a word")
