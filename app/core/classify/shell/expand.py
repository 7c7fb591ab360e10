"""Words → the text that bash would hand to a program, as far as the line tells it.

Globs stay patterns in the text. A value that the line does not tell is unknown, with the reason.
"""

import re
from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.braces import alternatives
from app.core.classify.shell.numbers import prints_a_number
from app.core.classify.shell.state import Arg, State
from app.core.classify.shell.tree import (
    Literal,
    Part,
    Puzzle,
    Redirect,
    Sequence,
    Simple,
    Substitution,
    Sum,
    Variable,
    Word,
)
from app.core.classify.shell.variables import PUBLIC
from app.core.policy.wildcard import is_wild

LONGEST: Final = 16_384
# What stands for the number of the process that was begun last.
BEGUN: Final = "%!"
_LONGEST_PART: Final = 80
_PWD: Final = Sequence((Simple(words=(Word("pwd", (Literal("pwd"),)),)),))
# `name=~/x`: bash reads the tilde there too. The second form is found inside a value that an assignment holds.
_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=(?=~)|[^~]*:(?=~)")
# `~+`, `~-` and `~1` name directories that the shell remembers.
_DIRECTORY_STACK = frozenset("+-0123456789")
_PRINTED = (
    (re.compile(r"\$\((nproc)( --all)?\)|\$\(getconf _NPROCESSORS_ONLN\)|\$\(sysctl -n hw\.n?cpu\)"), "8"),
    (re.compile(r"\$\((id) -[ug]\)"), "1000"),
    (re.compile(r"\$\((uname)( -[smr])?\)"), "Linux"),
    # (What a zone is called, `TZ` says; and what begins with no `%` could be a flag.)
    (re.compile(r"\$\((date)( -u)? ['\"]?\+%[YymdHMSsFTju](%[YymdHMSsFTju]|[TZ_:-])*['\"]?\)"), "20260101"),
)
# This much, or nothing: of the value itself nothing is told.
_IF_SET = re.compile(r"\$\{[A-Za-z_]\w*:?\+([\w.-]*)\}", re.ASCII)
_CUT = re.compile(r"\$\{([A-Za-z_]\w*)(%|##)((?<=%)[A-Za-z0-9._-]+|(?<=%)[./]\*|(?<=##)\*/)\}", re.ASCII)
# What is left of `"$(wc -l < a),+9p"`, which sed does not understand.
_FIGURED = re.compile(r"[0-9]*,?\+?[0-9]*[pd]")
_WILD = frozenset("*?[")
_NUMBERS = frozenset("?#$")
_ORDINARY = re.compile(r"[^~{*?\[](?:[^~{*?\[]|(?<![=:])~)*")


def expand(word: Word, state: State) -> tuple[Arg, ...]:
    """The words that one word of a command becomes."""
    parts = word.parts
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, Literal) and (only.quoted or _ORDINARY.fullmatch(only.text)):
            return (Arg(only.text),)
        if isinstance(only, Substitution) and not only.quoted and (names := state.printed.get(only.source)):
            return () if state.silent else names
        if isinstance(only, Variable) and only.name == "@" and only.quoted and state.arguments is not None:
            return state.arguments
    spelled = alternatives(parts)
    if spelled is None:
        return (Arg(word.source, why=f"{word.source[:_LONGEST_PART]}: braces that we do not read", one=False),)
    return tuple(arg for some in spelled for arg in _fields(some, word.source, state))


def single(word: Word, state: State) -> Arg:
    """The value of a word where bash neither splits nor globs: an assignment's, a redirection's, a here-document's."""
    unsplit = Variable | Substitution
    quoted = tuple(replace(part, quoted=True) if isinstance(part, unsplit) else part for part in word.parts)
    value = next(iter(_fields(quoted, word.source, state)), Arg(""))
    if all(isinstance(part, Literal) for part in quoted):
        return value
    bare = next(iter(_fields(quoted, word.source, replace(state, silent=True))), Arg(""))
    return value if bare == value or bare.why else replace(value, bare=bare.text)


