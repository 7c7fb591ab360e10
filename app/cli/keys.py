"""`agent-sudo keys`: how agents prove who they are."""

from typing import Annotated, Any

import typer

from app.cli.durations import seconds
from app.cli.options import AsJson, Operator, PassphraseStdin, Url, checked_kind

commands = typer.Typer(name="keys", help="Agents' keys: list, create, rotate, revoke.", no_args_is_help=True)
AgentName = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name.")]
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, k_…, as `keys list` shows it.")]
Ttl = Annotated[str, typer.Option(metavar="30m|24h|7d", help="When it expires; default: never.")]


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
    table = terminal.table("key", "kind", "state", "last used (UTC)", "speaks for")
    for one in found:
        used = terminal.clock_time(one["last_used_at"])[:16]
        table.add_row(one["id"], one["kind"], _state(one), used, terminal.text(", ".join(one["agents"])))
    terminal.output().print(table)


@commands.command("create")
def create_key(
    agent: AgentName,
    *,
    kind: Annotated[
        str,
        typer.Option(metavar="pep|agent", help="pep: for a gate that the agent cannot read; agent: it calls itself."),
    ] = "pep",
    ttl: Ttl = "",
    also: Annotated[
        list[str] | None, typer.Option(metavar="AGENT", help="A further agent that a pep key speaks for; repeat it.")
    ] = None,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Make a key, shown this once."""
    from app.cli.service import Service, quoted

    body = {"kind": checked_kind(kind), "ttl_seconds": seconds(ttl) if ttl else None, "also": also or []}
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    _show(service.post(f"/agents/{quoted(agent)}/keys", body), as_json=as_json)


@commands.command("rotate")
def rotate_key(
    agent: AgentName,
    key: KeyId,
    *,
    overlap: Annotated[str, typer.Option(metavar="0|30m|24h", help="How long the old key goes on working.")] = "24h",
    ttl: Ttl = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Make a key with the rights of an old one, which ends when the overlap does."""
    from app.cli.service import Service, quoted

    body = {"overlap_seconds": seconds(overlap) if overlap != "0" else 0, "ttl_seconds": seconds(ttl) if ttl else None}
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    _show(service.post(f"/agents/{quoted(agent)}/keys/{quoted(key)}/rotate", body), as_json=as_json)


def _show(made: dict[str, Any], *, as_json: bool) -> None:
    from app.cli import terminal

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
    key: KeyId,
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
        return f"revoked {clock_time(key['revoked_at'])[:16]}"
    return f"until {clock_time(key['expires_at'])[:16]}" if key["expires_at"] else "live"
