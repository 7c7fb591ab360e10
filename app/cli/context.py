"""`agent-sudo context`: where one stands, by which policy, and what an agent may do here."""

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.options import Agent, AsJson, Kind, PolicyFile, Workspaces, checked_kind

if TYPE_CHECKING:
    from app.cli.home import Judged
    from app.core.model import ActionRequest

# What agents do all day: each is judged as the wish of a user, here.
_CALLS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("read a file here", "read_file", {"path": "README.md"}),
    ("write a file here", "write_file", {"path": "notes.md", "content": ""}),
    ("look around", "shell", {"command": "ls -la && git status"}),
    ("run the tests", "shell", {"command": "pytest -q"}),
    ("commit", "shell", {"command": "git commit -m work"}),
    ("push", "shell", {"command": "git push origin main"}),
    ("install a package", "shell", {"command": "pip install requests"}),
    ("fetch a page", "shell", {"command": "curl -s https://example.com"}),
    ("send an e-mail", "send_email", {"to": "someone@example.com"}),
    ("read a private key", "read_file", {"path": "~/.ssh/id_ed25519"}),
    ("use a tool nobody knows", "some_tool", {}),
)


def context(
    *,
    policy: PolicyFile = None,
    agent: Agent = "",
    kind: Kind = "pep",
    workspace: Workspaces = None,
    as_json: AsJson = False,
) -> None:
    """Say where you are, what counts here, and what may be done.

    Needs no service, records nothing.
    """
    from app.cli import terminal
    from app.cli.home import judged

    by = judged(policy, workspace)
    here, allowed = _here(by), _judged(by, agent, checked_kind(kind))
    if as_json:
        terminal.document({**here, "allowed": allowed})
    else:
        _show(here, allowed)


def _here(by: "Judged") -> dict[str, Any]:
    from app import __version__
    from app.cli.environment import settings
    from app.cli.home import has_home
    from app.cli.service import default_url

    found, cwd = settings(), Path.cwd()
    root = next((one for one in (cwd, *cwd.parents) if (one / ".git").exists()), None)
    return {
        "version": __version__,
        "user": _user(),
        "cwd": str(cwd),
        "repository": str(root) if root else None,
        "branch": _branch(root) if root else None,
        "home": str(found.home_path),
        "has_home": has_home(found),
        "service": default_url(found),
        "policy": by.policy,
        "default": by.rules.default.stance.name.lower(),
        "workspaces": list(by.workspaces),
        "inside": any(cwd.is_relative_to(one) for one in by.workspaces),
    }


def _user() -> str:
    """By the system, not by the environment, which anybody sets; containers run as users without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _branch(root: Path) -> str | None:
    """The branch by its file: running git would run what the repository configures."""
    file = root / ".git" / "HEAD"
    try:
        # Whoever made the repository may have put a pipe or a file without end there.
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            head = opened.read(1_000).decode(errors="replace").strip()
    except OSError:
        return None
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None


def _judged(by: "Judged", agent: str, kind: str) -> list[dict[str, Any]]:
    from app.cli.judging import Caller, judge

    found = []
    for what, tool, arguments in _CALLS:
        decision = judge(by, Caller(agent, kind), _request(tool, arguments))
        found.append(
            {"what": what, "decision": decision.verdict.value, "reason": decision.reason, "rules": [*decision.rules]}
        )
    return found


def _request(tool: str, arguments: dict[str, str]) -> "ActionRequest":
    from app.core.model import ActionRequest

    return ActionRequest(tool=tool, arguments=arguments, source="user", cwd=str(Path.cwd()), home=str(Path.home()))


def _show(here: dict[str, Any], allowed: list[dict[str, Any]]) -> None:
    from app.cli import terminal

    console = terminal.output()
    home = here["home"] if here["has_home"] else f"{here['home']} (not made yet: agent-sudo init)"
    roots = ", ".join(here["workspaces"]) or "none (agent-sudo workspace set FOLDER)"
    rows: list[tuple[str, object]] = [
        ("you", here["user"]),
        ("here", f"{here['cwd']}{'' if here['inside'] else ' (in no workspace)'}"),
        ("home", home),
        ("service", here["service"]),
        ("policy", f"{terminal.short(here['policy'])}, what no rule names: {here['default']}"),
        ("workspaces", roots),
    ]
    if here["repository"]:
        branch = f", branch {here['branch']}" if here["branch"] else ""
        rows.insert(2, ("repository", f"{here['repository']}{branch}"))
    console.print(terminal.fields(rows))
    console.print()
    table = terminal.table("may an agent", "decision", "why")
    for one in allowed:
        table.add_row(one["what"], terminal.verdict(one["decision"]), terminal.text(one["reason"], "dim"))
    console.print(table)