def with_silence(word: Word, state: State) -> tuple[tuple[Arg, ...], ...]:
    """What one word becomes, and what else where commands in it print nothing.

    INVARIANT: a command may fail, or find nothing: `cd $(ls x/*.d)` goes home then, and `.env$(git rev-parse HEAD)` is
    `.env`. (A figure between others, as sed is told it, leaves no path.)
    """
    words = expand(word, state)
    if all(isinstance(part, Literal) for part in word.parts):
        return (words,)
    silent = expand(word, replace(state, silent=True))
    figured = len(silent) == 1 and _FIGURED.fullmatch(silent[0].text)
    return (words,) if silent == words or figured else (words, silent)


def _fields(parts: tuple[Part, ...], source: str, state: State) -> list[Arg]:
    line = _Line(source)
    for position, part in enumerate(parts):
        value = _value(part, state)
        if value.loose and not position and _leads(part, alone=len(parts) == 1):
            value = Arg("", f"{source[:_LONGEST_PART]}: may be a flag", free=isinstance(part, Sum))
        if value.why:
            line.unknown(value.why, free=value.free, one=part.quoted or _is_number(part), revision=value.revision)
        elif isinstance(part, Literal):
            _literal(line, part, state, position=position, alone=len(parts) == 1)
        elif part.quoted:
            line.add(value.text, quoted=True)
        else:
            pieces = _split(value.text)
            if len(pieces) > 1 and Literal("$", quoted=True) in parts:
                # bash does not split a word that holds a `$` of its own.
                line.unknown(f"{source[:_LONGEST_PART]}: splits in unknown ways", one=False)
                continue
            for number, piece in enumerate(pieces):
                if number:
                    line.end()
                line.add(piece, quoted=False)
    line.end()
    return line.words if len(line.words) == 1 else [replace(word, one=False) for word in line.words]


def _leads(part: Part, *, alone: bool) -> bool:
    """Whether what may look like a flag may be one: a name of a file that begins a word, or a number alone."""
    return isinstance(part, Substitution) or (isinstance(part, Sum) and alone)


def _is_number(part: Part) -> bool:
    """Whether what it stands for is digits, and so one word."""
    named = isinstance(part, Variable) and part.name in _NUMBERS
    return named or isinstance(part, Sum) or (isinstance(part, Puzzle) and part.free)


def _literal(line: "_Line", part: Literal, state: State, *, position: int, alone: bool) -> None:
    text = part.text
    if not part.quoted and "~" in text:
        if position == 0 and text[0] == "~":
            if text[1:2] in _DIRECTORY_STACK:
                line.unknown(f"{text[:_LONGEST_PART]}: value not known")
            # Before anything but a slash, `~` is an ordinary character.
            if alone or text != "~":
                text = _tilde(text, state)
        elif named := _NAMED.match(text):
            if position or ":" in text:
                line.unknown(f"{text[:_LONGEST_PART]}: a tilde inside a word")
            text = named[0] + _tilde(text[named.end() :], state)
    line.add(text, quoted=part.quoted)


