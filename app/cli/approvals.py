"""`agent-sudo approvals`: what waits for people, whole, and as it comes."""

from typing import Annotated, Any

import typer

from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="approvals", help="What waits for people: list, show, watch.", no_args_is_help=True)
ApprovalId = Annotated[str, typer.Argument(metavar="APPROVAL", help="Its id, a_…, as `approvals list` shows it.")]
_PAGE = 200


@commands.command("list")
def list_approvals(
    *,
    status: Annotated[
        str, typer.Option(metavar="STATUS", help="pending, approved, denied, expired, cancelled, consumed or any.")
    ] = "pending",
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only this agent's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="How many at most.")] = 50,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """List what waits, the gravest and soonest first; with another status, the newest first."""
    from app.cli import terminal
    from app.cli.asked import state
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    path = f"/approvals?limit={limit}&status={quoted(status)}" + (f"&agent={quoted(agent)}" if agent else "")
    page = service.get(path)
    found = page["approvals"]
    if as_json:
        terminal.lines(found)
        return
    console = terminal.output()
    if not found:
        console.print("Nothing waits." if status == "pending" else "There is none.")
        return
    table = terminal.table("approval", "state", "agent", "tool")
    for one in found:
        table.add_row(one["id"], state(one), terminal.text(one["agent"][:14]), terminal.text((one["tool"] or "")[:120]))
    console.print(table)
    if page["next"]:
        terminal.errors().print(terminal.text(f"More than {limit} fit; --limit shows up to {_PAGE}.", "dim"))


@commands.command("show")
def show_approval(
    approval: ApprovalId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show one approval: who asks and why, all of the request, what it would do, what became of it."""
    from app.cli import terminal
    from app.cli.asked import show
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = service.get(f"/approvals/{quoted(approval)}")
    if as_json:
        terminal.document(found)
    else:
        show(found)


@commands.command("watch")
def watch_approvals(
    *,
    notify: Annotated[bool, typer.Option("--notify", help="Say so on the desktop, too.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Say what waits, and whatever becomes of it, until Ctrl-C."""
    from app.cli import desktop, terminal
    from app.cli.asked import line
    from app.cli.failure import Failure
    from app.cli.service import Service

    if notify and not desktop.is_there():
        raise Failure("There is neither notify-send nor osascript here.", "Leave --notify out.")
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    page = service.get(f"/approvals?limit={_PAGE}")
    told: set[str] = set()

    def tell(one: dict[str, Any]) -> None:
        if as_json:
            terminal.lines([one])
        else:
            terminal.output().print(line(one))
        if notify and one["status"] == "pending" and one["id"] not in told:
            desktop.notify(f"{one['agent']} asks: {one['tool'] or one['id']}", f"agent-sudo approve {one['id']}")
        # Enough to notify of each once; what is over needs no place.
        (told.add if one["status"] == "pending" else told.discard)(one["id"])

    for one in page["approvals"]:
        tell(one)
    try:
        for one in service.follow("/approvals/stream", page["seq"]):
            tell(one)
    except KeyboardInterrupt:
        return
