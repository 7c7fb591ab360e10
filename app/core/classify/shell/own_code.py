"""Code that a line writes and then runs, or moves and then deletes: what it does is nobody's word but the line's."""

import re
from collections.abc import Sequence
from typing import Final

from app.core.classify.code.python_names import is_pythons_own
from app.core.classify.shell.act import LONGEST_VIA, Record
from app.core.classify.shell.compilers import compiles, follows, reads_input
from app.core.classify.shell.fed import fed_by_line
from app.core.classify.shell.project import DATA, WRITES_NO_CODE, is_below, is_data, is_script
from app.core.classify.shell.renames import MOST as MOST_RENAMES
from app.core.model import Effect, EffectKind
from app.core.policy.wildcard import is_wild

# What a compiler only looks at becomes a program, or an answer, but does not run now.
_COMPILES: Final = (
    (("tsc",), (".ts", ".tsx", ".mts", ".cts")),
    (("go", "build"), (".go",)),
    (("go", "vet"), (".go",)),
)
_SHELLS: Final = (".sh", ".bash", ".zsh", ".mk", "Makefile", "makefile")
_CODE: Final = (
    ".py", ".pyi", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".vue", ".svelte", ".go", ".rs", ".java",
    ".kt", ".scala", ".clj", ".cs", ".fs", ".rb", ".erb", ".php", ".c", ".h", ".cc", ".cpp", ".hpp", ".swift",
    ".ex", ".exs", ".erl", ".hs", ".ml", ".dart", ".lua", ".jl", ".R", ".css", ".scss", ".less", ".html", ".md", ".rst",
)  # fmt: skip
# One language, whatever it is compiled as.
_SCRIPTS: Final = frozenset(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"))
_WILDCARD: Final = re.compile(r"[*?]+|\[[^]]*\]|\{[^}]*\}")
# Formatters, each with the flag by which a line puts code of its own into what they shape.
_PUTS_IN: Final = {"gofmt": "-r", "isort": "-a"}
_LAUNCHERS: Final = frozenset(("npx", "pnpm", "yarn", "bunx"))


def check_own_code(record: Record) -> None:
    """INVARIANT: code that the line itself has written is nobody's code but the line's, wherever it lies."""
    written = [effect for effect in record.effects if effect.kind is EffectKind.WRITE]
    fed = fed_by_line(record, written)
    _check_piped(record, fed)
    if not written:
        return
    if record.pythons:
        for write in written:
            if is_pythons_own(write.resource) and (write.command in record.pythons or not is_wild(write.resource)):
                # INVARIANT: Python looks for its own modules among the files of its directory, at any time.
                _opaque(record, write, f"{write.resource}: written where Python may look for a module of its own")
    _check_moved(record, written)
    runs = [effect for effect in record.effects if effect.kind is EffectKind.RUN]
    if len({edit for edits in record.renames.values() for edit in edits}) <= MOST_RENAMES:
        written = [write for write in written if not _is_renamed(write, runs, record)]
    only_read = {run.command: _sources(run.command, record) for run in runs}
    if () in only_read.values():
        # INVARIANT: what is compiled of the line's own sources may be what another command runs.
        only_read = dict.fromkeys(only_read, ())
    # What the project's own code writes, it writes as the project's own code, unless it has it from the line.
    runners = {run.command for run in runs} - record.spoken - fed
    for run in runs:
        record.budget.spend(len(written))
        for write in written:
            if (
                not write.resource.endswith(only_read[run.command])
                and not _is_before(run, write, record, runners)
                and _becomes(write, run, record)
            ):
                _opaque(record, run, f"{run.resource}: written in this line, then run")
                break
    _check_sources(record, written, runners)


def _check_moved(record: Record, written: Sequence[Effect]) -> None:
    moved = [effect for effect in written if _moved(record.commands[effect.command].words)]
    for gone in [effect for effect in record.effects if effect.kind is EffectKind.DELETE] if moved else ():
        if any(
            is_below(one.resource, gone.resource.removesuffix("/**")) or one.resource == gone.resource for one in moved
        ):
            _opaque(record, gone, f"{gone.resource}: moved there in this line, then deleted")


def _check_piped(record: Record, fed: set[int]) -> None:
    for at in fed:
        words = record.commands[at].words
        if follows(words) and reads_input(words):
            # INVARIANT: a source may name any file, so that of a line's own making names files that no word does.
            said = Effect(EffectKind.OPAQUE, "", " ".join(words)[:LONGEST_VIA], "", at)
            _opaque(record, said, f"{words[0]}: compiles what the line tells it")


def _check_sources(record: Record, written: Sequence[Effect], runners: set[int]) -> None:
    for source in [effect for effect in record.effects if _compiled(effect, record)]:
        record.budget.spend(len(written))
        if any(
            write.command != source.command
            and not _is_before(source, write, record, runners)
            and _becomes(write, source, record)
            for write in written
        ):
            # INVARIANT: as above, and what lies beside a source may be run by the compiler.
            _opaque(record, source, f"{source.resource}: written in this line, then compiled")


def _compiled(effect: Effect, record: Record) -> bool:
    """Whether that is what a compiler reads, or the folder in which it works."""
    reads = effect.kind is EffectKind.READ or (effect.kind is EffectKind.WRITE and not effect.added_by)
    return reads and follows(record.commands[effect.command].words)


def _sources(at: int, record: Record) -> tuple[str, ...]:
    """How the names of files end that a command, or the one that it wraps, reads as sources and does not run."""
    words = record.commands[at].words
    if words[0] in _LAUNCHERS:
        inner = [other for other, command in enumerate(record.commands) if command.under == at]
        return _sources(inner[0], record) if len(inner) == 1 else ()
    return next((ends for begins, ends in _COMPILES if words[: len(begins)] == begins), ())


def _is_renamed(write: Effect, runs: Sequence[Effect], record: Record) -> bool:
    """Whether sources got other names in them and nothing else. To a shell, names are commands and folders."""
    everywhere = write.resource.endswith("/**") and not any(run.resource.endswith(_SHELLS) for run in runs)
    return write.command in record.renames and not _redirects(write) and (everywhere or write.resource.endswith(_CODE))


def _opaque(record: Record, of: Effect, why: str) -> None:
    record.effect(Effect(EffectKind.OPAQUE, why[:LONGEST_VIA], of.via, "", of.command))


def _is_before(run: Effect, write: Effect, record: Record, runners: set[int]) -> bool:
    """Whether what is run was run before what is written, or it is the project's own code that writes."""
    under = record.commands[write.command].under
    if write.command not in record.spoken or _redirects(write):
        # What the project's code runs writes for it, too.
        return not runners.isdisjoint((write.command, under))
    if run.command == under:
        return True
    # INVARIANT: the code has loaded only what Python brings, and that first of all; nothing else of it could be loaded.
    return write.command == run.command and write.added_by == run.added_by and write.command in record.settled


def _redirects(write: Effect) -> bool:
    return write.added_by.startswith((">", "&>"))


def _becomes(write: Effect, run: Effect, record: Record) -> bool:
    """Whether what is written may be among what is run."""
    words = record.commands[write.command].words
    if moved := _moved(words):
        # INVARIANT: what a person would be asked about under its own name, is not run under another one.
        operands = _operands(moved)
        same = write.resource == run.resource and any(_name(write.resource) == _name(each) for each in operands)
        if _renames(operands) and (not same or all(map(is_script, operands))):
            return False
    elif not _redirects(write) and (_only_shapes(words) or compiles(words)):
        return False
    if write.resource == run.resource or is_below(run.resource, write.resource.removesuffix("/**")):
        return True
    if is_wild(write.resource) and _may_fit(write.resource, run.resource):
        return True
    return is_below(write.resource, run.resource) and (not is_data(write.resource) or _is_told(write, run, record))


def _is_told(write: Effect, run: Effect, record: Record) -> bool:
    """Whether a flag of what runs names what is written, or has examples taken out of such files."""
    return any("doctest" in word for word in record.commands[run.command].words) or any(
        effect.kind is EffectKind.READ
        and effect.added_by[:1] == "-"
        and effect.resource == write.resource
        and run.command in (effect.command, record.commands[effect.command].under)
        for effect in record.effects
    )


def _only_shapes(words: Sequence[str]) -> bool:
    """Whether a command writes no code of its own making."""
    name = _name(words[0])
    return name in WRITES_NO_CODE and not any(word.startswith(_PUTS_IN.get(name, "\0")) for word in words)


def _moved(words: Sequence[str]) -> Sequence[str]:
    """What `mv` or `git mv` is told; nothing for any other command."""
    name = _name(words[0])
    if name == "git" and "mv" in words:
        return words[words.index("mv") + 1 :]
    return words[1:] if name == "mv" else ()


def _operands(words: Sequence[str]) -> list[str]:
    return [word for word in words if word[:1] != "-"]


def _may_fit(pattern: str, path: str) -> bool:
    """Whether a path begins and ends as what the wildcards of a pattern leave of it."""
    return path.startswith(_WILDCARD.split(pattern)[0]) and path.endswith(_WILDCARD.split(pattern)[-1])


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _renames(words: Sequence[str]) -> bool:
    """Whether code becomes code, and not what was none. What the line itself has written is seen before it moves."""
    ends = {_name(word).rpartition(".")[2] for word in words}
    return (len(ends) == 1 or ends <= _SCRIPTS) and not any("." + end in DATA for end in ends)
