"""Arguments as JSON that means the same. What cannot be written so is refused: nobody could decide about it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from agent_sudo_client.errors import PermissionDenied

_ATOMS = (str, int, float, bool, type(None))
# By the modules that they are of, which are not loaded for their sake.
_AS_TEXT = {"decimal": "Decimal", "uuid": "UUID"}
_TIMES = (datetime, date, time)


def encode(document: Any) -> bytes:
    """JSON of exactly this value. Raises PermissionDenied."""
    try:
        return json.dumps(plain(document), allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        # INVARIANT: what cannot be shown whole to those who decide does not run.
        raise PermissionDenied(f"This call cannot be sent as it is: {error}", code="not_json") from None


def plain(value: Any) -> Any:
    """The JSON value that stands for `value`. Raises TypeError."""
    if type(value) in _ATOMS:
        return value
    if isinstance(value, Mapping):
        if all(isinstance(name, str) for name in value):
            return {name: plain(one) for name, one in value.items()}
        # JSON would write 1 as "1": another key than the tool sees.
        raise TypeError("a mapping with a key that is no text")
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, os.PathLike):
        return plain(os.fspath(value))
    if isinstance(value, _TIMES):
        return value.isoformat()
    if any(isinstance(value, getattr(sys.modules.get(name), kind, ())) for name, kind in _AS_TEXT.items()):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if callable(getattr(value, "model_dump", None)) and not isinstance(value, type):
        return plain(value.model_dump(mode="json"))
    raise TypeError(f"an argument of type {type(value).__name__} has no JSON that means the same")
