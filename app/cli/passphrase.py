"""Asking people, and reading passphrases: from a terminal without echo, or from standard input for scripts."""

import sys

from app.cli.failure import Failure

_LONGEST = 4_096
_SHORTEST = 8


def ask(question: str, option: str) -> str:
    """Ask at the terminal; where nobody sits, say which option answers."""
    from app.cli.terminal import is_interactive

    if not is_interactive():
        raise Failure(f"{option} is missing, and there is no terminal to ask at.")
    import typer

    return str(typer.prompt(question, err=True)).strip()


def passphrase(name: str, *, from_stdin: bool) -> str:
    """The passphrase of the operator `name`."""
    if from_stdin:
        return _first_line()
    return _hidden(f"Passphrase of {name}")


def new_passphrase(*, from_stdin: bool) -> str:
    """A passphrase that is being chosen: at a terminal it is asked for twice."""
    if from_stdin:
        return _first_line()
    from app.cli import terminal

    # Whoever mistypes is asked again: what they type next, into a shell, would stand in its history.
    while True:
        chosen = _hidden("A passphrase (8 characters or more)")
        if len(chosen) < _SHORTEST:
            terminal.errors().print("That is too short.")
        elif chosen == _hidden("Once more"):
            return chosen
        else:
            terminal.errors().print("The two differ.")


def _first_line() -> str:
    line = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    if not line:
        raise Failure("Standard input holds no passphrase in its first line.")
    return line


def _hidden(question: str) -> str:
    from app.cli.terminal import is_interactive, safe

    if not is_interactive():
        raise Failure("There is no terminal to ask for the passphrase at.", "Use --passphrase-stdin.")
    import typer

    return str(typer.prompt(safe(question), hide_input=True, err=True))
