"""`agent-sudo keys`: how agents prove who they are."""

from typing import Annotated, Any

import typer

from app.cli.durations import seconds
from app.cli.options import AsJson, Operator, PassphraseStdin, Url, checked_kind

commands = typer.Typer(name="keys", help="Agents' keys: list, create, revoke.", no_args_is_help=True)
AgentName = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name.")]


@commands.command("list")
def list_keys(
    agent: AgentName,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """List an agent's keys, revoked ones too; never their secrets."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = service.get(f"/agents/{quoted(agent)}/keys")["keys"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("key", "kind", "created (UTC)", "state")
    for one in found:
        table.add_row(one["id"], one["kind"], terminal.clock_time(one["created_at"]), _state(one))
    terminal.output().print(table)


@commands.command("create")
def create_key(
    agent: AgentName,
    *,
    kind: Annotated[
        str,
        typer.Option(metavar="pep|agent", help="pep: for a gate that the agent cannot read; agent: it calls itself."),
    ] = "pep",
    ttl: Annotated[str, typer.Option(metavar="30m|24h|7d", help="When it expires; default: never.")] = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Make a key, shown this once."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    body = {"kind": checked_kind(kind), "ttl_seconds": seconds(ttl) if ttl else None}
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    made = service.post(f"/agents/{quoted(agent)}/keys", body)
    if as_json:
        terminal.document(made)
        return
    rows = [("key", terminal.text(made["key"], "bold")), ("id", made["id"]), ("kind", made["kind"])]
    if made["expires_at"]:
        rows.append(("expires", terminal.clock_time(made["expires_at"]) + " UTC"))
    console = terminal.output()
    console.print(terminal.fields(rows))
    console.print("\nThe key is shown this once.", style="dim")


@commands.command("revoke")
def revoke_key(
    agent: AgentName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, k_…, as `keys list` shows it.")],
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Revoke a key: nothing recorded afterwards relies on it."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    service.delete(f"/agents/{quoted(agent)}/keys/{quoted(key)}")
    if as_json:
        terminal.document({"agent": agent, "key": key, "revoked": True})
    else:
        terminal.output().print(f"Revoked. Nothing recorded from now on relies on {terminal.safe(key)}.")


def _state(key: dict[str, Any]) -> str:
    from app.cli.terminal import clock_time

    if key["revoked_at"]:
        return f"revoked {clock_time(key['revoked_at'])}"
    return f"until {clock_time(key['expires_at'])}" if key["expires_at"] else "live"
