"""The table of what of Python is known: `python.yaml`, made ready."""

import builtins
import sys
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    early: str
    taken: str
    installed: str
    methods: str
    properties: str
    tells: str
    files: str
    of_files: str
    paths: dict[str, str]
    of_paths: str
    modules: dict[str, dict[str, str]]


_NAMES: Final = msgspec.yaml.decode(Path(__file__).with_name("python.yaml").read_bytes(), type=_Names)


def _roles(names: dict[str, str], before: str = "") -> dict[str, str]:
    return {f"{before}{name}": role for role, several in names.items() for name in several.split()}


# `json.load` → its role.
ROLES: Final = {
    name: role for module, names in _NAMES.modules.items() for name, role in _roles(names, f"{module}.").items()
}
MODULES: Final = frozenset(
    ".".join(parts[: at + 1])
    for module in _NAMES.modules
    for parts in (module.split("."),)
    for at in range(len(parts))
)  # fmt: skip
EARLY: Final = frozenset(_NAMES.early.split())
INSTALLED: Final = frozenset(_NAMES.installed.split())
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
