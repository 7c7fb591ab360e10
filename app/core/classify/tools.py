"""What a tool's arguments mean, for the tools that we know, and what can be told of any other from its arguments.

Whatever an argument may be, it leaves an effect: a path, an address, a command, or something opaque.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

from msgspec import Struct

from app.core.budget import Budget
from app.core.model import EffectKind

# Names of arguments, as `plain` writes them.
PATHS = frozenset(
    (
        "path", "paths", "file", "files", "filepath", "filepaths", "filename", "filenames", "notebookpath",
        "absolutepath", "relativepath", "targetfile", "targetpath", "dir", "dirpath", "directory", "folder", "source",
        "destination", "src", "dst", "relativeworkspacepath", "targetdirectory", "targetdirectories",
    )
)  # fmt: skip
COMMANDS = frozenset(("command", "commands", "cmd", "script", "shellcommand", "commandline"))
URLS = frozenset(("url", "urls", "uri", "endpoint", "webhook", "href"))
RECIPIENTS = frozenset(("to", "cc", "bcc", "recipient", "recipients", "channel", "email", "phone"))
# Of a tool that nobody knows, by these it speaks to somebody, or moves money.
SPEAKS_TO = frozenset(("to", "cc", "bcc", "recipient", "recipients", "sendto", "recipientemail", "recipientid"))
# What holds the edges of a graph, and how each names its ends.
_EDGES = frozenset(("relations", "edges", "links"))
_ENDS = frozenset(("from", "to"))
AMOUNTS = frozenset(("amount", "price", "total", "amountcents", "totalamount", "amountusd", "payment"))
# Arguments that are prose or data: their text is not read for paths.
PROSE = frozenset(
    (
        "content", "contents", "text", "body", "message", "description", "oldstring", "newstring", "oldstr",
        "newstr", "subject", "prompt", "query", "summary", "explanation", "justification", "newsource", "edits",
        "filetext", "codeedit", "instruction", "instructions",
    )
)  # fmt: skip
# Words by which file tools are told how to work, not on what.
OPTIONS = frozenset(
    (
        "pattern", "regex", "encoding", "mode", "outputmode", "type", "language", "format", "celltype", "editmode",
        "cellid", "id", "sort", "order", "multiline", "case",
    )
)  # fmt: skip
# By these a search is told which files to look into.
FILTERS = frozenset(("glob", "globs", "include", "includes", "includepattern", "filepattern", "globpattern", "filter"))
# By these it may be told anything.
_UNBOUND = frozenset(("args", "arguments", "extraargs", "flags", "options", "rgargs"))
# To what reads, also what it is to leave out.
ASIDE = PROSE | {"exclude", "excludes", "excludepattern", "ignore"}
_HIDDEN = frozenset(("hidden", "noignore", "includehidden", "includeignored", "unrestricted"))
_BRACES = re.compile(r"\{([^{}]*)\}")
_WILD = frozenset("*?[]()!\\")
_BY_EXTENSION = re.compile(r"\*(?:\.[A-Za-z0-9]+)+")
_MOST_BRACES = 4
_MOST_ALTERNATIVES = 64
_LONGEST_NAME = 64
DIRECTORIES = frozenset(("cwd", "workdir", "workingdirectory", "workingdir", "directory", "dirpath"))
# What a shell tool may be told besides its command without changing what the command does.
SHELL_ASIDES = frozenset(
    (
        "description", "timeout", "timeoutms", "runinbackground", "isbackground", "explanation", "justification",
        "initialwait", "yieldtimems", "maxoutputtokens",
    )
)  # fmt: skip
# Arguments that hold a patch.
PATCHES = frozenset(("input", "patch", "command"))
# By these a reader of many files leaves out less than it otherwise would.
_EXCLUDING = frozenset(("usedefaultexcludes", "respectgitignore", "respectgeminiignore"))
# What an editor with several commands is told to do → the tool that does the same.
_EDITOR = {
    "view": "read_file",
    "create": "write_file",
    "str_replace": "edit_file",
    "insert": "edit_file",
    "undo_edit": "edit_file",
}
# What a tool that fetches is told besides addresses: how to show what it finds.
_FETCHING = URLS | {
    "prompt", "description", "format", "raw", "maxlength", "maxchars", "startindex", "timeout", "timeoutms", "limit",
}  # fmt: skip
_FETCHES = frozenset(("GET", "HEAD"))
# Where a tool that has a default looks when it is told.
_PLACES = frozenset(("path", "paths", "dir", "dirpath", "directory", "folder"))


def plain(name: str) -> str:
    """The name of an argument without what dialects differ in: `filePath`, `file_path` and `file-path` are one."""
    # No name that we know is long, and what is remembered must not be as large as an agent likes.
    return _plain(name) if len(name) <= _LONGEST_NAME else name


@lru_cache(maxsize=1_024)
def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def edits(arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """What an editor with several commands is told, and the tool that does it; None when that is not certain."""
    said = [value for name, value in arguments.items() if plain(name) == "command"]
    if len(said) != 1 or not isinstance(said[0], str) or said[0] not in _EDITOR:
        return None
    return said[0], _EDITOR[said[0]]


def opened(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments of a shell, which Codex may wrap in an `action` of the type `exec`, with their plain names."""
    for said, value in arguments.items():
        if plain(said) == "action" and isinstance(value, dict):
            yield from ((plain(inner), part) for inner, part in value.items() if (inner, part) != ("type", "exec"))
        else:
            yield plain(said), value


