"""Policies as files: a file with all that it extends, beside it or shipped."""

from difflib import get_close_matches
from pathlib import Path

from app.core.policy.compile import File, gather
from app.data import data

SHIPPED = "default"
_LONGEST_NAME = 64


def shipped_policy() -> Path:
    """The policy that an empty home begins with unless it is told of another."""
    return data("policies") / f"{SHIPPED}.yaml"


def named(path: Path) -> Path:
    """The policy file at `path`; where there is none, the one that ships by this name."""
    shipped = data("policies") / f"{path}.yaml"
    return shipped if shipped.is_file() and not path.exists() else path


def policy_files(path: Path) -> tuple[File, ...]:
    """A policy file and what it extends: a file beside it, or the name of one that ships.

    Raises PolicyError, OSError, UnicodeDecodeError.
    """

    def load(name: str) -> str:
        beside = path.parent / name
        shipped = data("policies") / f"{name}.yaml"
        if not beside.is_file() and not shipped.is_file():
            raise ValueError(_missing(name))
        return (beside if beside.is_file() else shipped).read_text("utf-8")

    return gather(File(path.name, path.read_text("utf-8")), load)


def _missing(name: str) -> str:
    folder = data("policies")
    ships = sorted(one.relative_to(folder).with_suffix("").as_posix() for one in folder.rglob("*.yaml"))
    meant = get_close_matches(name[:_LONGEST_NAME], ships, 1)
    asked = f"; did you mean {meant[0]!r}?" if meant else ""
    return f"no such file stands beside it, and what ships is {', '.join(ships)}{asked}"
