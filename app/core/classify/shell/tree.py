"""The shell's grammar as a small frozen tree of our own: what a line says, before anything is expanded.

The tree holds what bash would run, not how it was spelled: grouping follows bash's precedence, and a part whose
meaning is not certain is a `Puzzle`. A line that was not understood as a whole is `Unread`.
"""

from __future__ import annotations

from msgspec import Struct


class Literal(Struct, frozen=True):
    """Text that stands for itself. Unquoted text may still hold globs, braces and a leading tilde."""

    text: str
    quoted: bool = False


class Variable(Struct, frozen=True):
    """`$name` or `${name}`."""

    name: str
    quoted: bool = False


class Substitution(Struct, frozen=True):
    """A list of commands inside a word: `$(…)`, backticks, `<(…)` or `>(…)`."""

    source: str
    body: Sequence
    quoted: bool = False
    is_file: bool = False


class Sum(Struct, frozen=True):
    """`$((x + 1))`: figures, and variables that are figures, or the shell runs what stands in their values."""

    source: str
    names: tuple[str, ...]
    quoted: bool = False


class Puzzle(Struct, frozen=True):
    """A part whose value is never known from the line; `free` when no value it can have tells a secret."""

    source: str
    quoted: bool = False
    free: bool = False


Part = Literal | Variable | Substitution | Sum | Puzzle


class Word(Struct, frozen=True):
    source: str
    parts: tuple[Part, ...]


class Assignment(Struct, frozen=True):
    name: str
    value: Word
    append: bool = False


class Redirect(Struct, frozen=True):
    """`target` is a file's name, or for `<<` and `<<<` the text that is read; `descriptor` where one is written."""

    operator: str
    target: Word
    descriptor: str = ""


class Simple(Struct, frozen=True):
    """A command with its prefix assignments. Without words it only assigns or opens files."""

    assignments: tuple[Assignment, ...] = ()
    words: tuple[Word, ...] = ()
    redirects: tuple[Redirect, ...] = ()


class Pipeline(Struct, frozen=True):
    """Two or more commands, each run in a shell of its own."""

    items: tuple[Node, ...]


class AndOr(Struct, frozen=True):
    """`first`, then for each (operator, node) what runs after success (`&&`) or failure (`||`)."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


class Background(Struct, frozen=True):
    item: Node


class Negated(Struct, frozen=True):
    item: Node


class Sequence(Struct, frozen=True):
    items: tuple[Node, ...]


class Subshell(Struct, frozen=True):
    body: Sequence


class Loop(Struct, frozen=True):
    """`for`, `select`, `while` and `until`. `words` is None for the last two."""

    body: Sequence
    condition: Sequence = Sequence(())
    variable: str = ""
    words: tuple[Word, ...] | None = None


class Conditional(Struct, frozen=True):
    """`if`: conditions and bodies in order; `otherwise` runs when every condition failed."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence = Sequence(())


class Case(Struct, frozen=True):
    word: Word
    patterns: tuple[Word, ...]
    bodies: tuple[Sequence, ...]


class Function(Struct, frozen=True):
    name: str
    body: Node


class Redirected(Struct, frozen=True):
    """A compound command with redirections of its own."""

    item: Node
    redirects: tuple[Redirect, ...]


class Unread(Struct, frozen=True):
    """A line that was not understood, and why."""

    why: str


Node = (
    Simple
    | Pipeline
    | AndOr
    | Background
    | Negated
    | Sequence
    | Subshell
    | Loop
    | Conditional
    | Case
    | Function
    | Redirected
)


def spelled(node: Simple) -> str:
    """A command as the line spells it."""
    if not node.assignments and not node.redirects:
        return " ".join([word.source for word in node.words])
    parts = [f"{each.name}={each.value.source}" for each in node.assignments]
    parts += [word.source for word in node.words]
    parts += [f"{each.operator} {each.target.source}" for each in node.redirects]
    return " ".join(parts)


def literal(word: Word) -> str:
    """What a word says; `?` where that is not known."""
    texts = [part.text for part in word.parts if isinstance(part, Literal)]
    return "".join(texts) if len(texts) == len(word.parts) else "?"
