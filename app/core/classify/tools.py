"""What a tool's arguments mean, for the tools that we know, and what can be told of any other from its arguments.

Whatever an argument may be, it leaves an effect: a path, an address, a command, or something opaque.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from app.core.model import EffectKind

PATHS = frozenset(
    (
        "path", "paths", "file", "files", "file_path", "file_paths", "filename", "filepath", "notebook_path",
        "absolute_path", "dir", "dir_path", "directory", "folder", "source", "destination", "src", "dst",
    )
)  # fmt: skip
COMMANDS = frozenset(("command", "commands", "cmd", "script", "shell_command", "commandline"))
URLS = frozenset(("url", "urls", "uri", "endpoint", "webhook", "href"))
RECIPIENTS = frozenset(("to", "cc", "bcc", "recipient", "recipients", "channel", "email", "phone"))
# Arguments that are prose or data: their text is not read for paths.
PROSE = frozenset(
    (
        "content", "contents", "text", "body", "message", "description", "old_string", "new_string", "old_str",
        "new_str", "subject", "prompt", "query", "summary", "explanation", "justification", "new_source", "edits",
    )
)  # fmt: skip
DIRECTORIES = frozenset(("cwd", "workdir", "working_directory", "working_dir"))
# What a shell tool may be told besides its command without changing what the command does.
SHELL_ASIDES = frozenset(
    ("description", "timeout", "timeout_ms", "run_in_background", "is_background", "explanation", "justification")
)


class Tool(Struct, frozen=True):
    """A tool whose meaning we know: the kind of effect that it has on each argument of its main role."""

    kind: EffectKind
    role: frozenset[str]
    default: str = ""  # the resource when the argument is missing; "" = then the call is opaque


TOOLS: Mapping[str, Tool] = {
    "read_file": Tool(EffectKind.READ, PATHS),
    "list_directory": Tool(EffectKind.READ, PATHS, default="."),
    "search_files": Tool(EffectKind.READ, PATHS, default="."),
    "write_file": Tool(EffectKind.WRITE, PATHS),
    "edit_file": Tool(EffectKind.WRITE, PATHS),
    "delete_file": Tool(EffectKind.DELETE, PATHS),
    "web_fetch": Tool(EffectKind.NETWORK, URLS),
    "http_post": Tool(EffectKind.NETWORK, URLS),
    "web_search": Tool(EffectKind.NETWORK, URLS, default="search"),
    "send_email": Tool(EffectKind.MESSAGE, RECIPIENTS),
    "send_message": Tool(EffectKind.MESSAGE, RECIPIENTS),
}


def leaves(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text inside `arguments`, with the name of the argument that it stands under. Keys are texts too."""
    waiting: list[tuple[str, Any]] = list(arguments.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list):
            waiting += [(name, item) for item in value]
        elif isinstance(value, dict):
            waiting += value.items()
            for key in value:
                if looks_like_path(key) or looks_like_url(key):
                    yield name, key


def looks_like_url(text: str) -> bool:
    scheme, found, _ = text[:40].partition("://")
    return bool(found) and scheme.isascii() and scheme.replace("+", "").isalnum() and scheme.lower() != "file"


def looks_like_path(text: str) -> bool:
    if len(text) > 4_096 or "\n" in text:
        return False
    return text.startswith(("/", "~", "./", "../", "file:")) or text in (".", "..") or text[1:3] in (":\\", ":/")
