"""Programs that run another program: a registry of one function per wrapper.

A function adds the wrapper's own effects and returns what it runs: words, or shell text to be read again.
INVARIANT: a flag that a wrapper's function does not know makes the command opaque.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.core.classify.paths import Place
from app.core.classify.shell.act import Act
from app.core.classify.shell.builtins import SHELL_OPTIONS
from app.core.classify.shell.find import find
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.state import ENVIRONMENT, Arg, State, begin
from app.core.classify.shell.variables import is_harmless
from app.core.model import EffectKind

Wrapper = Callable[[Act], tuple[Inner, ...]]

_LONGEST_PART: Final = 80
# Start-up files that `-l` and `-i` read are the user's own.
_SHELL_LETTERS = frozenset("celiuxo")
_SHELL_LONG = frozenset(("--", "--norc", "--noprofile"))


class _Flags(Struct, frozen=True):
    """A simple wrapper's flags: alone, with a value, and how many operands stand before the command."""

    alone: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    operands: int = 0


def _flags(alone: str = "", valued: str = "", operands: int = 0) -> _Flags:
    return _Flags(frozenset(alone.split()), frozenset(valued.split()), operands)


def _after_flags(act: Act, known: _Flags) -> tuple[Arg, ...]:
    """The command's words behind the wrapper's own; a flag that is not known is opaque and passed over."""
    args = act.args[1:]
    at = 0
    while at < len(args) and args[at].text[:1] == "-" and args[at].text != "-":
        text = args[at].text
        at += 1
        if text == "--":
            break
        if text in known.valued:
            if at < len(args) and args[at].why:
                act.opaque(args[at].why)
            at += 1
        elif text not in known.alone and not _attached(text, known):
            act.opaque(f"{act.name} {text[:_LONGEST_PART]}: flag not known")
            # It may take the next word as its value: whatever is there, is looked at.
            act.access(args[at:])
    for arg in args[at : at + known.operands]:
        if arg.why:
            act.opaque(arg.why)
    return args[at + known.operands :]


def _attached(text: str, known: _Flags) -> bool:
    if text[:2] == "--":
        return text.partition("=")[0] in known.valued and "=" in text
    return text[:2] in known.valued or all(f"-{letter}" in known.alone for letter in text[1:])


def _inner(act: Act, args: tuple[Arg, ...], *, moves: bool = False) -> tuple[Inner, ...]:
    if not args:
        return ()
    act.wraps()
    # INVARIANT: a wrapper runs the program, not a function of the same name.
    return (Inner(args=args, state=replace(act.state, functions={}), moves=moves),)


def _simple(known: _Flags, kind: EffectKind | None = None, resource: str = "", *, moves: bool = False) -> Wrapper:
    def wrapper(act: Act) -> tuple[Inner, ...]:
        if kind is not None:
            act.add(kind, resource)
        args = _after_flags(act, known)
        if not args:
            act.opaque(f"{act.name}: runs what the line does not tell")
        return _inner(act, args, moves=moves)

    return wrapper


def _sudo(act: Act) -> tuple[Inner, ...]:
    act.add(EffectKind.PRIVILEGE, "root")
    args = _after_flags(act, _flags("-n -S -k -K -H -b -A", "-u -g -p -C -h --user --group"))
    while args and "=" in args[0].text:
        _assigned(act, args[0])
        args = args[1:]
    if not args:
        act.opaque("sudo: runs what the line does not tell")
    return _inner(act, args)


def _assigned(act: Act, arg: Arg) -> None:
    name = arg.text.partition("=")[0]
    if arg.why and not (arg.free and arg.one):
        act.opaque(arg.why)
    if not is_harmless(name):
        act.opaque(f"{name[:_LONGEST_PART]}: a variable that programs may obey", f"{name[:_LONGEST_PART]}=")


def _env(act: Act) -> tuple[Inner, ...]:
    args = _after_flags(act, _flags("-i -0 -v --ignore-environment --null -", "-u --unset"))
    if args and args[0].text == "-":
        args = args[1:]
    while args and "=" in args[0].text:
        _assigned(act, args[0])
        args = args[1:]
    if not args:
        # Printing the environment shows what is kept in it, credentials too.
        act.path(EffectKind.READ, ENVIRONMENT)
    return _inner(act, args)


