"""Action requests from a file or standard input: one JSON object, an array of them, or one on each line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.failure import Failure

if TYPE_CHECKING:
    from app.core.model import ActionRequest

_LARGEST = 64 * 1_048_576


def read_requests(name: str) -> list["ActionRequest"]:
    """The requests in the file `name`, `-` for standard input. Raises Failure for anything that is not one."""
    from app.core.strict_json import InvalidJsonError, parse

    text = _read(name).strip()
    if not text:
        raise Failure(f"{name} is empty.", "It should hold a JSON object, an array of them, or one on each line.")
    if text.startswith(b"["):
        return [_request(one, f"{name}, item {at}") for at, one in enumerate(_items(text, name), 1)]
    rows = [(at, row) for at, row in enumerate(text.splitlines(), 1) if row.strip()]
    try:
        return [_request(parse(text)[0], name)]
    except InvalidJsonError as error:
        if len(rows) == 1:
            raise Failure(f"{name}: {error}.") from None
    found = []
    for at, row in rows:
        try:
            found.append(_request(parse(row)[0], f"{name}, line {at}"))
        except InvalidJsonError as error:
            raise Failure(f"{name}, line {at}: {error}.") from None
    return found


def summary(request: dict[str, Any]) -> str:
    """The part of a request that people look for: its command, path, address or target."""
    arguments = request.get("arguments") or {}
    for key in ("command", "file_path", "path", "url", "notebook_path", "query"):
        if isinstance(arguments.get(key), str):
            return str(arguments[key])
    if request.get("target"):
        return str(request["target"])
    return ", ".join(f"{key}={value}" for key, value in arguments.items())


def _read(name: str) -> bytes:
    try:
        if name == "-":
            text = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                text = file.read(_LARGEST + 1)
    except OSError as error:
        raise Failure(f"{name} cannot be read: {error.strerror}.") from None
    if len(text) > _LARGEST:
        raise Failure(f"{name} is larger than {_LARGEST} bytes.", "Split it.")
    return text


def _items(text: bytes, name: str) -> list[Any]:
    """The items of an array, read as strictly as the service reads a batch."""
    from app.core.strict_json import InvalidJsonError, parse

    try:
        value = parse(b'{"requests":' + text + b"}")[0]
    except InvalidJsonError as error:
        raise Failure(f"{name}: {error}.") from None
    items = value["requests"]
    if len(value) != 1 or not isinstance(items, list) or not items:
        raise Failure(f"{name} holds no requests.")
    return items


def _request(value: Any, where: str) -> "ActionRequest":
    from msgspec import ValidationError, convert

    from app.core.model import ActionRequest

    try:
        request = convert(value, ActionRequest)
    except ValidationError as error:
        raise Failure(f"{where}: {error}.") from None
    if request.tool is None and request.action is None:
        raise Failure(f"{where}: a request names at least its `tool` or its `action`.")
    return request
