"""What a word means to a program: a registry of roles, named by the data in `programs/*.yaml`.

Each role turns one word into effects. `added_by` is the flag that brings the word, or "" for an operand.
"""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act, entered
from app.core.classify.shell.code_roles import CODE_ROLES
from app.core.classify.shell.compiler_roles import COMPILER_ROLES
from app.core.classify.shell.expand import BEGUN
from app.core.classify.shell.git_roles import GIT_ROLES
from app.core.classify.shell.host_roles import HOST_ROLES
from app.core.classify.shell.inspected import INSPECTED
from app.core.classify.shell.media_roles import MEDIA_ROLES
from app.core.classify.shell.names import met
from app.core.classify.shell.query_roles import QUERY_ROLES
from app.core.classify.shell.run_roles import RUN_ROLES
from app.core.classify.shell.sql import SQL_ROLES
from app.core.classify.shell.state import ENVIRONMENT, Arg
from app.core.classify.shell.variables import PUBLIC
from app.core.classify.tools import alternatives
from app.core.model import EffectKind
from app.core.policy.wildcard import is_wild

_FOLDER = re.compile(r"(?:\.{1,2}(?:/|$)|/)?(?:[\w-]+/)*(?:[\w-]+)?/?", re.ASCII)
Role = Callable[[Act, Arg, str], None]

# The name of a field, and a text in which nothing is computed.
_JQ_FIELD = re.compile(r"(?<!\.)\.[A-Za-z_][A-Za-z0-9_]*")
_JQ_TEXT = re.compile(r"\"[^\"]*\"")
# Comments, texts of several lines and what stands behind a backslash hide where a text begins and ends.
_JQ_PUZZLES = frozenset("#\n\\")
_JQ_DANGER = re.compile(r"env\b|envsubst|ENV|import|include|module|search|input_filename|debug|load|eval|system|exec")
# What is left of a document by one of these is nothing, or a value of the line's own.
_YQ_LOSES = re.compile(r"\s*(?:del\(\s*\.(?:\[\])?\s*\)|empty|null|\[\]|\{\}|\"[^\"]*\"|\.\s*\|?=.*)\s*", re.DOTALL)
# By its ending a file, and no folder.
_FILE = re.compile(r"(?:.*/)?[^/*?]+\.[A-Za-z]\w*")
# No bits that lend the owner's rights, nothing that takes the owner's own away, nothing for the whole world to write.
_MODE = re.compile(r"[ugoa]{0,4}[+=-][rwxX]{1,4}|0?[67][04567][045]")
_REVISION = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_@./~^{}-]*")
# An expression that opens no further file.
_XPATH = re.compile(r"(?!.*(?:document|unparsed|evaluate)).*", re.DOTALL)
# A name that is no path, no address and no setting.
_PLAIN = re.compile(r"[A-Za-z0-9@_+%][A-Za-z0-9@_+%,-]*(?:\.(?!(?:lua|json)$)[A-Za-z0-9@_+%,-]+)*")
# Packages by name and version; Apple's own settings.
_PACKAGE_VERSION = re.compile(r"[a-z0-9][\w.-]*/[\w.*-]+(?::[\w.^~<>=|,* @-]*)?", re.ASCII)
_PACKAGE = re.compile(r"(?:@[\w.-]+/)?[\w.-]+(?:@[\w.^~<>=*-]*)?", re.ASCII)
# Settings of pytest that load nothing and write nowhere.
_INI = re.compile(
    r"addopts=|(?:log_cli|log_cli_level|log_level|xfail_strict|console_output_style|asyncio_mode|junit_family|timeout"
    r"|faulthandler_timeout)=\w+",
    re.ASCII,
)
# Plugins of pytest and pylint that are known, or left out: any other name may be that of a file here.
_PLUGIN = (
    r"(?:no:[\w.-]+|xdist|randomly|pytest_(?:asyncio|benchmark|cov|django|httpx|mock|randomly|timeout|xdist)"
    r"|pylint_(?:celery|django|flask|pydantic|pytest)|pylint\.extensions\.\w+)"
)
_PLUGINS = re.compile(rf"{_PLUGIN}(?:,{_PLUGIN})*", re.ASCII)
# Which Python is meant; by any other name it would be looked for, and run.
_PYTHON_VERSION = re.compile(
    r"\.?venv(?:/bin/python[0-9.]*)?|(?:(?:c?python|pypy|graalpy)[-@]?)?(?:(?:[<>=~!]=?|,)*[0-9]+(?:\.[0-9]+)*t?)*",
    re.ASCII,
)
_APPLE = re.compile(r"com\.apple\.[A-Za-z0-9.-]+|NSGlobalDomain|-g")
# No `@file` or `file://…`, in whose place a program takes what stands there, no address and no flag.
_VALUE = re.compile(r"(?![@-])(?!.*(?:://|@=)).*", re.DOTALL)
_LONGEST_PART: Final = 80
_POSITION = re.compile(r"\+(G|F|[0-9]+|/[\w ]+)")
_PIPE = re.compile(r"/dev/(?:stdin|fd/)|/proc/self/fd/")
# The tools in these files of the data read more of their words from a file named `@file`.
_READS_AT = frozenset(("archives", "build", "python", "javascript", "lint"))


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


