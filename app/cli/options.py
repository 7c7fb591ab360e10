"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Operator = Annotated[str, typer.Option("--operator", metavar="NAME", help="Who you are; asked for when left out.")]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input (its first line).")
]
Url = Annotated[
    str,
    typer.Option("--url", envvar="AGENT_SUDO_URL", help="Where the service is; default: where the settings say."),
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="Judge by this file instead of the policy in force.")
]
Agent = Annotated[str, typer.Option("--agent", metavar="NAME", help="The agent that would call.")]
Kind = Annotated[str, typer.Option("--kind", metavar="pep|agent", help="The kind of its key.")]
Workspaces = Annotated[
    list[Path] | None,
    typer.Option("--workspace", metavar="DIR", help="What $workspace stands for; may be given several times."),
]


def checked_kind(kind: str) -> str:
    """`pep` or `agent`, else a usage error."""
    if kind not in ("pep", "agent"):
        raise typer.BadParameter(f"{kind!r} is neither pep nor agent.")
    return kind
