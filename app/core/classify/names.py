"""One name for one tool: the dialects of coding agents and of the prior art, brought to our words.

An MCP tool is always `mcp:server/tool`; it never takes the name of a native one.
"""

from functools import lru_cache

# canonical name → what others call it
_ALIASES = {
    "shell": ("Bash", "bash", "run_shell_command", "shell_command", "execute_command", "run_command", "terminal"),
    "read_file": ("Read", "read", "file_read", "view_file", "NotebookRead"),
    "write_file": ("Write", "write", "file_write", "create_file"),
    "edit_file": ("Edit", "MultiEdit", "NotebookEdit", "edit", "file_edit", "replace", "str_replace"),
    "delete_file": ("file_delete", "remove_file"),
    "list_directory": ("LS", "ls", "list_dir"),
    "search_files": ("Grep", "Glob", "grep", "glob", "search_file_content", "grep_search"),
    "web_fetch": ("WebFetch", "fetch", "http_fetch", "http_get"),
    "web_search": ("WebSearch", "google_web_search"),
    "http_post": ("external_post",),
    "send_email": ("email_send",),
}
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
_MCP = "mcp:"


@lru_cache(maxsize=4_096)
def canonical(name: str) -> str:
    """The one name for `name`; a name that we do not know is its own."""
    if name.startswith("mcp__"):
        server, _, tool = name[5:].partition("__")
        return f"{_MCP}{server}/{tool}"
    return _CANONICAL.get(name, name)


def is_known(name: str) -> bool:
    """Whether the name is one of a tool whose meaning we know, or one that its server vouches for."""
    return name in _CANONICAL or name.startswith((_MCP, "mcp__"))


def names(tool: str | None, action: str | None) -> tuple[str, ...]:
    """The canonical names of a call: one, or two when tool and action contradict each other.

    A tool that we do not know (`gmail`, `filesystem`) is the family of its action and adds nothing.
    """
    if tool is None or action is None:
        return (canonical(tool or action or ""),)
    named = canonical(action)
    if not is_known(tool) or canonical(tool) == named:
        return (named,)
    # INVARIANT: a familiar action never hides another tool; a rule that allows must fit both.
    return (canonical(tool), named)
