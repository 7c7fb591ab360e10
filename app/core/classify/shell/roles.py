"""What a word means to a program: a registry of roles, named by the data in `programs/*.yaml`.

Each role turns one word into effects. `added_by` is the flag that brings the word, or "" for an operand.
"""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.code_roles import CODE_ROLES
from app.core.classify.shell.compiler_roles import COMPILER_ROLES
from app.core.classify.shell.expand import BEGUN
from app.core.classify.shell.git_roles import GIT_ROLES
from app.core.classify.shell.host_roles import HOST_ROLES
from app.core.classify.shell.jq_roles import JQ_ROLES
from app.core.classify.shell.media_roles import MEDIA_ROLES
from app.core.classify.shell.name_roles import NAME_ROLES
from app.core.classify.shell.path_roles import PATH_ROLES
from app.core.classify.shell.query_roles import QUERY_ROLES
from app.core.classify.shell.run_roles import RUN_ROLES
from app.core.classify.shell.sql import SQL_ROLES
from app.core.classify.shell.state import ENVIRONMENT, Arg
from app.core.classify.shell.variables import PUBLIC
from app.core.model import EffectKind

# No bits that lend the owner's rights, nothing that takes the owner's own away, nothing for the whole world to write.
_MODE = re.compile(r"[ugoa]{0,4}[+=-][rwxX]{1,4}|0?[67][04567][045]")
_LONGEST_PART: Final = 80


def _text(act: Act, arg: Arg, added_by: str) -> None:
    # An unknown value that tells no secret is harmless where only text is wanted.
    if arg.why and not (arg.free and arg.one):
        act.opaque(arg.why, added_by)
    elif arg.glob and "/" in arg.text:
        # The shell lists a directory for it.
        act.path(EffectKind.READ, arg, added_by)


def _mode(act: Act, arg: Arg, added_by: str) -> None:
    """Permissions; those that lend rights, take them from the owner or hand files to everybody are their own effect."""
    if act.known(arg, added_by) and (act.deep or not _MODE.fullmatch(arg.text)):
        act.add(EffectKind.CONFIGURE, f"permissions:{arg.text}", added_by)


def _setting(act: Act, arg: Arg, added_by: str) -> None:
    """`key=value` operands of dd."""
    if not act.known(arg, added_by):
        return
    key, equals, value = arg.text.partition("=")
    if equals and key == "if":
        act.path(EffectKind.READ, Arg(value), added_by)
    elif equals and key == "of":
        act.path(EffectKind.WRITE, Arg(value), added_by)
        act.path(EffectKind.DELETE, Arg(value), added_by)
    elif not equals or key not in ("bs", "count", "skip", "seek", "ibs", "obs", "status", "conv", "iflag", "oflag"):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: operand not known", added_by)


def _page(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a manual page; with a slash it is a file."""
    if act.known(arg, added_by) and "/" in arg.text:
        act.path(EffectKind.READ, arg, added_by)


def _process(act: Act, arg: Arg, added_by: str) -> None:
    """A process; `%1` and `$!` are some that this shell itself has begun."""
    if act.known(arg, added_by) and arg.text not in ("%1", "%2", "%%", "%+", BEGUN):
        act.add(EffectKind.CONFIGURE, f"process:{arg.text}", added_by)


def _variable(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a variable that is printed; without one all are."""
    if act.known(arg, added_by) and arg.text not in PUBLIC:
        act.path(EffectKind.READ, ENVIRONMENT, added_by)


def _date(act: Act, arg: Arg, added_by: str) -> None:
    """`+%F` prints; anything else sets the clock."""
    if act.known(arg, added_by) and arg.text[:1] != "+":
        act.add(EffectKind.CONFIGURE, "clock", added_by)


def _ps(act: Act, arg: Arg, added_by: str) -> None:
    """BSD letters; `e` shows the environments of other processes."""
    if act.known(arg, added_by) and (set(arg.text) - set("aufwxlvj") and not arg.text.isdecimal()):
        act.opaque(f"ps {arg.text[:_LONGEST_PART]}: not known", added_by)


ROLES: dict[str, Role] = {
    "text": _text,
    "mode": _mode,
    "process": _process,
    "setting": _setting,
    "page": _page,
    "variable": _variable,
    "date": _date,
    "ps": _ps,
    **PATH_ROLES,
    **NAME_ROLES,
    **JQ_ROLES,
    **CODE_ROLES,
    **GIT_ROLES,
    **HOST_ROLES,
    **MEDIA_ROLES,
    **QUERY_ROLES,
    **RUN_ROLES,
    **COMPILER_ROLES,
    **SQL_ROLES,
}
