"""Swap attacks as data: what people approved, and what comes in its place."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_CASES = YAML(typ="safe", pure=True).load(Path(__file__).parent / "cases" / "approvals" / "swaps.yaml")
APPROVED: dict[str, Any] = _CASES["approved"]
SWAPS: list[dict[str, Any]] = _CASES["swaps"]


def swapped(swap: dict[str, Any], approved: dict[str, Any] = APPROVED) -> dict[str, Any]:
    """What comes in the place of what was approved."""
    request = deepcopy(approved)
    for name, value in swap.get("with", {}).items():
        if name == "arguments":
            request["arguments"] |= value
        else:
            request[name] = value
    request |= swap.get("replace", {})
    for name in swap.get("without", ()):
        part, _, argument = name.partition(".")
        if argument:
            del request[part][argument]
        else:
            del request[part]
    return request


def placed(request: Any, session: str, other: str) -> Any:
    """The same with real sessions in the place of their stand-ins."""
    if isinstance(request, dict):
        return {name: placed(value, session, other) for name, value in request.items()}
    return {"$session": session, "$other": other}.get(request, request) if isinstance(request, str) else request
