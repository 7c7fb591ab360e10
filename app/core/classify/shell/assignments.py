"""What an assignment in the line tells, and what it may change."""

import re

from app.core.classify.shell.act import Act
from app.core.classify.shell.expand import expand, single
from app.core.classify.shell.state import Arg, State
from app.core.classify.shell.tree import Assignment
from app.core.classify.shell.variables import is_harmless, is_projects_own, is_steering

_FILE = re.compile(r"(?!.*:)[^\0]*(?:/[^\0]*|\.[A-Za-z]{2,5})")


def assigned(node: Assignment, state: State, act: Act, *, alone: bool) -> State:
    """The state after an assignment; `alone` when it stands before no command that would get it."""
    name = node.name
    if name == "IFS" and act.name == "read":
        # It splits what `read` reads, and is forgotten.
        return state
    value = single(node.value, state)
    told = "\0" if value.why or node.append else value.text
    if not is_harmless(name, told) and (is_steering(name) or not alone):
        act.opaque(f"{name}: a variable that programs may obey", f"{name}=")
        act.access(expand(node.value, state))
    elif not alone and is_projects_own(name) and _FILE.fullmatch(told):
        # Where it says so, what runs writes there.
        act.access((Arg(told),))
    if node.append:
        # Not every shell knows `+=`: some run it as a program and keep the older value.
        value = Arg("", "appended to")
    if value.why:
        revision = value.revision and len(node.value.parts) == 1
        value = Arg("", f"${name}: {value.why}", value.free, revision=revision, bare="" if revision else None)
    return state.assigned(name, value)
