"""Programs by the place where they lie, and those that nobody knows."""

from typing import Final

from app.core.classify.shell.act import LONGEST_VIA, Act
from app.core.classify.shell.compilers import runs_compiled
from app.core.classify.shell.program import judge
from app.core.classify.shell.project import is_grave, is_script, told_grave
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import PROGRAMS
from app.core.model import EffectKind

_SYSTEM: Final = frozenset(("/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/opt/homebrew/bin"))
# Where projects keep the programs that they depend on.
_OWN: Final = frozenset(
    f"{dot}{folder}" for dot in ("", "./") for folder in (".venv/bin", "venv/bin", "node_modules/.bin", "vendor/bin")
)
# Of what lies here only the programs that are known are copies; the rest are scripts of the project.
_BIN: Final = frozenset(("bin", "./bin"))
_OWN_WRAPPERS: Final = frozenset(("./gradlew", "./mill", "./mvnw"))


def program_name(text: str) -> str | None:
    """`/bin/rm` is `rm`; a program in any other place is nobody we know."""
    folder, slash, name = text.rpartition("/")
    if not slash:
        return text
    return name if folder in _SYSTEM else None


def own_copy(name: Arg) -> str:
    """The program of which this is the project's own copy; "" when it is none."""
    folder, _, own = name.text.rpartition("/")
    return own if (folder in _OWN or folder in _BIN) and not name.why and not name.glob else ""


def stranger(act: Act) -> None:
    """Writes down that a program runs of which nothing is known but its name."""
    name = act.args[0]
    folder, slash, own = name.text.rpartition("/")
    if name.why:
        act.opaque(name.why)
        act.access(act.args[:1])
    elif slash and not name.glob and (folder in _OWN or name.text in _OWN_WRAPPERS):
        act.path(EffectKind.RUN, name)
        act.name = own
        if known := PROGRAMS.get(own):
            judge(act, known)
            return
        if is_grave(own):
            act.path(EffectKind.EXECUTE, name)
        _told(act)
    elif slash and not name.glob and (runs_compiled(act) or is_script(name.text)):
        act.path(EffectKind.RUN, name)
        _told(act)
    else:
        if "/" in name.text:
            act.path(EffectKind.EXECUTE, name)
        else:
            act.add(EffectKind.EXECUTE, name.text)
        act.opaque(f"{name.text[:LONGEST_VIA]}: unknown program")
    act.access(act.args[1:])


def _told(act: Act) -> None:
    """What a program of the project is told, where that is more than the project's own work."""
    if grave := told_grave(arg.text for arg in act.args[1:]):
        act.add(EffectKind.EXECUTE, f"{act.name} {grave}")