def _tfvars(act: Act, arg: Arg, added_by: str) -> None:
    """What Terraform builds with: it does not show it. Of any other file it would show the line that it cannot read."""
    if arg.why or not arg.text.endswith((".tfvars", ".tfvars.json")) or ".." in arg.text or arg.text[:1] in ("/", "~"):
        ROLES["read"](act, arg, added_by)


def _folder(act: Act, arg: Arg, added_by: str) -> None:
    """A folder that is read; one whose name begins like that of a machine would be fetched."""
    if arg.why or not _FOLDER.fullmatch(arg.text):
        act.opaque(arg.why or f"{act.name} {arg.text}: may lie on another machine", added_by)
    act.path(EffectKind.READ, arg, added_by, deep=act.deep)


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
    _known(act, arg, added_by)
    act.leads_back(arg.text, added_by)
    act.state = act.state.moved(entered(act.state, arg))


def _only(act: Act, arg: Arg, added_by: str) -> None:
    """A glob over the names of the files that are opened below an operand; `!glob` leaves some out."""
    found = alternatives(arg.text) if _known(act, arg, added_by) else None
    if found is None:
        act.opaque(f"{added_by} {arg.text[:_LONGEST_PART]}: not read", added_by)
    elif arg.text[:1] != "!":
        act.only = (*act.only, *[f"/{name.lstrip('/')}" for one in found for name in met(one)])


def _left_out(act: Act, arg: Arg, added_by: str) -> None:
    """What grep leaves out. Where it is told so first, `--include` after it includes what is included anyway."""
    if _known(act, arg, added_by):
        act.only = act.only or ("",)


def _mode(act: Act, arg: Arg, added_by: str) -> None:
    """Permissions; those that lend rights, take them from the owner or hand files to everybody are their own effect."""
    if _known(act, arg, added_by) and (act.deep or not _MODE.fullmatch(arg.text)):
        act.add(EffectKind.CONFIGURE, f"permissions:{arg.text}", added_by)


def _setting(act: Act, arg: Arg, added_by: str) -> None:
    """`key=value` operands of dd."""
    if not _known(act, arg, added_by):
        return
    key, equals, value = arg.text.partition("=")
    if equals and key == "if":
        act.path(EffectKind.READ, Arg(value), added_by)
    elif equals and key == "of":
        act.path(EffectKind.WRITE, Arg(value), added_by)
        act.path(EffectKind.DELETE, Arg(value), added_by)
    elif not equals or key not in ("bs", "count", "skip", "seek", "ibs", "obs", "status", "conv", "iflag", "oflag"):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: operand not known", added_by)


def _jq(act: Act, arg: Arg, added_by: str) -> None:
    """A jq or yq program can show the environment and read files."""
    program = arg.text
    if _JQ_PUZZLES.isdisjoint(program):
        program = _JQ_TEXT.sub(".", program)
    # (What looks like a flag could be one, if the flag before it is no flag.)
    if act.name == "yq" and _YQ_LOSES.fullmatch(arg.text):
        # (In place, that is, where alone it makes sense.)
        act.opaque(f"{arg.text[:_LONGEST_PART]}: leaves nothing")
    if _known(act, arg, added_by) and (
        (added_by and program[:1] == "-") or _JQ_DANGER.search(_JQ_FIELD.sub(".", program))
    ):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: a program that may do more than select", added_by)


