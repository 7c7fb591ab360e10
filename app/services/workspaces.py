"""Workspaces: the folders that `$workspace` stands for."""

from app.core.classify.paths import Place, normalise
from app.services.desk import Desk
from app.services.errors import InvalidError
from app.storage.workspaces import SetWorkspaces

_MOST = 64
# A root that holds every home or the system would make `$workspace` mean everything.
_TOO_WIDE = frozenset(("/", "/home", "/Users", "/root", "/etc", "/usr", "/var", "/bin", "/opt", "/tmp", "/proc"))  # noqa: S108 - named to be refused


class Workspaces:
    """The use cases around workspaces."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def all(self) -> tuple[str, ...]:
        return self._desk.configurations.refresh().workspaces

    def set(self, by: str, roots: list[str]) -> tuple[str, ...]:
        """Replace all roots; returns them as understood. Raises InvalidError."""
        clean = tuple(dict.fromkeys(_checked(root) for root in roots))
        if len(clean) > _MOST:
            raise InvalidError("too_many_workspaces", f"At most {_MOST} workspaces can be registered.")
        self._desk.change("workspace.set", by, {"roots": list(clean)}, (SetWorkspaces(clean, by),))
        return clean


def _checked(root: str) -> str:
    clean = normalise(root, Place())
    if not clean.startswith("/") or len(clean) > 4_096 or any(ord(character) < 32 for character in clean):
        raise InvalidError("invalid_workspace", f"{root!r} is no absolute path.")
    if clean in _TOO_WIDE:
        raise InvalidError("workspace_too_wide", f"{clean} holds more than a project; name the project's own folder.")
    return clean
