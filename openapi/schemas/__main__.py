"""Writes the JSON Schemas (draft 2020-12) from the types that the service really uses. `scripts/schemas` runs it."""  # noqa: INP001 - a program, no package

import json
import sys
from pathlib import Path
from typing import Any, Final

from msgspec.json import schema

from app.audit_log.export.bodies import entry, parts
from app.core.model import ActionRequest
from app.services.answer import Answer

_TYPES: Final[dict[str, tuple[str, Any]]] = {
    "request": ("What POST /evaluate takes: one tool call, as its enforcement point describes it.", ActionRequest),
    "answer": ("What POST /evaluate answers: one decision.", Answer),
    "entry": ("The body of an entry of the audit log, by its type.", entry.Entry),
    "export-line": ("One line of the log's jsonl export.", entry.ExportLine),
}
# The answer's types hold these words as plain text; what they can be is fixed elsewhere.
_WORDS: Final[dict[str, dict[str, Any]]] = {
    "classification": schema(parts.Classification),
    "decision": schema(parts.Verdict),
    "mode": schema(parts.Mode),
    "trust": schema(parts.TrustLevel),
    "valid_until": schema(parts.Timestamp),
    "would_be": schema(parts.Verdict | None),
}


def main(folder: Path) -> None:
    """Write every schema into `folder`."""
    for name, (about, type_) in _TYPES.items():
        made = schema(type_)
        if type_ is Answer:
            _narrow(made)
        if type_ is ActionRequest:
            made["anyOf"] = [{"required": ["tool"]}, {"required": ["action"]}]
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, "description": about}
        text = json.dumps(document | made, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", "utf-8")


def _narrow(document: dict[str, Any]) -> None:
    for one in document["$defs"].values():
        for name in _WORDS.keys() & one["properties"].keys():
            one["properties"][name] = _WORDS[name]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
