"""A coding agent's file of hooks, with ours in it and without. What others wrote there stays as it is."""

import json
from collections.abc import Mapping
from typing import Any

from app.cli.failure import Failure
from app.cli.routing.harness import OURS, Harness

_ADDRESS = "/hooks/"
Document = dict[str, Any]


def read(text: str, name: str) -> Document:
    """The document in a file. Raises Failure where it is none that could be written back without losing anything."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text, object_pairs_hook=_single)
    except ValueError:
        hint = "Comments would be lost. Take them out, or add by hand what --print shows."
        raise Failure(f"{name} is not plain JSON, so it is left as it is.", hint) from None
    if not isinstance(found, dict) or not _is_sound(found):
        raise Failure(f"{name} does not hold hooks as its agent reads them, so it is left as it is.")
    return found


def write(document: Document, before: str) -> str:
    """The text of a document, indented as it was before."""
    second = next((line for line in before.splitlines()[1:] if line.strip()), "  ")
    indent = second[: len(second) - len(second.lstrip())] or "  "
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def with_ours(harness: Harness, document: Document, handlers: Mapping[str, Any]) -> Document:
    """The same with these handlers, each for its event, and no older ones of ours."""
    clean = without_ours(harness, document)
    hooks = dict(clean.get("hooks", {}))
    for event, handler in handlers.items():
        group = handler if harness.flat else {"matcher": "*", "hooks": [handler]}
        hooks[event] = [*hooks.get(event, ()), group]
    return {**harness.root, **clean, "hooks": hooks}


def without_ours(harness: Harness, document: Document) -> Document:
    """The same without any of ours; what then holds nothing goes too."""
    hooks = {event: _others(harness, entries) for event, entries in document.get("hooks", {}).items()}
    left = {event: entries for event, entries in hooks.items() if entries or not document["hooks"][event]}
    rest = {name: value for name, value in document.items() if name != "hooks"}
    if left or (document.get("hooks") == {}):
        return {**rest, "hooks": left}
    return {} if rest == dict(harness.root) else rest


def ours(harness: Harness, document: Document) -> dict[str, list[Document]]:
    """Our handlers in a document, by event."""
    found = {
        event: [one for one in _handlers(harness, entries) if is_ours(one)]
        for event, entries in document.get("hooks", {}).items()
    }
    return {event: handlers for event, handlers in found.items() if handlers}


def is_ours(handler: Any) -> bool:
    """Whether a handler asks agent-sudo."""
    if not isinstance(handler, dict):
        return False
    said = [str(handler.get(name, "")) for name in ("command", "bash")]
    address = str(handler.get("url", "")).partition("?")[0]
    return any(OURS in one for one in said) or _ADDRESS in address


def _others(harness: Harness, entries: list[Any]) -> list[Any]:
    if harness.flat:
        return [one for one in entries if not is_ours(one)]
    kept = []
    for group in entries:
        inner = group.get("hooks") if isinstance(group, dict) else None
        if not isinstance(inner, list) or not any(map(is_ours, inner)):
            kept.append(group)
        elif others := [one for one in inner if not is_ours(one)]:
            kept.append({**group, "hooks": others})
    return kept


def _handlers(harness: Harness, entries: list[Any]) -> list[Any]:
    if harness.flat:
        return entries
    return [one for group in entries if isinstance(group, dict) for one in group.get("hooks", ())]


def _is_sound(document: Document) -> bool:
    hooks = document.get("hooks", {})
    return isinstance(hooks, dict) and all(isinstance(entries, list) for entries in hooks.values())


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)
