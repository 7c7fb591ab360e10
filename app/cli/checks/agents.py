"""The coding agents of this user: which of them ask nobody, or could be made to."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.checks.line import Line
from app.cli.failure import Failure
from app.cli.routing import hooks_file
from app.cli.routing.files import text_of
from app.cli.routing.gaps import GAPS
from app.cli.routing.installed import Installed, all_installed
from app.cli.routing.listener import listener_at
from app.cli.routing.servers import servers

if TYPE_CHECKING:
    from app.settings import Settings


def examine(settings: "Settings") -> list[Line]:
    """One line an agent that is as it should be, or one for each thing that is not."""
    found = all_installed()
    lines = [line for one in found for line in _agent(one)]
    lines += _owners(settings.home_path / "hooks")
    return lines + _servers(frozenset(one.harness.name for one in found if one.hooks))


def _agent(one: Installed) -> list[Line]:
    name = one.harness.name
    if one.wrong:
        return [Line("WARN", name, one.wrong, f"agent-sudo setup {name} --print shows what to add.")]
    if not one.hooks:
        return [Line("WARN", name, "asks nobody before it runs its own tools", f"agent-sudo setup {name}")]
    tried = "nobody has tried it with a real one" if name == "cursor" else f"agent-sudo verify-routing {name} tries it"
    return list(_wrong(one)) or [Line("OK", name, f"asks by {one.way}; {tried}")]


def _wrong(one: Installed) -> Iterator[Line]:
    name = one.harness.name
    if one.missing:
        yield Line("WARN", name, f"does not tell of {', '.join(one.missing)}", f"agent-sudo setup {name} --apply")
    if any(len(handlers) > 1 for handlers in one.hooks.values()):
        yield Line("WARN", name, "asks agent-sudo twice for one call", f"agent-sudo setup {name} --apply")
    others = _others(one)
    if others:
        said = f"is stopped or let go by {others} other hook(s) as well; the strictest of them should win"
        yield Line("WARN", name, said, f"Look into {one.path}: of two gateways one is enough.")
    if name == "claude-code" and not one.version:
        said = "its version was not found, and one before 2.1.330 lets the tool run when a hook is killed"
        yield Line("WARN", name, said, "Have `claude --version` answer here, then run this again.")
    elif name == "claude-code" and not one.blocks:
        said = f"version {one.version} ignores onFailure: a hook that is killed lets the tool run"
        yield Line("WARN", name, said, "Update it to 2.1.330 or later, then agent-sudo setup claude-code --apply.")
    for gap in GAPS:
        if gap.is_of(one):
            yield Line("WARN", name, gap.said, gap.advice.format(name=name))
    if "asudo_" in text_of(one.path) and one.path.stat().st_mode & 0o077:
        yield Line("FAIL", name, f"others can read the key in {one.path}", f"chmod 600 {one.path}")


def _owners(folder: Path) -> Iterator[Line]:
    """Hooks that say no to everything, because another user has their service's port."""
    for path in sorted(folder.glob("*.conf")):
        try:
            said = dict(line.split("=", 1) for line in text_of(path).splitlines() if "=" in line)
        except Failure:
            continue
        there = listener_at(said.get("url", ""))
        if there is not None and "owner" in said and said["owner"] != str(there.uid):
            seen = f"its hook denies everything: {there} listens at {said['url']}, not user {said['owner']}"
            advice = f"Find out why. If it is agent-sudo all the same: agent-sudo setup {path.stem} --apply"
            yield Line("FAIL", path.stem, seen, advice)


def _others(one: Installed) -> int:
    """How many hooks of others decide about calls too."""
    try:
        document = hooks_file.read(text_of(one.path), str(one.path))
    except Failure:
        return 0
    entries = document.get("hooks", {}).get(one.harness.events[0], [])
    handlers = entries if one.harness.flat else [inner for group in entries for inner in group.get("hooks", ())]
    return sum(not hooks_file.is_ours(handler) for handler in handlers)


def _servers(hooked: frozenset[str]) -> list[Line]:
    loose = [one for one in servers(hooked) if not one.how]
    if not loose:
        return []
    named = ", ".join(f"{one.name} ({one.reader})" for one in loose[:8])
    advice = "Put agent-sudo-relay in front of them, or set up the hooks of the agent that uses them."
    return [Line("WARN", "mcp servers", f"nothing asks about the tools of {named}", advice)]
