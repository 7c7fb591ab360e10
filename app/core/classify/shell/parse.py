"""Shell text → our tree, by way of tree-sitter's grammar, which is not believed.

tree-sitter-bash reads for an editor: it misreads some lines without saying so. It is trusted to find where tokens
stand, and each claim is checked while the tree is walked: words against a scanner of our own (`words.py`), the space
between tokens, separators, here-documents; grouping is made anew by bash's precedence (`pieces.py`). Whatever fails
a check, and every kind of node that is not named here, makes the line `Unread`.
"""

import re
from collections.abc import Sequence as Nodes
from typing import Final

from app.core.budget import Budget
from app.core.classify.shell.commands import Commands
from app.core.classify.shell.grammar import Found, grammar
from app.core.classify.shell.pieces import Piece, grouped, with_redirects
from app.core.classify.shell.plain import plain
from app.core.classify.shell.tree import (
    Background,
    Case,
    Conditional,
    Function,
    Literal,
    Loop,
    Node,
    Puzzle,
    Redirect,
    Sequence,
    Simple,
    Subshell,
    Unread,
    Word,
)
from app.core.classify.shell.words import DisagreementError, decode

LONGEST: Final = 16_384  # bytes
DEEPEST: Final = 50
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_WRITTEN_LIKE_COMMANDS = frozenset(("command", "declaration_command", "unset_command", "variable_assignments"))
# At the start of a line, `cat > f <<< 'x'`, which the grammar reads only the other way round: in a file's name and a
# text in which nothing is computed, the order tells nothing.
_HERE_STRING = re.compile(
    r"\A(cat) (>>? ?[A-Za-z0-9_./-]+) ?(<<< ?(?:'[^']*'|\$'(?:[^'\\]|\\.)*'|\"[^\"\\$`!]*\"))(?=\Z| *(?:&&|\|\||;|\n))"
)
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SEPARATORS = frozenset((";", "&"))


def parse(text: str, budget: Budget, steps: Budget) -> Sequence | Unread:
    """What `text` says to bash."""
    return plain(text, budget) or by_grammar(_HERE_STRING.sub(r"\1 \3 \2", text), budget, steps)


def by_grammar(text: str, budget: Budget, steps: Budget) -> Sequence | Unread:
    """The same for any line. `steps` are those that tree-sitter has left for the whole line."""
    if not _is_visible(text):
        return Unread("it holds characters that are not shown")
    data = text.encode()
    if len(data) > LONGEST:
        return Unread("it is too long")
    root = grammar(data, steps)
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


class _Reading(Commands):
    """One walk over the grammar's tree, from left to right."""

    __slots__ = ()

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

    # Redirections ----------------------------------------------------------------------------------------------

    def _redirect(self, node: Found, pieces: list[Piece]) -> None:
        """Adds a redirection to the last command of `pieces`, with the words that the grammar counts to it."""
        if node.type == "heredoc_redirect":
            self._here_document(node.children, pieces)
        else:
            redirect, words = self._file(node)
            with_redirects(pieces, [redirect], words)

    def _here_document(self, children: Nodes[Found], pieces: list[Piece]) -> None:
        if children[0].type == "file_descriptor":
            raise DisagreementError("a here-document on a descriptor")
        operator = self._text(children[0])
        dash = operator[:1] == "-"
        if operator.removeprefix("-") not in ("<<", "<<-"):
            # INVARIANT: the grammar takes a word into it that no blank keeps apart: `find . -delete<<E`.
            raise DisagreementError("a here-document behind a word")
        lost = [Word("-", (Literal("-"),))] if self._cursor.dash(children[0].start_byte) or dash else []
        self._cursor.operator(children[0].start_byte, children[0].end_byte)
        delimiter = self._word(children[1])
        literal = delimiter.parts[0]
        if len(delimiter.parts) != 1 or not isinstance(literal, Literal):
            raise DisagreementError("a delimiter that we do not read")
        start, end = self._cursor.here_document(literal.text, tabs=operator.endswith("-"))
        body = self._body(start, end, quoted=literal.quoted)
        with_redirects(pieces, [Redirect("<<", body)], lost)
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
