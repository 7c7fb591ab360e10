"""Simple commands: assignments, words and the files that they are redirected to."""

import re
from collections.abc import Sequence as Nodes

from app.core.classify.shell.grammar import Found
from app.core.classify.shell.tokens import Tokens, check_name
from app.core.classify.shell.tree import Assignment, Literal, Redirect, Simple, Word
from app.core.classify.shell.words import DisagreementError

_REDIRECTS = frozenset(("<", ">", ">>", ">|", "&>", "&>>", ">&", "<&", ">&-", "<&-", "<<<"))
_FILES = frozenset(("file_redirect", "herestring_redirect"))
_AFTER_OPERATOR = re.compile(r" (! )?-[a-z] ")


class Commands(Tokens):
    """Reads one command at a time."""

    __slots__ = ()

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
                check_name(words[0].source)
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

    def _file(self, node: Found) -> tuple[Redirect, list[Word]]:
        """A redirection of a file, and the words behind it."""
        children = node.children
        descriptor = ""
        if children[0].type == "file_descriptor":
            descriptor = self._text(children[0])
            self._token(children[0])
            children = children[1:]
            self._cursor.touch(children[0].start_byte)
        operator = self._text(children[0])
        if operator not in _REDIRECTS:
            raise DisagreementError(f"{operator}: not read")
        self._cursor.operator(children[0].start_byte, children[0].end_byte, descriptor)
        words = [self._word(child) for child in children[1:]]
        target = Word("-", (Literal("-"),)) if operator[-1] == "-" else words.pop(0)
        return Redirect(operator.removesuffix("-"), target, descriptor), words
