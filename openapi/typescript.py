"""Writes the TypeScript types of what goes over the wire from openapi/. `scripts/types` runs it."""  # noqa: INP001 - a program, no package

import json
import sys
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_HEAD: Final = "// Made by scripts/types from openapi/: what goes over the wire. Do not edit.\n"
# What the client sends and reads; the two schemas are narrower about words than the document of all routes.
_ROOTS: Final = ("Outcome", "ApprovalAnswer", "ProblemDocument")
_PRIMITIVES: Final = {"string": "string", "boolean": "boolean", "integer": "number", "number": "number", "null": "null"}


def text() -> str:
    """The module."""
    known: dict[str, Any] = json.loads((_HERE / "openapi.json").read_text("utf-8"))["components"]["schemas"]
    found: dict[str, Any] = {name: known[name] for name in _ROOTS}
    for name in ("request", "answer"):
        found |= json.loads((_HERE / f"schemas/{name}.json").read_text("utf-8"))["$defs"]
    while missing := {one for schema in found.values() for one in _named(schema)} - found.keys():
        found |= {name: known[name] for name in missing}
    return _HEAD + "".join(f"\nexport interface {name} {_object(found[name], '')}\n" for name in sorted(found))


def _named(schema: Any) -> set[str]:
    """The types that a schema refers to."""
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*(_named(one) for one in schema.values()))
    return set().union(*(_named(one) for one in schema)) if isinstance(schema, list) else set()


def _object(schema: dict[str, Any], indent: str) -> str:
    needed, inner = schema.get("required", ()), indent + "  "
    lines = []
    for name, one in schema["properties"].items():
        if "description" in one:
            lines.append(f"{inner}/** {one['description']} */")
        lines.append(f"{inner}{name}{'' if name in needed else '?'}: {_type(one, inner)};")
    return "\n".join(["{", *lines, f"{indent}}}"])


def _type(schema: dict[str, Any], indent: str) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for words in ("anyOf", "oneOf"):
        if words in schema:
            return " | ".join(dict.fromkeys(_type(one, indent) for one in schema[words]))
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = _type(schema["items"], indent)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if schema.get("type") == "object":
        return _object(schema, indent) if "properties" in schema else "Record<string, unknown>"
    return _PRIMITIVES[schema["type"]] if "type" in schema else "unknown"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), "utf-8")
