"""Whether what comes back from a call is from outside: words that neither the user nor the project has written."""

from collections.abc import Iterable, Sequence

from app.api.hooks.told import Effect
from app.core.classify.names import names

_PREFIX = "mcp:"
# By these something comes in from elsewhere, or may: nobody knows what such a call does.
_BRINGS = frozenset(("network", "fetch", "query", "opaque"))
_READS = frozenset(("read", "access"))
# Tools of a coding agent that bring nothing in.
_OWN = frozenset(("agent_plan", "ask_user", "start_subagent"))


def comes_from_outside(tool: str, effects: Iterable[Effect], workspaces: Sequence[str]) -> bool:
    """Whether a call with these effects brings in what nobody here vouches for.

    The files of a registered workspace are the user's own; an operator says so by registering it.
    """
    called = names(tool, None)[0]
    if any(name.startswith(_PREFIX) for name in called):
        return True
    return any(
        one.kind in _BRINGS
        or (one.kind in _READS and not _is_inside(one.resource, workspaces))
        or (one.kind == "call" and not _OWN.issuperset(called))
        for one in effects
    )


def _is_inside(path: str, workspaces: Sequence[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in workspaces)
