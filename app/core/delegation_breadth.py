"""What is broad about a delegation, or covers nothing, in sentences for whoever issues it."""

from app.core.classify.names import canonical
from app.core.classify.tools import TOOLS
from app.core.delegation import Terms
from app.core.model import ON_HOSTS, ON_PATHS
from app.core.policy.wildcard import is_wild

_DAY_US = 86_400_000_000
# Folders under which somebody's whole home, or more, lies.
_TOPS = frozenset(("", "home", "Users", "root", "etc", "var", "usr", "~", "**"))
# Programs that do whatever their arguments say.
_INTERPRETERS = frozenset(
    (
        "awk", "bash", "bun", "deno", "docker", "env", "eval", "exec", "find", "kubectl", "make", "node", "npm", "npx",
        "perl", "php", "pip", "python", "python3", "ruby", "sh", "ssh", "sudo", "uv", "xargs", "zsh",
    )
)  # fmt: skip


def warnings(terms: Terms, ttl_us: int, max_uses: int | None) -> tuple[str, ...]:
    """What a careful person would want to hear before issuing these terms."""
    actions = [canonical(action) for action in terms.allowed_actions]
    found = [f"The action {action} names more than one tool." for action in actions if is_wild(action)]
    found += [f"The path {path} covers more than one project." for path in terms.allowed_paths if _is_broad(path)]
    found += [f"The host {host} covers addresses that nobody has listed." for host in terms.hosts if host[:1] == "*"]
    for command in terms.commands:
        program, *rest = command.split()
        if is_wild(program):
            found.append(f"The command {command} names no program.")
        elif program.rpartition("/")[2] in _INTERPRETERS and any(is_wild(word) for word in rest):
            found.append(f"The command {command} runs whatever it is told.")
    if actions and max_uses is None:
        found.append("It may be used any number of times.")
    if ttl_us > _DAY_US:
        found.append("It lasts longer than a day.")
    return (*found, *_empty(terms, actions))


def _is_broad(path: str) -> bool:
    first, *rest = path.split("/")
    if first not in ("", "~") and first != "$workspace":
        return True
    names = [name for name in rest if not is_wild(name)]
    if first == "~":
        return not names
    # `/home/alice/**` is a whole home, `/srv/project/**` is a project.
    return first == "" and (not names or (rest[0] in _TOPS and len(names) < (3 if rest[0] in ("home", "Users") else 2)))


def _empty(terms: Terms, actions: list[str]) -> list[str]:
    """The actions that cover nothing for want of something else."""
    found = []
    for action in actions:
        kind = TOOLS[action].kind if action in TOOLS else None
        if action == "shell" and not terms.commands:
            found.append("shell covers nothing without commands.")
        elif kind in ON_PATHS and not terms.allowed_paths:
            found.append(f"{action} covers nothing without allowed_paths.")
        elif kind in ON_HOSTS and action != "web_search" and not terms.hosts:
            found.append(f"{action} covers nothing without hosts.")
    return found
