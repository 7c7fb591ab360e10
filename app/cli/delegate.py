"""`agent-sudo delegate`: what an agent may do for a while without being asked about it."""

from typing import Annotated, Any

import typer

from app.cli.durations import seconds
from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="delegate", help="Delegations: create, list, show, revoke, trace.", no_args_is_help=True)
DelegationId = Annotated[str, typer.Argument(metavar="DELEGATION", help="Its id, d_…, as `delegate list` shows it.")]
_FIELDS = ("allowed_actions", "allowed_paths", "hosts", "commands", "denied_actions")


@commands.command("create")
def create_delegation(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent, or a part of it: coder/reader.")],
    *,
    allow: Annotated[list[str] | None, typer.Option(metavar="ACTION", help="A tool it may use: read_file.")] = None,
    path: Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="Where: /srv/project/**.")] = None,
    host: Annotated[list[str] | None, typer.Option(metavar="HOST", help="A host it may reach.")] = None,
    command: Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="For shell: git status *.")] = None,
    deny: Annotated[list[str] | None, typer.Option(metavar="ACTION", help="A tool denied to it meanwhile.")] = None,
    when: Annotated[str, typer.Option(metavar="CEL", help="A condition, as in the policy.")] = "",
    session: Annotated[str, typer.Option(metavar="SESSION", help="Only in this session.")] = "",
    ttl: Annotated[str, typer.Option(metavar="30m|2h|7d", help="How long it lasts.")] = "1h",
    uses: Annotated[int | None, typer.Option(metavar="N", help="How often; default: any number of times.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the log.")] = "",
    critical: Annotated[bool, typer.Option("--critical", help="Also where a strong approval is asked for.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Allow something ahead of time. It covers exactly what it names; the other options may be given several times."""
    from app.cli import terminal
    from app.cli.service import Service

    body: dict[str, Any] = {
        "agent": agent,
        "ttl_seconds": seconds(ttl),
        "max_uses": uses,
        "session_id": session or None,
        "when": when,
        "reason": reason,
        "critical": critical,
        **{name: given or [] for name, given in zip(_FIELDS, (allow, path, host, command, deny), strict=True)},
    }
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    if critical:
        body["passphrase"] = service.sign_in[1]
    made = service.post("/delegations", body)
    if as_json:
        terminal.document(made)
    else:
        _show(made)


@commands.command("list")
def list_delegations(
    *,
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only this agent's.")] = "",
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that can no longer be used too.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """List the delegations that can be used, the newest first."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    query = f"?limit=1000&live={'false' if all_of_them else 'true'}" + (f"&agent={quoted(agent)}" if agent else "")
    found = service.get(f"/delegations{query}")["delegations"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("delegation", "agent", "state", "uses", "until (UTC)", "covers")
    for one in found:
        covers = ", ".join((*one["allowed_actions"], *(f"not {action}" for action in one["denied_actions"])))
        within = ", ".join((*one["allowed_paths"], *one["hosts"], *one["commands"]))
        table.add_row(
            one["id"],
            terminal.text(one["agent"]),
            one["state"],
            _uses(one),
            terminal.clock_time(one["expires_at"]),
            terminal.text(f"{covers}: {within}" if within else covers),
        )
    terminal.output().print(table)


@commands.command("show")
def show_delegation(
    delegation: DelegationId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show one delegation, how it stands, and what is broad about it."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = service.get(f"/delegations/{quoted(delegation)}")
    if as_json:
        terminal.document(found)
    else:
        _show(found)


@commands.command("revoke")
def revoke_delegation(
    delegation: DelegationId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Revoke a delegation: nothing recorded afterwards relies on it."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    service.delete(f"/delegations/{quoted(delegation)}")
    if as_json:
        terminal.document({"delegation": delegation, "revoked": True})
    else:
        terminal.output().print(f"Revoked. Nothing recorded from now on relies on {terminal.safe(delegation)}.")


@commands.command("trace")
def trace_delegation(
    delegation: DelegationId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Its life as the log tells it: who issued it, every decision that relied on it, who revoked it."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found: list[Any] = []
    after: int | None = -1
    while after is not None:
        page = service.get(f"/delegations/{quoted(delegation)}/trace?limit=1000&after={after}")
        found += page["entries"]
        after = page["next"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("seq", "time (UTC)", "what", "who", "tool")
    for one in found:
        actor = one["body"]["actor"]
        who = actor.get("name") or actor.get("agent") or actor.get("operator")
        what = one["decision"] or one["type"]
        time = terminal.clock_time(one["ts"])
        table.add_row(str(one["seq"]), time, what, terminal.text(who), terminal.text(one["tool"] or ""))
    terminal.output().print(table)


def _show(one: dict[str, Any]) -> None:
    from app.cli import terminal

    rows: list[tuple[str, Any]] = [("delegation", one["id"]), ("agent", one["agent"]), ("state", one["state"])]
    if one["session_id"]:
        rows.append(("session", one["session_id"]))
    rows += [(name.replace("_", " "), ", ".join(one[name])) for name in _FIELDS if one[name]]
    rows += [(name, one[name]) for name in ("when", "reason") if one[name]]
    rows += [("critical", "yes")] if one["critical"] else []
    rows += [("uses", _uses(one)), ("issued by", one["issued_by"])]
    rows.append(("until", terminal.clock_time(one["expires_at"]) + " UTC"))
    if one["revoked_at"]:
        rows.append(("revoked", f"{terminal.clock_time(one['revoked_at'])} UTC by {one['revoked_by']}"))
    console = terminal.output()
    console.print(terminal.fields(rows))
    for warning in one["warnings"]:
        console.print(terminal.text(f"! {warning}", "yellow"))


def _uses(one: dict[str, Any]) -> str:
    return f"{one['uses']} of {one['max_uses']}" if one["max_uses"] is not None else str(one["uses"])
