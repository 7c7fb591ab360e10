"""What a tool's arguments mean, for the tools that we know, and what can be told of any other from its arguments.

Whatever an argument may be, it leaves an effect: a path, an address, a command, or something opaque.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from app.core.budget import Budget
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


# Where a tool that has a default looks when it is told.
_PLACES = frozenset(("path", "paths", "dir", "dir_path", "directory", "folder"))


class Tool(Struct, frozen=True):
    """A tool whose meaning we know: the kind of effect that it has on each argument of its main role.

    `default` is the resource when none of `instead` is given. Without a default, a call that gives nothing of the main
    role is opaque.
    """

    kind: EffectKind
    role: frozenset[str]
    default: str = ""
    instead: frozenset[str] = _PLACES


TOOLS: Mapping[str, Tool] = {
    "read_file": Tool(EffectKind.READ, PATHS),
    "list_directory": Tool(EffectKind.READ, PATHS, default="."),
    "search_files": Tool(EffectKind.READ, PATHS, default="."),
    "write_file": Tool(EffectKind.WRITE, PATHS),
    "edit_file": Tool(EffectKind.WRITE, PATHS),
    "delete_file": Tool(EffectKind.DELETE, PATHS),
    "web_fetch": Tool(EffectKind.NETWORK, URLS),
    "http_post": Tool(EffectKind.NETWORK, URLS),
    "web_search": Tool(EffectKind.NETWORK, URLS, default="search", instead=URLS),
    "send_email": Tool(EffectKind.MESSAGE, RECIPIENTS),
    "send_message": Tool(EffectKind.MESSAGE, RECIPIENTS),
}


def leaves(arguments: Mapping[str, Any], budget: Budget) -> Iterator[tuple[str, Any]]:
    """Every value inside `arguments` that holds no others, with the name of the argument that it stands under.

    Keys are texts too. Raises BudgetExceededError.
    """
    waiting: list[tuple[str, Any]] = list(arguments.items())[::-1]
    budget.spend(len(waiting))
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, list):
            budget.spend(len(value))
            waiting += [(name, item) for item in value[::-1]]
        elif isinstance(value, dict):
            budget.spend(len(value))
            waiting += list(value.items())[::-1]
            for key in value:
                if looks_like_path(key) or looks_like_url(key):
                    yield name, key
        else:
            yield name, value


def looks_like_url(text: str) -> bool:
    """Whether a text begins with a scheme and `://`."""
    scheme, found, _ = text[:40].lstrip().partition("://")
    return bool(found) and scheme.isascii() and scheme.replace("+", "").isalnum() and scheme.lower() != "file"


def looks_like_path(text: str) -> bool:
    """Whether a text may be meant as a path: a false yes asks, a false no does not see a secret being read."""
    text = text.strip()
    if "\n" in text:
        return False
    if text[:1] in ("/", "~", ".") or text[1:3] in (":\\", ":/") or text[:5].lower() == "file:":
        return True
    return ("/" in text or "\\" in text) and " " not in text
