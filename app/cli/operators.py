"""`agent-sudo operators`: the people who approve and administer."""

from typing import Annotated, Any

import typer

from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(
    name="operators",
    help="Who approves and administers: list, create, roles, passphrases.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The operator's name.")]
RoleName = Annotated[str, typer.Option("--role", metavar="admin|approver|auditor", help="What they may do.")]
_NEW = "\n\nWith --passphrase-stdin the new passphrase is the second line."


@commands.command("list")
def list_operators(
    *, operator: Operator = "", passphrase_stdin: PassphraseStdin = False, url: Url = "", as_json: AsJson = False
) -> None:
    """List the operators, disabled ones too."""
    from app.cli import terminal
    from app.cli.service import Service

    found = Service(url, operator, passphrase_stdin=passphrase_stdin).get("/operators")["operators"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("operator", "role", "state", "created (UTC)")
    for one in found:
        table.add_row(terminal.text(one["name"]), one["role"], one["state"], terminal.clock_time(one["created_at"]))
    terminal.output().print(table)


@commands.command("create", epilog=_NEW)
def create_operator(
    name: Name,
    *,
    role: RoleName,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Create an operator with a first passphrase, which they should change."""
    from app.cli.passphrase import new_passphrase
    from app.cli.service import Service

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    chosen = new_passphrase(from_stdin=passphrase_stdin)
    service.post("/operators", {"name": name, "role": role, "passphrase": chosen})
    _tell({"operator": name, "role": role}, f"Created {name}, {role}.", as_json=as_json)


@commands.command("role")
def set_role(
    name: Name,
    *,
    role: RoleName,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Give an operator another role."""
    from app.cli.service import Service, quoted

    Service(url, operator, passphrase_stdin=passphrase_stdin).patch(f"/operators/{quoted(name)}", {"role": role})
    _tell({"operator": name, "role": role}, f"{name} is {role} now.", as_json=as_json)


@commands.command("passphrase", epilog=_NEW)
def change_passphrase(
    *, operator: Operator = "", passphrase_stdin: PassphraseStdin = False, url: Url = "", as_json: AsJson = False
) -> None:
    """Change your own passphrase; asks for the old one."""
    from app.cli.passphrase import new_passphrase
    from app.cli.service import Service

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    name, old = service.sign_in
    service.post("/operators/passphrase", {"old": old, "new": new_passphrase(from_stdin=passphrase_stdin)})
    _tell({"operator": name}, "Changed.", as_json=as_json)


@commands.command("reset", epilog=_NEW)
def reset_passphrase(
    name: Name,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Give somebody else a new passphrase."""
    from app.cli.passphrase import new_passphrase
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    chosen = new_passphrase(from_stdin=passphrase_stdin)
    service.post(f"/operators/{quoted(name)}/reset", {"passphrase": chosen})
    _tell({"operator": name}, f"{name} signs in with the new passphrase from now on.", as_json=as_json)


@commands.command("disable")
def disable(
    name: Name,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Let an operator sign in no more; nothing recorded afterwards is theirs."""
    from app.cli.service import Service, quoted

    Service(url, operator, passphrase_stdin=passphrase_stdin).post(f"/operators/{quoted(name)}/disable", None)
    _tell({"operator": name, "state": "disabled"}, f"{name} is disabled.", as_json=as_json)


@commands.command("enable")
def enable(
    name: Name,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Let a disabled operator sign in again."""
    from app.cli.service import Service, quoted

    Service(url, operator, passphrase_stdin=passphrase_stdin).post(f"/operators/{quoted(name)}/enable", None)
    _tell({"operator": name, "state": "active"}, f"{name} may sign in again.", as_json=as_json)


def _tell(document: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    from app.cli import terminal

    if as_json:
        terminal.document(document)
    else:
        terminal.output().print(terminal.text(sentence), soft_wrap=True)
