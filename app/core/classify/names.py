"""One name for one tool: the dialects of coding agents and of the prior art, brought to our words.

An MCP tool is always `mcp:server/tool`; it never takes the name of a native one.
"""

from functools import lru_cache

from app.core.spelling import fold

# canonical name → what others call it
_ALIASES = {
    "shell": (
        "Bash", "bash", "run_shell_command", "shell_command", "execute_command", "run_command", "terminal",
        "local_shell", "local_shell_call", "container.exec", "exec_command", "run_terminal_cmd", "run_in_terminal",
    ),
    "read_file": ("Read", "read", "file_read", "view_file", "NotebookRead", "view", "view_image"),
    "write_file": ("Write", "write", "file_write", "create_file", "create"),
    "edit_file": (
        "Edit", "MultiEdit", "NotebookEdit", "edit", "file_edit", "replace", "str_replace", "search_replace",
    ),
    "delete_file": ("file_delete", "remove_file", "Delete"),
    "list_directory": ("LS", "ls", "list_dir"),
    "search_files": (
        "Grep", "Glob", "grep", "glob", "search_file_content", "grep_search", "glob_file_search",
    ),
    "web_fetch": ("WebFetch", "fetch", "http_fetch", "http_get"),
    "web_search": ("WebSearch", "google_web_search"),
    "http_post": ("external_post",),
    "send_email": ("email_send",),
    # A coding agent's own affairs: what it plans, what it asks its user, what it hands to a part of itself.
    "agent_plan": (
        "TodoWrite", "TodoRead", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "EnterPlanMode", "ExitPlanMode",
        "update_plan", "write_todos", "update_todo", "report_intent",
    ),
    "ask_user": ("AskUserQuestion", "request_user_input"),
    "start_subagent": ("Task",),
    # What these do stands in their arguments (`app.core.classify.request`).
    "apply_patch": (),
    "str_replace_editor": ("str_replace_based_edit_tool",),
    "read_many_files": (),
}  # fmt: skip
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
_FOLDED = {fold(alias): name for alias, name in _CANONICAL.items()}
_MCP = "mcp:"
# How agents write a tool of a server: most of them, then Gemini CLI.
_SERVERS = (("mcp__", "__"), ("mcp_", "_"))
# What the prior art calls the tool beside a telling action: where it happens, not what happens.
_FAMILIES = frozenset(
    (
        "api", "bank", "browser", "calendar", "chat", "cli", "code", "cron", "email", "file", "files",
        "filesystem", "finance", "fs", "git", "gmail", "hr", "http", "identity", "llm", "mail", "memory", "mcp",
        "messaging", "model", "network", "os", "payments", "policy", "scheduler", "slack", "system", "text",
        "tool", "tools", "web", "workspace",
    )
)  # fmt: skip


def canonical(name: str) -> str:
    """The one name for `name`, or for a pattern over names; a name that we do not know is its own."""
    return _readings(name)[0]


def meant(name: str) -> tuple[str, ...]:
    """All that a name, or a pattern over names, may mean where it takes away; a server means all its tools."""
    found: list[str] = []
    for reading in _readings(name):
        server, _, tool = reading.partition("/")
        found += [reading] if tool or not server.startswith(_MCP) else [reading, f"{server}/*"]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4_096)
def names(tool: str | None, action: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The canonical names of a call, and the names that it was called by.

    There are several canonical names when tool and action contradict each other or a name can be read in two ways.
    A tool that is but the family of its action (`gmail`, `filesystem`) adds none.
    """
    spoken = tuple(name for name in (tool, action) if name is not None)
    if tool is None or action is None or fold(tool).strip() in _FAMILIES:
        found = _readings(spoken[-1] if spoken else "")
    else:
        # INVARIANT: a familiar action never hides another tool; a rule that allows must fit both.
        found = tuple(dict.fromkeys(_readings(tool) + _readings(action)))
    return found, tuple(name for name in dict.fromkeys(spoken) if name not in found)


def _readings(name: str) -> tuple[str, ...]:
    """Every tool that `name` may mean."""
    for prefix, separator in _SERVERS:
        if name.startswith(prefix):
            return _of_server(name[len(prefix) :], separator)
    if name in _CANONICAL:
        return (_CANONICAL[name],)
    if name.startswith(_MCP):
        rest = name[len(_MCP) :]
        # Cursor writes `MCP:server:tool`.
        return (name,) if "/" in rest or ":" not in rest else _of_server(rest, ":")
    if "/" in name:
        return (_MCP + name,)
    # INVARIANT: an odd spelling of a name that we know is judged as both, for some dispatcher takes it for that.
    plain = fold(name).strip()
    if plain in _FOLDED:
        return (name, _FOLDED[plain])
    return (name,) if not plain.startswith((_MCP, "mcp_")) else (name, *_readings(plain))


def _of_server(name: str, separator: str) -> tuple[str, ...]:
    """`a__b__c` is tool `b__c` of server `a`, or tool `c` of server `a__b`."""
    words = name.split(separator)
    splits = [(separator.join(words[:at]), separator.join(words[at:])) for at in range(1, len(words))]
    return tuple(f"{_MCP}{server.replace('/', '%2f')}/{tool}" for server, tool in splits or [(name, "")])
