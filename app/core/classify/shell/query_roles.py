"""What words mean to programs that ask a service to which the user is signed in."""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.state import Arg

_LONGEST_PART: Final = 80
_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,/_-]*")
# INVARIANT: no `go-template-file=F` and its like, which print what stands in the file.
_SHOWN: Final = re.compile(
    r"json|yaml|wide|name|custom-columns=.*|(?:jsonpath|jsonpath-as-json|go-template|template)=.*", re.DOTALL
)
Role = Callable[[Act, Arg, str], None]


def _kinds(act: Act, arg: Arg, added_by: str) -> None:
    """What is asked of a cluster; its secrets are credentials."""
    if arg.why:
        act.opaque(arg.why, added_by)
    elif "secret" in arg.text.lower() or not _KIND.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may show credentials", added_by)


def _shown(act: Act, arg: Arg, added_by: str) -> None:
    """How what a cluster answers is printed: by a name, or by a template that stands in the word."""
    if arg.why:
        act.opaque(arg.why, added_by)
    elif not _SHOWN.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may print a file", added_by)
        act.access((arg,))


QUERY_ROLES: dict[str, Role] = {"kinds": _kinds, "shown": _shown}
