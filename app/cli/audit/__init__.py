"""`agent-sudo audit`: the log, read, verified and exported. Needs no service and writes nothing to the home."""

import typer

from app.cli.audit import entry, exporting, listing, review, trace, verifying

commands = typer.Typer(name="audit", help="The log: list, show, review, trace, export, verify.", no_args_is_help=True)
commands.command("list")(listing.list_entries)
commands.command("show")(entry.show_entry)
commands.command("review")(review.review)
commands.command("trace")(trace.trace)
commands.command("export")(exporting.export_log)
commands.command("verify")(verifying.verify)
