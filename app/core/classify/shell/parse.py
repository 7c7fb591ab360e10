"""Shell text → our tree, by way of tree-sitter's grammar, which is not believed.

tree-sitter-bash reads for an editor: it misreads some lines without saying so. It is trusted to find where tokens
stand, and each claim is checked while the tree is walked: words against a scanner of our own (`words.py`), the space
between tokens, separators, here-documents; grouping is made anew by bash's precedence (`pieces.py`). Whatever fails
a check, and every kind of node that is not named here, makes the line `Unread`.
"""

import re
from collections.abc import Sequence as Nodes
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Parser
from tree_sitter import Node as Found

from app.core.budget import Budget
from app.core.classify.shell.cursor import Cursor
from app.core.classify.shell.pieces import Piece, grouped, with_redirects
from app.core.classify.shell.tree import (
    Assignment,
    Background,
    Case,
    Conditional,
    Function,
    Literal,
    Loop,
    Node,
    Part,
    Puzzle,
    Redirect,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Unread,
    Word,
)
from app.core.classify.shell.words import DisagreementError, Scanner, decode, expansion

LONGEST: Final = 16_384  # bytes
DEEPEST: Final = 50
# tree-sitter calls back once per 100 operations, and each operation may look at all that is left of the line (on
# `a()a()a()…` it does). So a call costs one step and another for every 128 bytes left: what tree-sitter may look at
# is bounded, and with it the time (about 100 ms at worst). An ordinary line has no call, a page of shell about 50.
GRAMMAR_STEPS: Final = 600
_BYTES_A_STEP: Final = 128

_BASH = Language(tree_sitter_bash.language())
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_REDIRECTS = frozenset(("<", ">", ">>", ">|", "&>", "&>>", ">&", "<&", ">&-", "<&-", "<<<"))
_FILES = frozenset(("file_redirect", "herestring_redirect"))
_WRITTEN_LIKE_COMMANDS = frozenset(("command", "declaration_command", "unset_command", "variable_assignments"))
# `time` is missing: it is unwrapped like a program.
_RESERVED = frozenset((
    "{", "}", "!", "[[", "]]", "if", "then", "elif", "else", "fi", "for", "in", "select", "while", "until", "do",
    "done", "case", "esac", "function", "coproc",
))  # fmt: skip
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_AFTER_OPERATOR = re.compile(r" (! )?-[a-z] ")
_SEPARATORS = frozenset((";", "&"))


def parse(text: str, budget: Budget, grammar: Budget) -> Sequence | Unread:
    """What `text` says to bash. `grammar` holds the steps that tree-sitter has left for the whole line."""
    if not _is_visible(text):
        return Unread("it holds characters that are not shown")
    data = text.encode()
    if len(data) > LONGEST:
        return Unread("it is too long")
    root = _grammar(data, grammar)
    if root is None:
        return Unread("it is too complex to parse, or no valid shell")
    try:
        return _Reading(text if text.isascii() else data.decode("latin-1"), root, budget).line()
    except DisagreementError as error:
        return Unread(str(error))
    except (IndexError, StopIteration):
        return Unread("a construct that lacks a part")


def _is_visible(text: str) -> bool:
    # INVARIANT: nothing that a terminal, an approver's eye or another shell reads differently from bash is read:
    # NUL, carriage return, escape sequences, bidirectional and zero-width characters, exotic blanks.
    plain = text.replace("\n", "").replace("\t", "")
    return plain.isprintable() and (text.isascii() or _INVISIBLE.isdisjoint(text))


def _grammar(data: bytes, steps: Budget) -> Found | None:
    def stop(offset: int, has_error: bool) -> bool:  # noqa: FBT001 (tree-sitter's signature)
        steps.left -= 1 + (len(data) - offset) // _BYTES_A_STEP
        return has_error or steps.left < 0

    try:
        # Only this form, with a reading callback, asks for progress.
        root = Parser(_BASH).parse(lambda offset, _point: data[offset:], progress_callback=stop).root_node
    except ValueError:  # stopped
        return None
    return None if root.has_error else root


