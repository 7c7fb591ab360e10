"""Texts of code by what they do, as `tests/cases` tells them."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CASES = Path(__file__).parents[3] / "cases"


def texts(language: str) -> list[tuple[dict[str, Any], str]]:
    """Each text of a language with its group: why it stands there, and `does` or `opaque`."""
    groups: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(CASES / f"{language}.yaml")
    return [(group, text) for group in groups for text in group["code"]]