def is_expression(act: Act, arg: Arg) -> bool:
    """Whether a word is what yq is told, and no file: the first, or the one behind `eval`."""
    words = [word for word in act.args[1:] if word.text[:1] != "-"]
    at = 1 if words and words[0].text in ("e", "eval", "ea", "eval-all") else 0
    return any(arg is word for word in words[: at + 1])


def _yq(act: Act, arg: Arg, added_by: str) -> None:
    """What follows the program, or, where a mode is named first, the program."""
    (_jq if is_expression(act, arg) else _on_path(EffectKind.READ))(act, arg, added_by)


def _yq_first(act: Act, arg: Arg, added_by: str) -> None:
    if arg.text not in ("eval", "eval-all"):
        _jq(act, arg, added_by)


def _matching(shape: re.Pattern[str]) -> Role:
    """Text of one shape: what it may mean besides is not known."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if _known(act, arg, added_by) and not shape.fullmatch(arg.text):
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be more than a name", added_by)
            # A star between quotes is the program's to read, and no pattern of files.
            if arg.glob or not is_wild(arg.text):
                act.access((arg,))

    return role


def _page(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a manual page; with a slash it is a file."""
    if _known(act, arg, added_by) and "/" in arg.text:
        act.path(EffectKind.READ, arg, added_by)


def _pager(act: Act, arg: Arg, added_by: str) -> None:
    """A file to be paged through; `+command` runs in the pager."""
    if arg.text[:1] == "+" and not _POSITION.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: a command for the pager", added_by)
    act.path(EffectKind.READ, arg, added_by)


def _unpack(act: Act, arg: Arg, added_by: str) -> None:
    """A directory that is filled."""
    act.path(EffectKind.WRITE, arg, added_by)
    _cd(act, arg, added_by)


def _process(act: Act, arg: Arg, added_by: str) -> None:
    """A process; `%1` and `$!` are some that this shell itself has begun."""
    if _known(act, arg, added_by) and arg.text not in ("%1", "%2", "%%", "%+", BEGUN):
        act.add(EffectKind.CONFIGURE, f"process:{arg.text}", added_by)


def _profile(act: Act, arg: Arg, added_by: str) -> None:
    """A program or what was measured of it; `host:port/path` would be fetched."""
    if _known(act, arg, added_by) and ":" in arg.text:
        act.add(EffectKind.NETWORK, arg.text, added_by)
    act.path(EffectKind.READ, arg, added_by)


def _table(act: Act, arg: Arg, added_by: str) -> None:
    """A table for Miller; `then` would begin what it does next."""
    if arg.text == "then":
        act.opaque(f"{act.name} then: not read")
    act.path(EffectKind.READ, arg, added_by)


def _variable(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a variable that is printed; without one all are."""
    if _known(act, arg, added_by) and arg.text not in PUBLIC:
        act.path(EffectKind.READ, ENVIRONMENT, added_by)


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
    "into": _into,
    "fill": _fill,
    "linked": _linked,
    "link": _link,
    "only": _only,
    "left-out": _left_out,
    "mode": _mode,
    "cd": _cd,
    "process": _process,
    "unpack": _unpack,
    "setting": _setting,
    "jq": _jq,
    "yq": _yq_first,
    "yq-program": _yq,
    "page": _page,
    "plain": _matching(_PLAIN),
    "xpath": _matching(_XPATH),
    "revision": _matching(_REVISION),
    "value": _matching(_VALUE),
    "package-name": _matching(_PACKAGE),
    "package-version": _matching(_PACKAGE_VERSION),
    "apple": _matching(_APPLE),
    "python-version": _matching(_PYTHON_VERSION),
    "ini": _matching(_INI),
    "plugins": _matching(_PLUGINS),
    "inspected": _matching(INSPECTED),
    "pager": _pager,
    "variable": _variable,
    "profile": _profile,
    "table": _table,
    "date": _date,
    "ps": _ps,
    **CODE_ROLES,
    **GIT_ROLES,
    **HOST_ROLES,
    **MEDIA_ROLES,
    **QUERY_ROLES,
    "folder": _folder,
    "tfvars": _tfvars,
    **RUN_ROLES,
    **COMPILER_ROLES,
    **SQL_ROLES,
}
