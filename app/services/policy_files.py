"""Policies as files: a file with all that it extends, beside it or shipped."""

from pathlib import Path

from app.core.policy.compile import File, gather
from app.data import data

SHIPPED = "default"


def shipped_policy() -> Path:
    """The policy that an empty home begins with unless it is told of another."""
    return data("policies") / f"{SHIPPED}.yaml"


def policy_files(path: Path) -> tuple[File, ...]:
    """A policy file and what it extends: a file beside it, or the name of one that ships.

    Raises PolicyError, OSError, UnicodeDecodeError.
    """

    def load(name: str) -> str:
        beside = path.parent / name
        shipped = data("policies") / f"{name}.yaml"
        return (beside if beside.is_file() else shipped).read_text("utf-8")

    return gather(File(path.name, path.read_text("utf-8")), load)
