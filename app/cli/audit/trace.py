"""`agent-sudo audit trace`: the life of one thing, as the log tells it."""

from typing import Annotated

import typer

from app.cli.failure import Failure
from app.cli.options import AsJson


def trace(
    token: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Of an evaluation, key, approval, delegation, session or policy; its beginning will do."
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Show every entry that names an id, oldest first."""
    from app.cli import terminal
    from app.cli.audit.listing import table
    from app.cli.home import reading
    from app.cli.progress import progress
    from app.services.errors import InvalidError
    from app.services.shown import shown
    from app.services.trace import trace as traced
    from app.storage.entries import find_entry

    with reading() as database, progress("trace", quiet=as_json) as tell:
        try:
            found = traced(database, token, tell)
        except InvalidError as error:
            raise Failure(error.detail, "agent-sudo audit list --json shows ids whole.") from None
        if not found:
            raise Failure(f"The log says nothing of {token!r}.", "agent-sudo audit list --json shows ids whole.")
        if not as_json:
            # What was asked stands in payloads, which were not read.
            with database.read() as connection:
                found = [find_entry(connection, one.seq) or one for one in found]
    if as_json:
        terminal.lines([shown(entry) for entry in found])
    else:
        terminal.output().print(table(found))