def widens(name: str, value: Any) -> bool:
    """Whether an argument makes a search look where it otherwise would not."""
    if name in _EXCLUDING:
        return value is not True
    return (name in _HIDDEN and bool(value)) or (name in _UNBOUND and value not in (None, [], "", {}))


def alternatives(glob: str) -> list[str] | None:
    """A glob with its braces written out; None when there are too many or they stand in each other."""
    if "{" not in glob:
        return [glob]
    parts = _BRACES.split(glob)
    if len(parts) > _MOST_BRACES * 2 + 1 or "{" in "".join(parts[::2]):
        return None
    choices = [[part] if at % 2 == 0 else part.split(",") for at, part in enumerate(parts)]
    count = 1
    for options in choices:
        count *= len(options)
    return ["".join(words) for words in product(*choices)] if count <= _MOST_ALTERNATIVES else None


def fits_many_names(glob: str) -> bool:
    """Whether a glob, or a folder, fits files of names that it does not tell, but for their extension."""
    last = glob.rpartition("/")[2]
    return not last.strip(".") or (not _BY_EXTENSION.fullmatch(last) and not _WILD.isdisjoint(last))


class Tool(Struct, frozen=True):
    """A tool whose meaning we know: the kind of effect that it has on each argument of its main role.

    `default` is the resource when none of `instead` is given. Without a default, a call that gives nothing of the main
    role is opaque. `prose`: a prompt may say what it acts on. `fetching`: with no arguments but these it sends nothing
    but the address.
    """

    kind: EffectKind
    role: frozenset[str]
    default: str = ""
    instead: frozenset[str] = _PLACES
    prose: bool = False
    fetching: frozenset[str] = frozenset()


def kind_of(tool: Tool, arguments: Mapping[str, Any]) -> EffectKind:
    """What a tool does to what it acts on, with these arguments."""
    if not tool.fetching:
        return tool.kind
    only = all(
        plain(said) in tool.fetching or (plain(said) == "method" and value in _FETCHES)
        for said, value in arguments.items()
    )
    return EffectKind.FETCH if only else tool.kind


TOOLS: Mapping[str, Tool] = {
    "read_file": Tool(EffectKind.READ, PATHS),
    "list_directory": Tool(EffectKind.READ, PATHS, default="."),
    "search_files": Tool(EffectKind.READ, PATHS, default="."),
    "write_file": Tool(EffectKind.WRITE, PATHS),
    "edit_file": Tool(EffectKind.WRITE, PATHS),
    "delete_file": Tool(EffectKind.DELETE, PATHS),
    "web_fetch": Tool(EffectKind.NETWORK, URLS, prose=True, fetching=_FETCHING),
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
            # The ends of an edge are names of nodes: nobody is spoken to.
            ends = _ENDS if plain(name) in _EDGES and value.keys() >= _ENDS else ()
            waiting += [(name if key in ends else key, item) for key, item in value.items()][::-1]
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


def lines(name: str, value: Any) -> list[str]:
    """The command lines in an argument: a text, the words of one command, or under a plural name several lines."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return value if name == "commands" else [shlex.join(value)]
    return []
