"""`agent-sudo init`: the first operator of a home, its first agent and that agent's key."""

import os
import shlex
from typing import TYPE_CHECKING, Annotated, cast

import typer

from app.cli.failure import Failure
from app.cli.options import AsJson, PassphraseStdin, checked_kind

if TYPE_CHECKING:
    from app.core.trust import KeyKind
    from app.services.home import FirstAgent
    from app.settings import Settings

_EXAMPLE = '{"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"}'


def init(
    *,
    operator: Annotated[str, typer.Option(metavar="NAME", help="Who will administer this home.")] = "",
    passphrase_stdin: PassphraseStdin = False,
    agent: Annotated[str, typer.Option(metavar="NAME", help="The first agent.")] = "",
    key_kind: Annotated[
        str,
        typer.Option(metavar="pep|agent", help="pep: for a gate that the agent cannot read; agent: it calls itself."),
    ] = "pep",
    as_json: AsJson = False,
) -> None:
    """Prepare a home: operator, agent, and the agent's key.

    The key is shown this once. Works while the service runs. Refuses a home that has an operator.
    """
    from app.cli import terminal
    from app.cli.environment import settings
    from app.cli.home import opening

    kind = checked_kind(key_kind)
    found = settings()
    with opening():
        from app.main import open_home

        database, writer = open_home(found)
    try:
        from app.services.errors import ProblemError
        from app.services.home import has_operator, initialise

        if has_operator(database):
            raise _taken(found)
        operator, passphrase, agent = _people(operator, agent, passphrase_stdin=passphrase_stdin)
        try:
            made = initialise(database, writer, operator, passphrase, agent, cast("KeyKind", kind))
        except ProblemError as error:
            raise Failure(error.detail, "Nothing was changed.") from None
    finally:
        writer.close()
        database.dispose()
    if as_json:
        terminal.document({"operator": made.operator, "agent": made.key.agent, "agent_key": made.key.secret})
    else:
        _tell(found, made)


def _people(operator: str, agent: str, *, passphrase_stdin: bool) -> tuple[str, str, str]:
    from app.cli.passphrase import ask, new_passphrase

    operator = operator or ask("Your name as operator", "--operator NAME")
    passphrase = new_passphrase(from_stdin=passphrase_stdin)
    return operator, passphrase, agent or ask("A name for the first agent", "--agent NAME")


def _taken(found: "Settings") -> Failure:
    return Failure(
        f"The home {found.home_path} has an operator already.",
        "They make keys with `agent-sudo keys create`. For another home set AGENT_SUDO_HOME.",
    )


def _tell(found: "Settings", made: "FirstAgent") -> None:
    from app.cli import terminal
    from app.cli.service import default_url

    console = terminal.output()
    console.print(
        terminal.fields(
            (
                ("home", found.home_path),
                ("operator", made.operator),
                ("agent", made.key.agent),
                ("key", terminal.text(made.key.secret, "bold")),
            )
        )
    )
    console.print("\nThe key is shown this once. Ask for a first decision, while the service runs:\n")
    print(f"  export AGENT_KEY={made.key.secret}")
    print(f'  curl -s {default_url(found)}/evaluate -H "Authorization: Bearer $AGENT_KEY" \\')
    print(f"  -d {shlex.quote(_EXAMPLE)}")
    if "AGENT_SUDO_HOME" not in os.environ:
        console.print("\nThen look at the log: agent-sudo audit list", style="dim")
