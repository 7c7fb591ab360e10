"""What a compiler makes of the project's own sources, which the same line may then run: `gcc -o x x.c && ./x`.

That runs the project's code, as `cargo run` and `go run .` do, and nothing that the line itself has written.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.core.classify.shell.act import Act, Record, located
from app.core.classify.shell.project import is_grave
from app.core.model import EffectKind

_NATIVE: Final = frozenset(("gcc", "g++", "cc", "c++", "clang", "clang++", "gfortran", "rustc"))
# Those that make files for a virtual machine of the folder that they are told.
_COMPILERS: Final = _NATIVE | {"javac", "kotlinc", "scalac"}
_SOURCE = re.compile(r"\.(?:c|cc|cpp|cxx|m|f90|f95|rs|o|java|kt|scala)$")
# Those that open whatever file a source, or a document, names, and say what stands in it: `#include "/etc/passwd"`.
_FOLLOWING: Final = _COMPILERS | frozenset(
    (
        "as", "ld", "clang-tidy", "cppcheck", "iwyu", "jsonnet", "asciidoctor", "pandoc", "typst", "plantuml", "cue",
        "man", "xmlstarlet",
    )
)  # fmt: skip
# Of what pandoc reads and writes, what is made up of several files.
_INCLUDES = re.compile(r"(?:^|[.=+-])(?:rst|tex|latex|org|t2t|muse|typst|pdf)(?:$|[+-])")
# Flags before a folder, a name or the file that is made.
_TAKING: Final = frozenset(
    (
        "-o", "-I", "-L", "-isystem", "-MF", "-MT", "-U", "-l", "-d", "-cp", "-classpath", "--class-path",
        "-sourcepath", "--release", "-source", "-target", "-encoding", "--edition", "--crate-type", "--crate-name",
    )
)  # fmt: skip
# A definition that replaces no word of ordinary code.
_DEFINITION = re.compile(r"-D[A-Z_][A-Z0-9_]*(?:=[0-9.]*)?", re.ASCII)


def compiles(words: Sequence[str]) -> bool:
    """Whether a command compiles sources that lie in files, and says nothing that would become code.

    INVARIANT: what is compiled stands in no word of the line, on no standard input, and in no file that is called
    data or options.
    """
    name, *rest = words
    if name.rpartition("/")[2] not in _COMPILERS:
        return False
    operands = [word for before, word in zip([name, *rest], rest, strict=False) if before not in _TAKING]
    return any(_SOURCE.search(word) for word in operands) and all(_is_plain(word) for word in operands)


def follows(words: Sequence[str]) -> bool:
    """Whether a command opens, or runs while it compiles, what its sources or files beside them name."""
    name, *rest = words
    return name.rpartition("/")[2] in _FOLLOWING and (name != "pandoc" or any(map(_INCLUDES.search, rest)))


def reads_input(words: Sequence[str]) -> bool:
    """Whether a command that follows its sources may read one from a pipe or from the line."""
    return any(map(is_standard_input, words[1:])) or words[0] == "pandoc"


def is_standard_input(word: str) -> bool:
    """Whether a word may name what is read from a pipe or from the line."""
    return word == "-" or (word.startswith(("/dev/", "/proc/")) and word != "/dev/null")


def _is_plain(word: str) -> bool:
    """Whether a word is the name of a source, or a flag through which no code comes."""
    if word[:1] != "-":
        return bool(_SOURCE.search(word)) and word[0] != "@"
    if word[:2] == "-D":
        return bool(_DEFINITION.fullmatch(word))
    return word not in ("-", "--", "-include") and word[:2] != "-x"


def runs_compiled(act: Act) -> bool:
    """Whether the program is what a compiler has made earlier in this line; if so, what it is made of runs."""
    name = act.args[0]
    if is_grave(name.text.rpartition("/")[2]) or len(act.state.directories) != 1:
        return False
    program = located(name.text, act.state.directories[0], act.state.home)
    folder = next((folder for folder, made in _compiled(act.record) if made == program), None)
    if folder is None:
        return False
    # INVARIANT: it is made of what lies where the compiler looked, so nothing there may be of the line's own making.
    act.add(EffectKind.RUN, folder)
    return True


def _compiled(record: Record) -> Iterator[tuple[str, str]]:
    """The programs that compilers have made so far, each behind the folder in which its compiler ran."""
    written = [effect for effect in record.effects if effect.kind is EffectKind.WRITE]
    for at, command in enumerate(record.commands):
        folders = [effect.resource for effect in written if effect.command == at and not effect.added_by]
        if len(folders) == 1 and compiles(command.words) and command.words[0].rpartition("/")[2] in _NATIVE:
            named = [effect.resource for effect in written if effect.command == at and effect.added_by == "-o"]
            yield folders[0], named[0] if named else f"{folders[0]}/{_unnamed(command.words)}"


def _unnamed(words: Sequence[str]) -> str:
    """What a compiler calls the program that nobody names."""
    if words[0] != "rustc":
        return "a.out"
    return next(word for word in words if _SOURCE.search(word)).rpartition("/")[2].removesuffix(".rs")
