"""What a word means to a program: a registry of roles, named by the data in `programs/*.yaml`.

Each role turns one word into effects. `added_by` is the flag that brings the word, or "" for an operand.
"""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.paths import Place, normalise
from app.core.classify.shell.act import Act, entered
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

Role = Callable[[Act, Arg, str], None]

# Settings of git that neither run anything nor name a file.
_GIT_HARMLESS = ("color.", "core.quotepath", "core.abbrev", "advice.", "log.date", "user.name", "user.email")
_JQ_DANGER = re.compile(r"env\b|ENV|import|include|module|search")
_LONGEST_PART: Final = 80


def _known(act: Act, arg: Arg, added_by: str) -> bool:
    if arg.why:
        act.opaque(arg.why, added_by)
    return not arg.why


def _text(act: Act, arg: Arg, added_by: str) -> None:
    # An unknown value that tells no secret is harmless where only text is wanted.
    if arg.why and not (arg.free and arg.one):
        act.opaque(arg.why, added_by)
    elif arg.glob and "/" in arg.text:
        # The shell lists a directory for it.
        act.path(EffectKind.READ, arg, added_by)


def _on_path(*kinds: EffectKind) -> Role:
    def role(act: Act, arg: Arg, added_by: str) -> None:
        if arg.text == "-":
            return  # standard input or output
        for kind in kinds:
            act.path(kind, arg, added_by, deep=act.deep)

    return role


def _git_range(act: Act, arg: Arg, added_by: str) -> None:
    """`1,9:path`, `:function:path`: lines of one file."""
    if _known(act, arg, added_by):
        act.path(EffectKind.READ, Arg(arg.text.rpartition(":")[2]), added_by)


def _url(act: Act, arg: Arg, added_by: str) -> None:
    if not _known(act, arg, added_by):
        return
    if arg.text[:5].lower() == "file:":
        act.add(EffectKind.READ, normalise(arg.text, Place()), added_by)
    elif arg.text[:1] == "@":
        act.opaque(f"{arg.text[:_LONGEST_PART]}: addresses from a file", added_by)
        _data(act, arg, added_by)
    elif any(mark in arg.text for mark in "{}[]"):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: several addresses", added_by)
    act.add(EffectKind.NETWORK, arg.text, added_by)


def _data(act: Act, arg: Arg, added_by: str) -> None:
    """Text to send, or `@file`."""
    if _known(act, arg, added_by) and arg.text[:1] == "@":
        _on_path(EffectKind.READ)(act, Arg(arg.text[1:]), added_by)


def _form(act: Act, arg: Arg, added_by: str) -> None:
    """`name=text`, `name=@file`, `name=<file`, `name@file`."""
    if not _known(act, arg, added_by):
        return
    _, mark, value = arg.text.partition("=")
    if not mark:
        _, mark, value = arg.text.partition("@")
        value = "@" + value if mark else ""
    if value[:1] in ("@", "<"):
        for file in value[1:].partition(";")[0].split(","):
            _on_path(EffectKind.READ)(act, Arg(file), added_by)


def _execute(act: Act, arg: Arg, added_by: str) -> None:
    """A script: what is in the file, nobody has judged."""
    if not _known(act, arg, added_by):
        return
    if arg.text == "-" or arg.text.startswith(("/dev/", "/proc/")):
        act.opaque(f"{act.name} {arg.text}: code that is not in a file", added_by)
    else:
        # Its text may also come out again, in messages.
        act.path(EffectKind.READ, arg, added_by)
        act.path(EffectKind.EXECUTE, arg, added_by)


def _module(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by):
        act.add(EffectKind.EXECUTE, f"{act.name} {added_by} {arg.text}", added_by)


def _target(act: Act, arg: Arg, added_by: str) -> None:
    """What a runner of the project's own code is told to run."""
    if _known(act, arg, added_by):
        act.add(EffectKind.EXECUTE, f"{act.name} {arg.text}", added_by)


def _code(act: Act, arg: Arg, added_by: str) -> None:
    act.opaque(f"{act.name} {added_by}: code that is not read", added_by)
    act.access((Arg(arg.text, arg.why or "code"),))


def _cd(act: Act, arg: Arg, added_by: str) -> None:
    """A directory in which the rest of the command works."""
    _known(act, arg, added_by)
    act.state = act.state.moved(entered(act.state, arg))


def _remote(act: Act, arg: Arg, added_by: str) -> None:
    """`host:path` over the network, or a path here."""
    if not _known(act, arg, added_by):
        return
    host, colon, _path = arg.text.partition(":")
    if colon and "/" not in host:
        act.add(EffectKind.NETWORK, f"ssh:{host}", added_by)
    else:
        act.path(EffectKind.ACCESS, arg, added_by, deep=True)


