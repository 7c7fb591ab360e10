"""Words → the text that bash would hand to a program, as far as the line tells it.

Globs stay patterns in the text. A value that the line does not tell is unknown, with the reason.
"""

from collections.abc import Iterator
from typing import Final

from app.core.classify.shell.braces import alternatives
from app.core.classify.shell.state import Arg, State
from app.core.classify.shell.tree import Literal, Part, Puzzle, Substitution, Variable, Word

LONGEST: Final = 16_384
# Variables from outside whose values are no secrets.
_PUBLIC = frozenset(
    [
        "?",
        "#",
        "$",
        "!",
        "0",
        "-",
        "PATH",
        "HOME",
        "PWD",
        "OLDPWD",
        "USER",
        "LOGNAME",
        "SHELL",
        "HOSTNAME",
        "LANG",
        "TERM",
        "TZ",
        "TMPDIR",
        "UID",
        "EUID",
        "PPID",
        "RANDOM",
        "SECONDS",
        "LINENO",
        "COLUMNS",
        "LINES",
        "BASH_VERSION",
        "VIRTUAL_ENV",
        "GOPATH",
        "JAVA_HOME",
        "CI",
    ]
)
# `~+`, `~-` and `~1` name directories that the shell remembers.
_DIRECTORY_STACK = frozenset("+-0123456789")
_SPECIAL = frozenset("{~*?[")


def expand(word: Word, state: State) -> tuple[Arg, ...]:
    """The words that one word of a command becomes."""
    parts = word.parts
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, Literal) and (only.quoted or _SPECIAL.isdisjoint(only.text)):
            return (Arg(only.text),)
        if isinstance(only, Variable) and only.name == "@" and only.quoted and state.arguments is not None:
            return state.arguments
    spelled = alternatives(parts)
    if spelled is None:
        return (Arg(word.source, why=f"{word.source[:80]}: braces that we do not read", one=False),)
    return tuple(arg for some in spelled for arg in _fields(some, word.source, state))


def single(word: Word, state: State) -> Arg:
    """The value of a word where bash neither splits nor globs: an assignment's, a redirection's, a here-document's."""
    quoted = tuple(_as_quoted(part) for part in word.parts)
    return next(_fields(quoted, word.source, state), Arg(""))


def _as_quoted(part: Part) -> Part:
    return Variable(part.name, quoted=True) if isinstance(part, Variable) else part


def _fields(parts: tuple[Part, ...], source: str, state: State) -> Iterator[Arg]:
    text: list[str] = []
    why = ""
    free = one = True
    loose = started = False
    for position, part in enumerate(parts):
        value = _value(part, state)
        if value.why:
            # The reason that is told is the gravest.
            why = why if why and not (free and not value.free) else value.why
            free = free and value.free
            one = one and (part.quoted or (isinstance(part, Substitution) and part.is_file))
            started = True
            continue
        literal = isinstance(part, Literal)
        pieces = [value.text] if literal or part.quoted else _split(value.text)
        for number, piece in enumerate(pieces):
            if number and started:
                yield _arg(text, why, source, free=free, one=one, loose=loose)
                text, why, free, one, loose, started = [], "", True, True, False, False
            if not piece:
                started = started or part.quoted
                continue
            if literal and position == 0 and not part.quoted and piece[0] == "~":
                if piece[1:2] in _DIRECTORY_STACK:
                    why, free = f"{piece[:80]}: value not known", False
                text.append(_tilde(piece, state))
            else:
                loose = loose or (not started and not part.quoted and piece[0] in "*?[")
                text.append(piece)
            started = True
    if started:
        yield _arg(text, why, source, free=free, one=one, loose=loose)


def _arg(text: list[str], why: str, source: str, *, free: bool, one: bool, loose: bool) -> Arg:
    if why:
        return Arg(source, why, free, one)
    value = "".join(text)
    if len(value) > LONGEST:
        return Arg(source, why=f"{source[:80]}: too long")
    return Arg(value, loose=loose)


def _split(value: str) -> list[str]:
    """The words of a value; an empty one at either end says that a blank stood there."""
    words = value.split()
    if value[:1].isspace():
        words.insert(0, "")
    if value[-1:].isspace():
        words.append("")
    return words


def _value(part: Part, state: State) -> Arg:
    if isinstance(part, Literal):
        return Arg(part.text)
    if isinstance(part, Puzzle):
        return Arg("", f"{part.source[:80]}: value not known", part.free)
    if isinstance(part, Substitution):
        # A substitution for a file is a pipe, whose other end is judged by itself.
        return Arg("/dev/fd/63") if part.is_file else Arg("", f"{part.source[:80]}: output not known", free=True)
    return variable(part.name, state)


def variable(name: str, state: State) -> Arg:
    """A variable's value; one that the line did not assign comes from outside."""
    if name.isdigit() and name != "0" and state.arguments is not None:
        number = int(name[:4]) - 1
        return state.arguments[number] if number < len(state.arguments) else Arg("")
    known = state.variables.get(name)
    if known is None:
        return Arg("", f"${name}: value not known", name in _PUBLIC)
    return Arg("", known.why, known.free) if known.why else known


def _tilde(text: str, state: State) -> str:
    home = state.home
    return home + text[1:] if home and (text == "~" or text[1] == "/") else text
