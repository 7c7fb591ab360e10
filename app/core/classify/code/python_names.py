"""The table of what of Python is known: `python.yaml`, made ready."""

import builtins
import re
import sys
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    early: str
    settled: str
    elsewhere: str
    taken: str
    installed: str
    builds: str
    shows: str
    filling: str
    of_results: str
    reading: str
    methods: str
    properties: str
    tells: str
    files: str
    of_files: str
    paths: dict[str, str]
    of_paths: str
    looked_at: str
    modules: dict[str, dict[str, str]]


_WILDCARDS: Final = re.compile(r"[*?\[\]]")
_NAMES: Final = msgspec.yaml.decode(Path(__file__).with_name("python.yaml").read_bytes(), type=_Names)


def _roles(names: dict[str, str], before: str = "") -> dict[str, str]:
    return {f"{before}{name}": role for role, several in names.items() for name in several.split()}


# `json.load` → its role.
ROLES: Final = {
    name: role for module, names in _NAMES.modules.items() for name, role in _roles(names, f"{module}.").items()
}
MODULES: Final = frozenset(
    ".".join(parts[: at + 1])
    for module in (*_NAMES.modules, *_NAMES.looked_at.split())
    for parts in (module.split("."),)
    for at in range(len(parts))
)  # fmt: skip
EARLY: Final = frozenset(_NAMES.early.split())
SETTLED: Final = frozenset(_NAMES.settled.split())
INSTALLED: Final = frozenset(_NAMES.installed.split())
BUILDS: Final = frozenset(_NAMES.builds.split())
SHOWS: Final = frozenset(_NAMES.shows.split())
# INVARIANT: no other method or function of the tables puts something into what it is called on or with.
FILLING: Final = frozenset(_NAMES.filling.split())
RESULT_METHODS: Final = frozenset(_NAMES.of_results.split())
READING_METHODS: Final = frozenset(_NAMES.reading.split())
METHODS: Final = frozenset(_NAMES.methods.split())
PROPERTIES: Final = frozenset(_NAMES.properties.split())
TELLS: Final = frozenset(_NAMES.tells.split())
FILE_METHODS: Final = frozenset(_NAMES.files.split())
FILE_PROPERTIES: Final = frozenset(_NAMES.of_files.split())
PATH_ROLES: Final = _roles(_NAMES.paths)
PATH_PROPERTIES: Final = frozenset(_NAMES.of_paths.split())
# INVARIANT: what Python calls by such a name is never something else, wherever the name is bound.
TAKEN: Final = frozenset([*dir(builtins), *_NAMES.taken.split()])
# The modules that come with Python; every other is installed, or the project's own.
STANDARD: Final = sys.stdlib_module_names
_OWN: Final = tuple(sorted({name.casefold() for name in (*STANDARD, *_NAMES.elsewhere.split())}))
# What a module may be kept in.
_LOADED: Final = (".py", ".pyc", ".pyo", ".pyw", ".so", ".pyd")


def is_pythons_own(path: str) -> bool:
    """Whether a file would be taken for one of Python's own modules, which any code may load while it runs.

    A name that begins with an underscore is one: which of these there are, each version knows for itself.
    """
    folder, _, name = path.casefold().rpartition("/")
    before, *wild = _WILDCARDS.split(name)
    suffix = (wild or [name])[-1]
    if not suffix.endswith(_LOADED) and ("." in suffix or not wild):
        return False
    stem = before.partition(".")[0]
    if stem == "__init__":
        before, *wild = _WILDCARDS.split(folder.rpartition("/")[2])
        stem = before
    return stem[:1] == "_" or (any(own.startswith(stem) for own in _OWN) if wild else stem in _OWN)