def _host(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by):
        act.add(EffectKind.NETWORK, f"{act.name}:{arg.text}", added_by)


def _git_remote(act: Act, arg: Arg, added_by: str) -> None:
    if not _known(act, arg, added_by):
        return
    if "::" in arg.text:
        # `ext::sh -c …` is a transport that runs a program.
        act.opaque(f"{arg.text[:_LONGEST_PART]}: a transport that runs a program", added_by)
    if arg.text[:1] in ("/", ".", "~") or arg.text[:5] == "file:":
        act.path(EffectKind.ACCESS, Arg(arg.text.removeprefix("file://")), added_by, deep=True)
    act.add(EffectKind.NETWORK, f"git:{arg.text}", added_by)


def _git_setting(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by) and not arg.text.lower().startswith(_GIT_HARMLESS):
        act.opaque(f"git {added_by} {arg.text[:_LONGEST_PART]}: a setting that may run programs", added_by)


def _process(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by):
        act.add(EffectKind.CONFIGURE, f"process:{arg.text}", added_by)


def _package(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by):
        act.add(EffectKind.EXECUTE, f"package:{arg.text}", added_by)


def _setting(act: Act, arg: Arg, added_by: str) -> None:
    """`key=value` operands of dd."""
    if not _known(act, arg, added_by):
        return
    key, equals, value = arg.text.partition("=")
    if equals and key == "if":
        act.path(EffectKind.READ, Arg(value), added_by)
    elif equals and key == "of":
        act.path(EffectKind.WRITE, Arg(value), added_by)
    elif not equals or key not in ("bs", "count", "skip", "seek", "ibs", "obs", "status", "conv", "iflag", "oflag"):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: operand not known", added_by)


def _git_path(act: Act, arg: Arg, added_by: str) -> None:
    """A revision, a path, or `revision:path`. Outside of its repository `git diff` reads any file."""
    if not _known(act, arg, added_by):
        return
    _revision, colon, inside = arg.text.partition(":")
    if colon and inside:
        act.path(EffectKind.READ, Arg(inside), added_by)
    elif arg.text[:1] in ("/", "~", ".") or ("." in arg.text and (".." not in arg.text or "../" in arg.text)):
        act.path(EffectKind.READ, Arg(arg.text), added_by)


def _format(act: Act, arg: Arg, added_by: str) -> None:
    """What curl writes out: it may read its text from a file, and write what it prints to one."""
    if "%output" in arg.text:
        act.opaque(f"{arg.text[:_LONGEST_PART]}: writes a file", added_by)
    _data(act, arg, added_by)


def _jq(act: Act, arg: Arg, added_by: str) -> None:
    """A jq program can show the environment and read modules."""
    if _known(act, arg, added_by) and _JQ_DANGER.search(arg.text):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: a jq program that may do more than select", added_by)


def _cookie(act: Act, arg: Arg, added_by: str) -> None:
    """`name=value`, or a file."""
    if _known(act, arg, added_by) and "=" not in arg.text:
        act.path(EffectKind.READ, arg, added_by)


def _date(act: Act, arg: Arg, added_by: str) -> None:
    """`+%F` prints; anything else sets the clock."""
    if _known(act, arg, added_by) and arg.text[:1] != "+":
        act.add(EffectKind.CONFIGURE, "clock", added_by)


def _ps(act: Act, arg: Arg, added_by: str) -> None:
    """BSD letters; `e` shows the environments of other processes."""
    if _known(act, arg, added_by) and (set(arg.text) - set("aufwxlvj") and not arg.text.isdecimal()):
        act.opaque(f"ps {arg.text[:_LONGEST_PART]}: not known", added_by)


ROLES: dict[str, Role] = {
    "text": _text,
    "read": _on_path(EffectKind.READ),
    "write": _on_path(EffectKind.WRITE),
    "delete": _on_path(EffectKind.DELETE),
    "access": _on_path(EffectKind.ACCESS),
    "edit": _on_path(EffectKind.READ, EffectKind.WRITE),
    "move": _on_path(EffectKind.READ, EffectKind.DELETE),
    "url": _url,
    "data": _data,
    "form": _form,
    "execute": _execute,
    "module": _module,
    "target": _target,
    "code": _code,
    "cd": _cd,
    "remote": _remote,
    "host": _host,
    "git-remote": _git_remote,
    "git-setting": _git_setting,
    "process": _process,
    "package": _package,
    "setting": _setting,
    "git-path": _git_path,
    "git-range": _git_range,
    "cookie": _cookie,
    "format": _format,
    "jq": _jq,
    "date": _date,
    "ps": _ps,
}
