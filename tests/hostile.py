"""What an agent may write to become more than text, as data."""

from pathlib import Path

from ruamel.yaml import YAML

_CASES = YAML(typ="safe", pure=True).load(Path(__file__).parent / "cases" / "hostile_strings.yaml")
HOSTILE: list[str] = [case["text"] for case in _CASES]