class _Reading:
    """One walk over the grammar's tree, from left to right."""

    __slots__ = ("_budget", "_cursor", "_depth", "_root", "_scanner", "_source")

    def __init__(self, source: str, root: Found, budget: Budget) -> None:
        self._source = source
        self._root = root
        self._budget = budget
        self._depth = 0
        self._scanner = Scanner(source, self._nested)
        self._cursor = Cursor(source)

    def line(self) -> Sequence:
        body = self._sequence(self._root.children)
        self._cursor.finish()
        return body

    # Statements ------------------------------------------------------------------------------------------------

    def _sequence(self, nodes: Nodes[Found]) -> Sequence:
        items: list[Node] = []
        for node in nodes:
            kind = node.type
            if kind == "comment":
                continue
            if kind in _SEPARATORS:
                self._token(node)
                if kind == "&" and items:
                    items[-1] = Background(items[-1])
            else:
                items.append(self._statement(node))
        return Sequence(tuple(items))

    def _statement(self, node: Found) -> Node:
        if node.type == "command":
            self._cursor.begin(node.start_byte)
            return self._simple(node.children)
        pieces: list[Piece] = []
        self._flatten(node, pieces)
        return grouped(pieces)

    def _flatten(self, node: Found, pieces: list[Piece]) -> None:
        """A statement as commands and the operators between them, in the order in which they stand."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise DisagreementError("nested too deeply")
        self._cursor.begin(node.start_byte)
        kind = node.type
        if kind in ("list", "pipeline", "negated_command"):
            self._flatten_all(node.children, pieces)
        elif kind == "redirected_statement":
            children = node.children
            at = 0
            if not children[0].type.endswith("_redirect"):
                self._flatten(children[0], pieces)
                at = 1
            else:
                pieces.append(Simple())
            for child in children[at:]:
                self._redirect(child, pieces)
        else:
            pieces.append(self._command(node))
        self._depth -= 1

    def _flatten_all(self, nodes: Nodes[Found], pieces: list[Piece]) -> None:
        for node in nodes:
            if node.is_named:
                if node.type != "comment":
                    self._flatten(node, pieces)
            else:
                self._token(node)
                pieces.append(node.type)

    def _command(self, node: Found) -> Node:
        kind = node.type
        if kind in _WRITTEN_LIKE_COMMANDS:
            return self._simple(node.children)
        if kind == "variable_assignment":
            return Simple(assignments=(self._assignment(node),))
        if kind == "test_command":
            return self._test(node)
        # `$(< file)`
        if kind.endswith("_redirect"):
            pieces: list[Piece] = [Simple()]
            self._redirect(node, pieces)
            return grouped(pieces)
        return self._compound(kind, node.children)

    def _simple(self, children: Nodes[Found]) -> Simple:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        for child in children:
            kind = child.type
            if kind == "variable_assignment" and not words:
                assignments.append(self._assignment(child))
            elif kind in _FILES:
                redirect, more = self._file(child)
                redirects.append(redirect)
                words += more
            else:
                words.append(self._word(child))
            if len(words) == 1:
                _check_name(words[0].source)
        return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def _assignment(self, node: Found) -> Assignment:
        word = self._word(node)
        first = word.parts[0]
        name, equals, rest = first.text.partition("=") if isinstance(first, Literal) else ("", "", "")
        append = name.endswith("+")
        name = name.removesuffix("+")
        if not equals or not name.isascii() or not name.isidentifier():
            raise DisagreementError("an assignment that we do not read")
        value = (Literal(rest, first.quoted), *word.parts[1:]) if rest else word.parts[1:]
        return Assignment(name, Word(word.source.partition("=")[2], value), append)

    def _test(self, node: Found) -> Simple:
        """`[ … ]` and `[[ … ]]` as what they are: a command and its words. In the second, operators are words."""
        words: list[Word] = []
        end = node.end_byte
        double = node.children[0].type == "[["
        at = node.start_byte
        while at < end:
            at = self._cursor.skip(at if words else node.start_byte, lines=False)
            operator = self._source[at : at + 2]
            if double and operator in ("&&", "||"):
                # INVARIANT: a shell without `[[` runs what follows here; nothing begins with a dash that it could run.
                if not _AFTER_OPERATOR.match(self._source, at + 2):
                    raise DisagreementError("`[[`: not known to every shell")
                stop, word = at + 2, Word(operator, (Literal(operator),))
            else:
                stop, word = self._scanner.word(at)
            self._cursor.take(at, stop)
            self._budget.spend()
            words.append(word)
            at = stop
        if at != end or words[-1].source != ("]]" if double else "]"):
            raise DisagreementError("a test that ends elsewhere")
        return Simple(words=tuple(words))

    # Redirections ----------------------------------------------------------------------------------------------

    def _redirect(self, node: Found, pieces: list[Piece]) -> None:
        """Adds a redirection to the last command of `pieces`, with the words that the grammar counts to it."""
        if node.type == "heredoc_redirect":
            self._here_document(node.children, pieces)
        else:
            redirect, words = self._file(node)
            with_redirects(pieces, [redirect], words)

    def _file(self, node: Found) -> tuple[Redirect, list[Word]]:
        """A redirection of a file, and the words behind it."""
        children = node.children
        if children[0].type == "file_descriptor":
            self._token(children[0])
            children = children[1:]
            self._cursor.touch(children[0].start_byte)
        operator = self._text(children[0])
        if operator not in _REDIRECTS:
            raise DisagreementError(f"{operator}: not read")
        self._cursor.operator(children[0].start_byte, children[0].end_byte)
        words = [self._word(child) for child in children[1:]]
        target = Word("-", (Literal("-"),)) if operator[-1] == "-" else words.pop(0)
        return Redirect(operator.removesuffix("-"), target), words

    def _here_document(self, children: Nodes[Found], pieces: list[Piece]) -> None:
        if children[0].type == "file_descriptor":
            raise DisagreementError("a here-document on a descriptor")
        operator = self._text(children[0])
        self._cursor.operator(children[0].start_byte, children[0].end_byte)
        delimiter = self._word(children[1])
        literal = delimiter.parts[0]
        if len(delimiter.parts) != 1 or not isinstance(literal, Literal):
            raise DisagreementError("a delimiter that we do not read")
        start, end = self._cursor.here_document(literal.text, tabs=operator == "<<-")
        body = self._body(start, end, quoted=literal.quoted)
        with_redirects(pieces, [Redirect("<<", body)], [])
        for child in children[2:]:
            if child.type in ("heredoc_body", "heredoc_end"):
                continue
            if child.type.endswith("_redirect"):
                self._redirect(child, pieces)
            elif child.type == "pipeline":
                self._flatten_all(child.children, pieces)
            elif not child.is_named:
                self._token(child)
                pieces.append(child.type)
            elif isinstance(pieces[-1], str):
                self._flatten(child, pieces)
            else:
                with_redirects(pieces, [], [self._word(child)])

    def _body(self, start: int, end: int, *, quoted: bool) -> Word:
        if quoted:
            text = decode(self._source[start:end])
            return Word(text, (Literal(text, quoted=True),))
        with self._cursor.aside(start):
            return self._scanner.text(start, end)

    # Compound commands -----------------------------------------------------------------------------------------

    def _compound(self, kind: str, children: Nodes[Found]) -> Node:
        match kind:
            case "compound_statement":
                return self._group(children)
            case "subshell":
                return self._subshell(children)
            case "while_statement":
                return self._while(children)
            case "for_statement":
                return self._for(children)
            case "if_statement":
                return self._if(children)
            case "case_statement":
                return self._case(children)
            case "function_definition":
                return self._function(children)
            case _:
                pass
        # INVARIANT: a closed world. A kind of node that is not named in this module is not understood.
        raise DisagreementError(f"{kind.replace('_', ' ')}: not read")

    def _keyword(self, node: Found) -> None:
        """A reserved word, which is one only where a command may begin."""
        self._cursor.begin(node.start_byte)
        self._token(node)

    def _group(self, children: Nodes[Found]) -> Node:
        if children[0].type != "{":
            raise DisagreementError("arithmetic that may run commands")
        return self._between(children)

    def _subshell(self, children: Nodes[Found]) -> Node:
        self._token(children[0])
        body = self._sequence(children[1:-1])
        self._token(children[-1])
        return Subshell(body)

    def _between(self, children: Nodes[Found]) -> Sequence:
        """`{ … }` and `do … done`."""
        self._keyword(children[0])
        body = self._sequence(children[1:-1])
        self._keyword(children[-1])
        return body

    def _while(self, children: Nodes[Found]) -> Loop:
        self._keyword(children[0])
        condition = self._sequence(children[1:-1])
        return Loop(self._between(children[-1].children), condition)

    def _for(self, children: Nodes[Found]) -> Loop:
        self._keyword(children[0])
        variable = self._word(children[1])
        words: list[Word] = []
        for child in children[2:-1]:
            if child.type == ";" or (child.type == "in" and not words):
                self._token(child)
            else:
                words.append(self._word(child))
        values = tuple(words)
        if self._text(children[0]) == "select" or self._text(children[2]) != "in":
            values = (*values, Word('"$@"', (Puzzle('"$@"', quoted=True),)))
        return Loop(self._between(children[-1].children), variable=variable.source, words=values)

    def _if(self, children: Nodes[Found]) -> Conditional:
        branches: list[tuple[Sequence, Sequence]] = []
        otherwise = Sequence(())
        self._if_branch(children, branches)
        for child in children:
            if child.type == "elif_clause":
                self._if_branch(child.children, branches)
            elif child.type == "else_clause":
                self._keyword(child.children[0])
                otherwise = self._sequence(child.children[1:])
        self._keyword(children[-1])
        return Conditional(tuple(branches), otherwise)

    def _if_branch(self, children: Nodes[Found], branches: list[tuple[Sequence, Sequence]]) -> None:
        then = next(at for at, child in enumerate(children) if child.type == "then")
        stop = then + 1
        while stop < len(children) and children[stop].type not in ("elif_clause", "else_clause", "fi"):
            stop += 1
        self._keyword(children[0])
        condition = self._sequence(children[1:then])
        self._keyword(children[then])
        branches.append((condition, self._sequence(children[then + 1 : stop])))

    def _case(self, children: Nodes[Found]) -> Case:
        patterns: list[Word] = []
        bodies: list[Sequence] = []
        self._keyword(children[0])
        word = self._word(children[1])
        for child in children[2:-1]:
            if child.type == "case_item":
                bodies.append(self._case_item(child.children, patterns))
            elif child.type != "comment":
                self._token(child)
        self._keyword(children[-1])
        return Case(word, tuple(patterns), tuple(bodies))

    def _case_item(self, children: Nodes[Found], patterns: list[Word]) -> Sequence:
        close = next(at for at, child in enumerate(children) if child.type == ")")
        for child in children[:close]:
            if child.type in ("(", "|"):
                self._token(child)
            else:
                self._cursor.begin(child.start_byte)
                patterns.append(self._word(child))
        self._token(children[close])
        last = len(children) - (children[-1].type in (";;", ";&", ";;&"))
        body = self._sequence(children[close + 1 : last])
        if last < len(children):
            self._token(children[-1])
        return body

    def _function(self, children: Nodes[Found]) -> Function:
        pieces: list[Piece] = []
        name = ""
        for child in children:
            if child.type == "function":
                # A shell that does not know the word runs the body's lines at once.
                raise DisagreementError("`function`: not known to every shell")
            if child.type in ("(", ")"):
                self._token(child)
            elif child.type.endswith("_redirect"):
                self._redirect(child, pieces)
            elif name:
                pieces.append(self._command(child))
            else:
                name = self._text(child)
                if not _FUNCTION.fullmatch(name):
                    raise DisagreementError("a function's name that we do not read")
                self._token(child)
                self._cursor.fresh = True
        return Function(name, grouped(pieces))

    # Tokens ----------------------------------------------------------------------------------------------------

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
        while node is not None and node.start_byte == at and node.type not in _NESTED:
            node = node.parent
        if node is None or node.start_byte != at:
            raise DisagreementError("a substitution that the grammar does not see")
        source = self._text(node)
        if node.type in ("expansion", "arithmetic_expansion"):
            return node.end_byte, expansion(source, quoted=quoted)
        ticks = source[0] == "`"
        if ticks and ("\\" in source or (quoted and '"' in source) or "`" in source[1:-1]):
            raise DisagreementError("backticks that need unescaping")
        children = node.children
        with self._cursor.aside(at):
            was, self._scanner.in_backticks = self._scanner.in_backticks, ticks
            self._token(children[0])
            body = self._sequence(children[1:-1])
            self._token(children[-1])
            self._scanner.in_backticks = was
        return node.end_byte, Substitution(source, body, quoted, node.type == "process_substitution")


_NESTED = frozenset(("expansion", "arithmetic_expansion", "command_substitution", "process_substitution"))


def _check_name(source: str) -> None:
    if source in _RESERVED:
        raise DisagreementError("a reserved word that the grammar takes for a program")
    name = source.partition("=")[0].partition("[")[0].removesuffix("+")
    if name != source and name.isidentifier():
        raise DisagreementError("an assignment that the grammar takes for a word")