class _Line:
    """The words found so far, and the one being put together."""

    __slots__ = ("_found", "_source", "_started", "_text", "words")

    def __init__(self, source: str) -> None:
        self._source = source
        self.words: list[Arg] = []
        self._begin()

    def _begin(self) -> None:
        self._text: list[str] = []
        self._found = Arg("", free=True, revision=True)
        self._started = False

    def add(self, text: str, *, quoted: bool) -> None:
        if not quoted and not _WILD.isdisjoint(text):
            loose = self._found.loose or (not self._started and text[0] in _WILD)
            self._found = replace(self._found, glob=True, loose=loose)
        self._started = self._started or quoted or text != ""
        self._text.append(text)

    def unknown(self, why: str, *, free: bool = False, one: bool = True, revision: bool = False) -> None:
        found = self._found
        # The reason that is told is the gravest.
        told = found.why if found.why and not (found.free and not free) else why
        self._found = replace(
            found, why=told, free=found.free and free, one=found.one and one, revision=found.revision and revision
        )
        self._started = True

    def end(self) -> None:
        if self._started:
            text = "".join(self._text)
            if self._found.why:
                self.words.append(replace(self._found, text=self._source))
            elif len(text) > LONGEST:
                self.words.append(Arg(self._source, why=f"{self._source[:_LONGEST_PART]}: too long"))
            else:
                self.words.append(replace(self._found, text=text, free=False, revision=False))
            self._begin()


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
        if (cut := _CUT.fullmatch(part.source)) and (value := _without(cut, state)) is not None:
            return value
        if told := _IF_SET.fullmatch(part.source):
            return Arg("" if state.silent else told[1])
        return Arg("", f"{part.source[:_LONGEST_PART]}: value not known", part.free)
    if isinstance(part, Sum):
        # Below nothing it would look like a flag.
        return Arg("8", loose="-" in part.source)
    if isinstance(part, Substitution):
        if part.body == _PWD and len(state.directories) == 1:
            return variable("PWD", state)
        if part.is_file:
            # A pipe, whose other end is judged by itself.
            return Arg("/dev/fd/63")
        names = state.printed.get(part.source, ())
        # (A name that was found may hold blanks, a revision holds none.)
        if len(names) == 1 and names[0].one and (part.quoted or not names[0].glob):
            return Arg("") if state.silent else names[0]
        if (copied := _copied(part.body, state)) is not None:
            return copied
        if prints_a_number(part.body.items, state.functions):
            return Arg("") if state.silent else Arg("8")
        return _output(part.source, state)
    value = variable(part.name, state)
    return value if not state.silent or value.bare is None else Arg(value.bare)


def _copied(body: Sequence, state: State) -> Arg | None:
    """What `$(cat <<'EOF' …)` prints, as messages of several lines are written: the text that it is given, if known."""
    match body.items:
        case (Simple((), (Word("cat"),), (Redirect("<<", target, ""),)),):
            text = single(target, state)
            return None if text.why else Arg(text.text.rstrip("\n"))
        case _:
            return None


def _without(cut: re.Match[str], state: State) -> Arg | None:
    """`${x%.js}`, `${x%.*}`, `${x%/*}`, `${x##*/}` of a value that is known, or that is a pattern of names."""
    known = state.variables.get(cut[1])
    if known is None or known.why or known.bare is not None:
        return None
    folder, slash, name = known.text.rpartition("/")
    if cut[2] == "##":
        return replace(known, text=name, loose=known.glob and name[:1] in _WILD)
    if cut[3] == "/*":
        return replace(known, text=folder) if slash and name and "**" not in known.text else None
    end = cut[3] if cut[3] != ".*" else name[name.rfind(".") :] if "." in name else ""
    # What the name ends with must stand there, not come of a wildcard.
    if not end or is_wild(end) or not known.text.endswith(end):
        return None
    return replace(known, text=known.text.removesuffix(end))


def _output(source: str, state: State) -> Arg:
    """What a substitution prints: an example, where all that it may print is alike."""
    for kind, example in _PRINTED:
        if (found := kind.fullmatch(source)) and found[1] not in state.functions:
            return Arg(example)
    return Arg("", f"{source[:_LONGEST_PART]}: output not known", free=True)


def variable(name: str, state: State) -> Arg:
    """A variable's value; one that the line did not assign comes from outside."""
    if name.isdigit() and name != "0" and state.arguments is not None:
        number = int(name[:4]) - 1
        return state.arguments[number] if number < len(state.arguments) else Arg("")
    known = state.variables.get(name)
    if known is None and name == "!":
        return Arg(BEGUN)
    if known is None:
        return Arg("", f"${name}: value not known", name in PUBLIC)
    return Arg("", known.why, known.free, revision=known.revision, bare=known.bare) if known.why else known


def _tilde(text: str, state: State) -> str:
    home = state.home
    return home + text[1:] if home and (text == "~" or text[1] == "/") else text
