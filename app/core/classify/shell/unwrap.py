"""Programs that run another program: a registry of one function per wrapper.

A function adds the wrapper's own effects and returns what it runs: words, or shell text to be read again.
INVARIANT: a flag that a wrapper's function does not know makes the command opaque.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.act import Act
from app.core.classify.shell.again import AGAIN, begun
from app.core.classify.shell.builtins import SHELL_OPTIONS
from app.core.classify.shell.fd import fd
from app.core.classify.shell.find import find
from app.core.classify.shell.flags import Flags, after_flags, flags, inner
from app.core.classify.shell.inner import Inner, Wrapper
from app.core.classify.shell.launchers import LAUNCHERS
from app.core.classify.shell.run_roles import script as run_script
from app.core.classify.shell.runners import RUNNERS
from app.core.classify.shell.several import SEVERAL
from app.core.classify.shell.state import ENVIRONMENT, Arg, State
from app.core.classify.shell.variables import is_harmless
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
# Start-up files that `-l` and `-i` read are the user's own.
_SHELL_LETTERS = frozenset("celiuxo")
# A loop of which nobody knows where it ends, unless it goes through what it reads.
_ENDLESS = re.compile(r"\b(?:while|until)\s(?!\s*(?:IFS=\S*\s+)?read\b)|\bfor\s*\(\(|^(?:watch|yes)$")
_NOT_BARE = frozenset(("-r", "--no-run-if-empty"))
# Puts the project's own Python first.
_ACTIVATE = frozenset((".venv/bin/activate", "venv/bin/activate", "./.venv/bin/activate", "./venv/bin/activate"))
_SHELL_LONG = frozenset(("--", "--norc", "--noprofile"))


def _detached(known: Flags) -> Wrapper:
    """What goes on when nobody looks any more: for ever, or as no child of this shell."""
    plain = _simple(known)

    def wrapper(act: Act) -> tuple[Inner, ...]:
        forks = [arg.text for arg in act.args[1:2]] in (["-f"], ["--fork"])
        if forks or any(_ENDLESS.search(arg.text) for arg in act.args):
            act.add(EffectKind.PERSIST, "a process that outlives the session")
        return plain(act)

    return wrapper


def _simple(known: Flags, kind: EffectKind | None = None, resource: str = "", *, moves: bool = False) -> Wrapper:
    def wrapper(act: Act) -> tuple[Inner, ...]:
        if kind is not None:
            act.add(kind, resource)
        args = after_flags(act, known)
        if not args:
            act.opaque(f"{act.name}: runs what the line does not tell")
        return inner(act, args, moves=moves)

    return wrapper


def _sudo(act: Act) -> tuple[Inner, ...]:
    act.add(EffectKind.PRIVILEGE, "root")
    args = after_flags(act, flags("-n -S -k -K -H -b -A", "-u -g -p -C -h --user --group"))
    while args and "=" in args[0].text:
        _assigned(act, args[0])
        args = args[1:]
    if not args:
        act.opaque("sudo: runs what the line does not tell")
    return inner(act, args)


def _assigned(act: Act, arg: Arg) -> None:
    name, _, value = arg.text.partition("=")
    if arg.why and not (arg.free and arg.one):
        act.opaque(arg.why)
    if not is_harmless(name, "\0" if arg.why else value):
        act.opaque(f"{name[:_LONGEST_PART]}: a variable that programs may obey", f"{name[:_LONGEST_PART]}=")


def _env(act: Act) -> tuple[Inner, ...]:
    args = after_flags(act, flags("-i -0 -v --ignore-environment --null -", "-u --unset"))
    if args and args[0].text == "-":
        args = args[1:]
    while args and "=" in args[0].text:
        _assigned(act, args[0])
        args = args[1:]
    if not args:
        # Printing the environment shows what is kept in it, credentials too.
        act.path(EffectKind.READ, ENVIRONMENT)
    return inner(act, args)


def _command(act: Act) -> tuple[Inner, ...]:
    if len(act.args) > 1 and act.args[1].text in ("-v", "-V"):
        return ()
    return inner(act, after_flags(act, flags("-p")), moves=True)


def _exec(act: Act) -> tuple[Inner, ...]:
    return inner(act, after_flags(act, flags("-c -l", "-a")))


def _shell(act: Act) -> tuple[Inner, ...]:
    """`bash -c TEXT`, `bash -lc TEXT`, `bash SCRIPT`."""
    args = act.args[1:]
    at = 0
    text = False
    if args and args[0].text == "-n" and not any(arg.text[:1] in ("-", "+") for arg in args[1:]):
        # It only looks whether it can be read; not if it is told to be interactive, too.
        for script in args[1:]:
            act.path(EffectKind.READ, script)
        return ()
    while at < len(args) and args[at].text[:1] in ("-", "+") and len(args[at].text) > 1:
        flag = args[at]
        at += 1
        if flag.text in _SHELL_LONG:
            continue
        if flag.why or set(flag.text[1:]) - _SHELL_LETTERS:
            act.opaque(f"{act.name} {flag.text[:_LONGEST_PART]}: flag not known")
            act.access(args[at:])
        # `o` takes the next word; the other letters change nothing that is judged here.
        if "o" in flag.text:
            if at == len(args) or args[at].text not in SHELL_OPTIONS:
                act.opaque(f"{act.name} {flag.text[:_LONGEST_PART]}: option not known")
            at += 1
        text = text or (flag.text[0] == "-" and "c" in flag.text)
    if at >= len(args):
        act.opaque(f"{act.name}: runs what it reads")
        return ()
    if not text:
        return _script(act, args[at], args[at + 1 :])
    act.wraps()
    return (_text(act, args[at], begun(act.state, args[at + 2 :])),)


def _script(act: Act, script: Arg, rest: tuple[Arg, ...]) -> tuple[Inner, ...]:
    run_script(act, script, "")
    act.access(rest)
    return ()


def _text(act: Act, arg: Arg, state: State) -> Inner:
    if arg.why:
        act.opaque(arg.why)
        act.access((arg,))
        return _guess(arg.text, state)
    return Inner(text=arg.text, state=state)


def _guess(text: str, state: State) -> Inner:
    """Text of which not all is known, or not when it is run; its source still has its quotes."""
    return Inner(text=text.strip("\"'"), state=state, guessed=True)


def _eval(act: Act) -> tuple[Inner, ...]:
    text = _joined(act.args[1:])
    act.wraps()
    return (replace(_text(act, text, act.state), moves=not text.why),)


def _source(act: Act) -> tuple[Inner, ...]:
    if len(act.args) < 2:
        act.opaque(f"{act.name}: runs what the line does not tell")
        return ()
    if len(act.args) == 2 and act.args[1].text in _ACTIVATE:
        act.path(EffectKind.RUN, act.args[1])
        return ()
    found = _script(act, act.args[1], act.args[2:])
    act.opaque(f"{act.name} {act.args[1].text[:_LONGEST_PART]}: changes the shell in unknown ways")
    return found


def _trap(act: Act) -> tuple[Inner, ...]:
    """Text that is run when a signal comes or the shell ends, wherever it is then; alone it prints."""
    if " ".join([arg.text for arg in act.args[1:]]) in ("", "-l", "-p"):
        return ()
    act.opaque("trap: runs what it is told, later")
    texts = [arg.text for arg in act.args[1:] if arg.text[:1] != "-"][:1]
    return tuple([_guess(text, act.state) for text in texts])


def _alias(act: Act) -> tuple[Inner, ...]:
    """`name=TEXT`: what the name stands for from the next line on, in some shells; names alone are told."""
    if all(arg.text == "-p" or (arg.text.isidentifier() and not arg.why) for arg in act.args[1:]):
        return ()
    act.opaque("alias: changes what later names mean")
    texts = [arg.text.partition("=")[2] for arg in act.args[1:]]
    return tuple([_guess(text, act.state) for text in texts])


def _joined(args: tuple[Arg, ...]) -> Arg:
    unknown = next((arg.why for arg in args if arg.why), "")
    return Arg(" ".join([arg.text for arg in args]), unknown)


def _xargs(act: Act) -> tuple[Inner, ...]:
    args = after_flags(act, flags("-0 -r -t -x --null --no-run-if-empty", "-n -P -L -d -I -s --max-args --max-procs"))
    own = act.args[: len(act.args) - len(args)]
    replaces = any(arg.text[:2] == "-I" for arg in own)
    # With no name to hand over, it runs the command all the same, unless it is told not to.
    bare = () if replaces or any(arg.text in _NOT_BARE for arg in own) else inner(act, args)
    command = args or (Arg("echo"),)
    if act.state.listed:
        # INVARIANT: each name stands for all that lies where the names come from.
        if not replaces:
            return (*bare, *inner(act, (*command, *act.state.listed)))
        mark = _mark(own)
        if not any(mark in arg.text and arg.text != mark for arg in command):
            names = [act.state.listed if arg.text == mark else (arg,) for arg in command]
            return inner(act, tuple([each for some in names for each in some]))
    extra = Arg("…", "words from standard input: not known", free=True, one=False)
    if replaces:
        # Any word may hold the mark that is replaced, the program's name too.
        act.opaque(extra.why)
        command = (command[0], *(Arg(arg.text, extra.why) for arg in command[1:]))
    return (*bare, *inner(act, (*command, extra)))


def _mark(args: tuple[Arg, ...]) -> str:
    """The mark that `xargs -I MARK` replaces."""
    at = next(at for at, arg in enumerate(args) if arg.text[:2] == "-I")
    return args[at].text[2:] or args[min(at + 1, len(args) - 1)].text


WRAPPERS: dict[str, Wrapper] = {
    **LAUNCHERS,
    **RUNNERS,
    **AGAIN,
    **SEVERAL,
    "sudo": _sudo,
    "doas": _simple(flags("-n -L", "-u"), EffectKind.PRIVILEGE, "root"),
    **dict.fromkeys(("env", "cross-env"), _env),
    "nice": _simple(flags("-0 -5 -10 -15 -19", "-n --adjustment")),
    "nohup": _detached(flags()),
    "timeout": _simple(flags("-v --preserve-status --foreground --verbose", "-k -s --kill-after --signal", 1)),
    "stdbuf": _simple(flags("", "-i -o -e --input --output --error")),
    "setsid": _detached(flags("-w -f -c --wait --fork")),
    "ionice": _simple(flags("-t", "-c -n --class --classdata")),
    "unbuffer": _simple(flags("-p")),
    "fakeroot": _simple(flags()),
    "caffeinate": _simple(flags("-d -i -m -s -u", "-t -w")),
    "taskset": _simple(flags("-c -a", "", 1)),
    "chrt": _simple(flags("-b -f -i -o -r -v", "", 1)),
    "trap": _trap,
    "alias": _alias,
    "time": _simple(flags("-p -v"), moves=True),
    "builtin": _simple(flags(), moves=True),
    "command": _command,
    "exec": _exec,
    **dict.fromkeys(("bash", "sh", "zsh", "dash", "ksh"), _shell),
    "eval": _eval,
    **dict.fromkeys(("source", "."), _source),
    "xargs": _xargs,
    "find": find,
    **dict.fromkeys(("fd", "fdfind"), fd),
}
