"""Roles of words that name a file or a folder: what a command reads, writes, brings there or works in."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role, entered
from app.core.classify.shell.names import met
from app.core.classify.shell.state import Arg
from app.core.classify.tools import alternatives
from app.core.model import EffectKind
from app.core.policy.wildcard import is_wild

# By its ending a file, and no folder.
_FILE = re.compile(r"(?:.*/)?[^/*?]+\.[A-Za-z]\w*")
# How what gzip and its like have packed is called.
_ENDING = re.compile(r"(?:\.(?:gz|bz2?|xz|lzma|zst|lz4|br|tgz|tbz2?|txz|tzst)|[.-_]?[zZ])$")
_POSITION = re.compile(r"\+(G|F|[0-9]+|/[\w ]+)")
_PIPE = re.compile(r"/dev/(?:stdin|fd/)|/proc/self/fd/")
# The tools in these files of the data read more of their words from a file named `@file`.
_READS_AT = frozenset(("archives", "build", "python", "javascript", "lint"))
_FOLDER = re.compile(r"(?:\.{1,2}(?:/|$)|/)?(?:[\w-]+/)*(?:[\w-]+)?/?", re.ASCII)
_LONGEST_PART: Final = 80


def _in_no_file(act: Act, arg: Arg, added_by: str, *, reads: bool) -> bool:
    """Whether a flag brings settings themselves, or a pipe out of which they come."""
    if added_by and arg.text[:1] in ("{", "["):
        return True
    return act.home in _READS_AT and (arg.text[:1] == "@" or (added_by != "" and reads and bool(_PIPE.match(arg.text))))


def _on_path(*kinds: EffectKind) -> Role:
    def role(act: Act, arg: Arg, added_by: str) -> None:
        if arg.text == "-":
            return  # standard input or output
        if added_by and arg.text[:1] == "-":
            # INVARIANT: `-o -c` is no flag `-c`, by which a program might be told what to do.
            act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: a file called like a flag", added_by)
        elif "://" in arg.text and not arg.why:
            # Where a file is wanted, many programs take an address, too.
            act.add(EffectKind.NETWORK, arg.text, added_by)
        elif _in_no_file(act, arg, added_by, reads=EffectKind.READ in kinds):
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)
        elif arg.text[:1] == "@" and arg.text != "@" and EffectKind.READ in kinds and not arg.why:
            # Some take it for the file that holds their further words.
            act.path(EffectKind.READ, Arg(arg.text[1:]), added_by)
        for kind in kinds:
            act.path(kind, arg, added_by, deep=act.deep)

    return role


def _fill(act: Act, arg: Arg, added_by: str) -> None:
    """A file that gets other contents: the same in every one, where it stands for all that were found."""
    _on_path(EffectKind.WRITE)(act, arg, added_by)
    if is_wild(arg.text):
        act.path(EffectKind.DELETE, arg, added_by)


def _into(act: Act, arg: Arg, added_by: str) -> None:
    """Where things are brought: a file, or a directory in which they keep their names."""
    act.path(EffectKind.WRITE, arg, added_by, deep=act.deep)
    if arg.text.startswith("/dev/"):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: what is brought there is lost", added_by)
    if is_wild(arg.text) and act.sources and not any(is_wild(source.text) for source in act.sources):
        # One file takes the place of each of them.
        act.path(EffectKind.DELETE, arg, added_by)
    for source in act.sources:
        if act.name == "mv" and is_wild(source.text) and _FILE.fullmatch(arg.text):
            # `for f in *.csv; do mv "$f" all.csv; done`: each takes the place of the one before it.
            act.path(EffectKind.DELETE, source, added_by)
        if source.text.startswith("/dev/"):
            # Nothing comes from there, so what stood here is gone.
            act.path(EffectKind.DELETE, arg, added_by)
        name = source.text.rstrip("/").rpartition("/")[2]
        if not source.why and not arg.why and name not in ("", ".", ".."):
            act.path(EffectKind.WRITE, Arg(f"{arg.text.rstrip('/')}/{name}"), added_by, deep=act.deep)


def _tape(kind: EffectKind) -> Role:
    """An archive; with a colon before any slash it lies on another machine, where tar starts a program."""
    role = _on_path(kind)

    def tape(act: Act, arg: Arg, added_by: str) -> None:
        host, colon, _ = arg.text.partition(":")
        if colon and "/" not in host:
            act.add(EffectKind.NETWORK, f"ssh:{host}", added_by)
        role(act, arg, added_by)

    return tape


def _packed(act: Act, arg: Arg, added_by: str) -> None:
    """What is packed, or unpacked to a file beside it that is called like it, but for the ending."""
    PATH_ROLES["edit"](act, arg, added_by)
    if not arg.why and (stem := _ENDING.sub(_unpacked, arg.text)) != arg.text:
        act.path(EffectKind.WRITE, Arg(stem, glob=arg.glob), added_by)


def _unpacked(ending: re.Match[str]) -> str:
    return ".tar" if ending[0] in (".tgz", ".tbz", ".tbz2", ".txz", ".tzst") else ""


def _unpack(act: Act, arg: Arg, added_by: str) -> None:
    """A directory that is filled."""
    act.path(EffectKind.WRITE, arg, added_by)
    _cd(act, arg, added_by)


def _folder(act: Act, arg: Arg, added_by: str) -> None:
    """A folder that is read; one whose name begins like that of a machine would be fetched."""
    if arg.why or not _FOLDER.fullmatch(arg.text):
        act.opaque(arg.why or f"{act.name} {arg.text}: may lie on another machine", added_by)
    act.path(EffectKind.READ, arg, added_by, deep=act.deep)


def _tfvars(act: Act, arg: Arg, added_by: str) -> None:
    """What Terraform builds with: it does not show it. Of any other file it would show the line that it cannot read."""
    if arg.why or not arg.text.endswith((".tfvars", ".tfvars.json")) or ".." in arg.text or arg.text[:1] in ("/", "~"):
        _on_path(EffectKind.READ)(act, arg, added_by)


def _linked(act: Act, arg: Arg, added_by: str) -> None:
    """What a symbolic link leads to: a relative one from where the link lies, which `link` knows."""
    if arg.why or arg.glob or arg.text[:1] in ("/", "~") or not act.sources:
        act.path(EffectKind.ACCESS, arg, added_by)


def _link(act: Act, arg: Arg, added_by: str) -> None:
    """The link, or the directory in which it is made."""
    if act.sources:
        _into(act, arg, added_by)
    elif not arg.why:
        # A lone one is what it leads to, and lies here under the same name.
        act.path(EffectKind.WRITE, Arg(arg.text.rstrip("/").rpartition("/")[2] or ".", glob=arg.glob), added_by)
    for source in act.sources:
        if source.why or arg.why or source.glob or source.text[:1] in ("/", "~"):
            continue
        for folder in (arg.text.rstrip("/").rpartition("/")[0] or ("/" if arg.text[:1] == "/" else "."), arg.text):
            act.path(EffectKind.ACCESS, Arg(f"{folder.rstrip('/')}/{source.text}"), added_by)
    act.record.linked = True


def _cd(act: Act, arg: Arg, added_by: str) -> None:
    """A directory in which the rest of the command works."""
    act.known(arg, added_by)
    act.leads_back(arg.text, added_by)
    act.state = act.state.moved(entered(act.state, arg))


def _only(act: Act, arg: Arg, added_by: str) -> None:
    """A glob over the names of the files that are opened below an operand; `!glob` leaves some out."""
    found = alternatives(arg.text) if act.known(arg, added_by) else None
    if found is None:
        act.opaque(f"{added_by} {arg.text[:_LONGEST_PART]}: not read", added_by)
    elif arg.text[:1] != "!":
        act.only = (*act.only, *[f"/{name.lstrip('/')}" for one in found for name in met(one)])


def _left_out(act: Act, arg: Arg, added_by: str) -> None:
    """What grep leaves out. Where it is told so first, `--include` after it includes what is included anyway."""
    if act.known(arg, added_by):
        act.only = act.only or ("",)


def _pager(act: Act, arg: Arg, added_by: str) -> None:
    """A file to be paged through; `+command` runs in the pager."""
    if arg.text[:1] == "+" and not _POSITION.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: a command for the pager", added_by)
    act.path(EffectKind.READ, arg, added_by)


def _profile(act: Act, arg: Arg, added_by: str) -> None:
    """A program or what was measured of it; `host:port/path` would be fetched."""
    if act.known(arg, added_by) and ":" in arg.text:
        act.add(EffectKind.NETWORK, arg.text, added_by)
    act.path(EffectKind.READ, arg, added_by)


def _table(act: Act, arg: Arg, added_by: str) -> None:
    """A table for Miller; `then` would begin what it does next."""
    if arg.text == "then":
        act.opaque(f"{act.name} then: not read")
    act.path(EffectKind.READ, arg, added_by)


PATH_ROLES: dict[str, Role] = {
    "read": _on_path(EffectKind.READ),
    "write": _on_path(EffectKind.WRITE),
    "delete": _on_path(EffectKind.DELETE),
    "access": _on_path(EffectKind.ACCESS),
    "edit": _on_path(EffectKind.READ, EffectKind.WRITE),
    "over": _on_path(EffectKind.WRITE, EffectKind.DELETE),
    "into": _into,
    "fill": _fill,
    "unpack": _unpack,
    "tape-read": _tape(EffectKind.READ),
    "tape-write": _tape(EffectKind.WRITE),
    "packed": _packed,
    "folder": _folder,
    "tfvars": _tfvars,
    "linked": _linked,
    "link": _link,
    "cd": _cd,
    "only": _only,
    "left-out": _left_out,
    "pager": _pager,
    "profile": _profile,
    "table": _table,
}