def _command(act: Act) -> tuple[Inner, ...]:
    if len(act.args) > 1 and act.args[1].text in ("-v", "-V"):
        return ()
    return _inner(act, _after_flags(act, _flags("-p")), moves=True)


def _exec(act: Act) -> tuple[Inner, ...]:
    return _inner(act, _after_flags(act, _flags("-c -l", "-a")))


def _shell(act: Act) -> tuple[Inner, ...]:
    """`bash -c TEXT`, `bash -lc TEXT`, `bash SCRIPT`."""
    args = act.args[1:]
    at = 0
    text = False
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
    # The inner shell gets the environment, not our variables, functions or arguments.
    inner = State(act.state.directories, begin(Place("", act.state.home)).variables, {}, args[at + 2 :])
    return (_text(act, args[at], inner),)


def _script(act: Act, script: Arg, rest: tuple[Arg, ...]) -> tuple[Inner, ...]:
    if script.why or script.text.startswith(("/dev/", "/proc/")):
        act.opaque(script.why or f"{act.name} {script.text}: code that is not in a file")
    else:
        # Its text may also come out again, in messages.
        act.path(EffectKind.READ, script)
        act.path(EffectKind.EXECUTE, script)
    act.access(rest)
    return ()


def _text(act: Act, arg: Arg, state: State) -> Inner:
    if arg.why:
        act.opaque(arg.why)
        act.access((arg,))
        return Inner(state=state)
    return Inner(text=arg.text, state=state)


def _eval(act: Act) -> tuple[Inner, ...]:
    words = act.args[1:]
    unknown = next((arg for arg in words if arg.why), None)
    act.wraps()
    if unknown is not None:
        act.opaque(unknown.why)
        act.access(words)
        return ()
    return (Inner(text=" ".join(arg.text for arg in words), state=act.state, moves=True),)


def _source(act: Act) -> tuple[Inner, ...]:
    if len(act.args) < 2:
        act.opaque(f"{act.name}: runs what the line does not tell")
        return ()
    found = _script(act, act.args[1], act.args[2:])
    act.opaque(f"{act.name} {act.args[1].text[:_LONGEST_PART]}: changes the shell in unknown ways")
    return found


def _xargs(act: Act) -> tuple[Inner, ...]:
    args = _after_flags(act, _flags("-0 -r -t -x --null --no-run-if-empty", "-n -P -L -d -I -s --max-args --max-procs"))
    replaces = any(arg.text[:2] == "-I" for arg in act.args)
    extra = Arg("…", "words from standard input: not known", free=True, one=False)
    command = args or (Arg("echo"),)
    if replaces:
        # Any word may hold the mark that is replaced, the program's name too.
        act.opaque(extra.why)
        command = (command[0], *(Arg(arg.text, extra.why) for arg in command[1:]))
    return _inner(act, (*command, extra))


WRAPPERS: dict[str, Wrapper] = {
    "sudo": _sudo,
    "doas": _simple(_flags("-n -L", "-u"), EffectKind.PRIVILEGE, "root"),
    "env": _env,
    "nice": _simple(_flags("-0 -5 -10 -15 -19", "-n --adjustment")),
    "nohup": _simple(_flags()),
    "timeout": _simple(_flags("-v --preserve-status --foreground --verbose", "-k -s --kill-after --signal", 1)),
    "stdbuf": _simple(_flags("", "-i -o -e --input --output --error")),
    "setsid": _simple(_flags("-w -f -c --wait --fork")),
    "ionice": _simple(_flags("-t", "-c -n --class --classdata")),
    "time": _simple(_flags("-p -v"), moves=True),
    "builtin": _simple(_flags(), moves=True),
    "command": _command,
    "exec": _exec,
    **dict.fromkeys(("bash", "sh", "zsh", "dash", "ksh"), _shell),
    "eval": _eval,
    **dict.fromkeys(("source", "."), _source),
    "xargs": _xargs,
    "find": find,
}
