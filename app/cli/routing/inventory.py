"""`agent-sudo inventory`: which coding agents and MCP servers there are, and which of them ask before they act."""

from typing import Any

from app.cli.options import AsJson


def inventory(*, as_json: AsJson = False) -> None:
    """Show the coding agents and MCP servers of this user, and which ask before they act; reads only."""
    from app.cli import terminal
    from app.cli.routing.installed import all_installed
    from app.cli.routing.servers import servers

    agents = all_installed()
    found = servers(frozenset(one.harness.name for one in agents if one.hooks))
    if as_json:
        terminal.document({"agents": [_wire(one) for one in agents], "servers": [_server(one) for one in found]})
        return
    console = terminal.output()
    if not agents and not found:
        console.print("This user has no coding agent and no MCP server that is known here.")
        return
    table = terminal.table("agent", "version", "asks", "file")
    for one in agents:
        asks = "no" if not one.hooks else f"partly: not on {', '.join(one.missing)}" if one.missing else f"by {one.way}"
        table.add_row(
            one.harness.name,
            terminal.text(one.version or "not found"),
            terminal.text(one.wrong or asks),
            terminal.text(str(one.path)),
        )
    if agents:
        console.print(table)
    if found:
        rows = terminal.table("MCP server", "used by", "asked about by")
        for server in found:
            rows.add_row(terminal.text(server.name), server.reader, server.how or "nothing")
        console.print(rows)
    loose = [one.harness.name for one in agents if one.missing and not one.wrong]
    loose += [server.program for server in found if not server.how]
    for name in dict.fromkeys(loose):
        console.print(terminal.text(f"→ agent-sudo setup {name}", "dim"))


def _wire(one: Any) -> dict[str, Any]:
    return {
        "agent": one.harness.name,
        "program": one.program or None,
        "version": one.version or None,
        "file": str(one.path),
        "events": sorted(one.hooks),
        "missing": list(one.missing),
        "way": one.way or None,
        "wrong": one.wrong or None,
    }


def _server(one: Any) -> dict[str, Any]:
    return {"name": one.name, "used_by": one.reader, "asked_about_by": one.how or None}
