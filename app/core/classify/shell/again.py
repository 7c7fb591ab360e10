"""Programs that run here, again or under watch, the command that they are given: `watch`, `hyperfine`, `valgrind`."""

import re

from app.core.classify.paths import Place
from app.core.classify.shell.act import Act
from app.core.classify.shell.flags import Flags, after_flags, flags, inner
from app.core.classify.shell.inner import Inner, Wrapper
from app.core.classify.shell.state import LOST, Arg, State, begin
from app.core.model import EffectKind

_LONGEST_PART = 80
_HYPERFINE = flags(
    "-i --ignore-failure --show-output --sort=command",
    "-w --warmup -r --runs -m --min-runs -M --max-runs --style -n --command-name -u --time-unit",
)
_SAYS = frozenset(("-p", "--prepare", "-s", "--setup", "-c", "--cleanup"))
_EXPORTS = frozenset(("--export-json", "--export-csv", "--export-markdown", "--export-asciidoc"))
_VALGRIND = flags(
    "-q -v -s --quiet --verbose --tool=memcheck --tool=helgrind --tool=drd",
    "--leak-check --show-leak-kinds --track-origins --error-exitcode --num-callers --errors-for-leak-kinds"
    " --undef-value-errors --leak-resolution --trace-children --child-silent-after-fork --track-fds",
)
_PERF_STAT = flags("-d -dd -ddd -v -B --big-num --verbose --detailed", "-e -r --event --repeat")
_OWN = re.compile(r"(?:\./)?[\w-]+/[\w./-]+|\./[\w.-]+", re.ASCII)
# What gdb may be told: to run the program, and to show where it stopped.
_GDB_SAYS = re.compile(
    r"r|run|q|quit|where|bt( full)?|set (pagination|confirm) off|info (args|locals|registers|threads)"
    r"|thread apply all bt( full)?"
)
_GDB_ALONE = frozenset(("-batch", "--batch", "-q", "-quiet", "--quiet", "-nx", "--nx"))


def begun(state: State, arguments: tuple[Arg, ...] = ()) -> State:
    """A shell that a program starts: it gets the environment, not our variables, and knows where it is."""
    directories = state.directories
    where = directories[0] if len(directories) == 1 and directories[0] != LOST else ""
    return State(directories, begin(Place(where, state.home)).variables, {}, arguments)


def said(act: Act, words: tuple[Arg, ...]) -> Inner:
    """Words that a shell is given as one text."""
    why = next((word.why for word in words if word.why), "")
    if why:
        act.opaque(why)
    act.wraps()
    text = " ".join([word.text for word in words])
    # What is not known still has its quotes.
    return Inner(text=text.strip("\"'") if why else text, state=begun(act.state), guessed=bool(why))


def _repeats(known: Flags) -> Wrapper:
    def wrapper(act: Act) -> tuple[Inner, ...]:
        args = after_flags(act, known)
        if not args:
            act.opaque(f"{act.name}: runs what the line does not tell")
            return ()
        return (said(act, args),)

    return wrapper


def _hyperfine(act: Act) -> tuple[Inner, ...]:
    found: list[Inner] = []
    words = iter(act.args[1:])
    for word in words:
        name, equals, value = word.text.partition("=")
        if word.text[:1] != "-":
            found.append(said(act, (word,)))
        elif word.text in _HYPERFINE.alone and not word.why:
            continue
        elif name in _SAYS or name in _EXPORTS or name in _HYPERFINE.valued:
            taken = Arg(value, word.why) if equals else next(words, Arg("", f"{name}: needs a value"))
            if name in _SAYS:
                found.append(said(act, (taken,)))
            elif name in _EXPORTS:
                act.path(EffectKind.WRITE, taken, name)
            elif taken.why:
                act.opaque(taken.why)
        else:
            act.opaque(f"{act.name} {word.text[:_LONGEST_PART]}: flag not known")
            act.access((word,))
    return tuple(found)


def _entr(act: Act) -> tuple[Inner, ...]:
    args = after_flags(act, flags("-a -c -d -n -p -r -x -z"))
    if not args:
        act.opaque("entr: runs what the line does not tell")
    return inner(act, tuple([Arg("/_", "/_: a file's name") if arg.text == "/_" else arg for arg in args]))


def _valgrind(act: Act) -> tuple[Inner, ...]:
    # What the project's own settings say, it does as well.
    act.path(EffectKind.RUN, Arg("."))
    args = after_flags(act, _VALGRIND)
    if not args:
        act.opaque("valgrind: runs what the line does not tell")
    return inner(act, args)


def perf(act: Act) -> tuple[Inner, ...] | None:
    """`perf stat ./PROGRAM`, one of the project's own; nothing when it is told anything else."""
    if len(act.args) < 3 or act.args[1].text != "stat":
        return None
    program = after_flags(act, _PERF_STAT, 2)
    return inner(act, program) if program and _OWN.fullmatch(program[0].text) else None


def gdb(act: Act) -> tuple[Inner, ...] | None:
    """`gdb -batch -ex run -ex bt PROGRAM`; nothing when it is told anything else."""
    words = act.args[1:]
    batch, ended, at = False, False, 0
    while at < len(words) and words[at].text[:1] == "-":
        text = words[at].text
        at += 1
        if text == "--args":
            ended = True
            break
        if text in ("-ex", "--ex"):
            if at == len(words) or words[at].why or not _GDB_SAYS.fullmatch(words[at].text):
                return None
            at += 1
        elif text not in _GDB_ALONE:
            return None
        batch = batch or text in ("-batch", "--batch")
    # Options are options behind the program, too, until they are said to end; and a second name is a process.
    if not batch or at == len(words) or (not ended and at + 1 != len(words)):
        return None
    act.path(EffectKind.RUN, Arg("."))
    return inner(act, words[at:])


AGAIN: dict[str, Wrapper] = {
    "watch": _repeats(
        flags(
            "-b -c -d -e -g -t -w --beep --color --differences --errexit --chgexit --no-title --no-wrap",
            "-n --interval",
        )
    ),
    "watchexec": _repeats(
        flags("-r -c -q --restart --clear --quiet --postpone", "-e --exts -w --watch -i --ignore -f --filter")
    ),
    "hyperfine": _hyperfine,
    "entr": _entr,
    "valgrind": _valgrind,
}
