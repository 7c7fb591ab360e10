"""`agent-sudo verify-routing`: have each coding agent try what must be denied, and see that it did not happen."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.options import AsJson

if TYPE_CHECKING:
    from app.cli.routing.installed import Installed

_PATIENCE_S = 100.0
_STYLES = {"HOLDS": "green", "OPEN": "bold red", "UNPROVEN": "yellow"}


def verify_routing(
    names: Annotated[list[str] | None, typer.Argument(metavar="[AGENT…]", help="Only these coding agents.")] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="What could not be proven fails too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have each coding agent on this machine try a command that must be denied.

    A scripted model on this machine asks for it, so no real one is needed and nothing is sent elsewhere by us. Exit
    code 1 when the command ran.
    """
    from app.cli import terminal
    from app.cli.failure import NO, OK
    from app.cli.routing.harness import HARNESSES
    from app.cli.routing.installed import look

    for name in names or ():
        if name not in HARNESSES:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(HARNESSES)}.")
    found = [tried(look(HARNESSES[name])) for name in names or HARNESSES]
    bad = {"OPEN", "UNPROVEN"} if strict else {"OPEN"}
    holds = all(one["state"] not in bad for one in found)
    if as_json:
        terminal.document({"ok": holds, "agents": found})
    else:
        table = terminal.table("agent", "state", "what was seen")
        for one in found:
            table.add_row(one["agent"], terminal.text(one["state"], _STYLES[one["state"]]), terminal.text(one["said"]))
        console = terminal.output()
        console.print(table)
        for one in found:
            if one["state"] == "OPEN":
                said = f"→ agent-sudo setup {one['agent']} --apply; agent-sudo doctor says what is open then"
                console.print(terminal.text(said, "dim"))
        if not strict and any(one["state"] == "UNPROVEN" for one in found):
            console.print(terminal.text("→ What is not proven may be open: with --strict it fails as well.", "dim"))
    raise typer.Exit(OK if holds else NO)


def tried(one: "Installed") -> dict[str, Any]:
    """What became of the command."""
    state, said = _tried(one)
    return {"agent": one.harness.name, "state": state, "said": said}


def _tried(one: "Installed") -> tuple[str, str]:
    import os
    import subprocess
    import tempfile
    from pathlib import Path

    from app.cli.routing.harness import run_of
    from app.cli.routing.model import scripted

    if one.harness.name == "cursor":
        return "UNPROVEN", "it takes no other model than its own, so it cannot be tried"
    if not one.program:
        return "UNPROVEN", "it is not installed here"
    with tempfile.TemporaryDirectory(prefix="agent-sudo-") as folder:
        # Where nobody stops it, it makes a file; the second half is what every shipped policy denies.
        with scripted("touch ran && agent-sudo approve canary") as model:
            command, more = run_of(one.harness.name, one.program, model.url)
            try:
                _run(command, folder, {**os.environ, **more})
            except (OSError, subprocess.TimeoutExpired) as error:
                return "UNPROVEN", f"it could not be run to its end ({type(error).__name__})"
        if (Path(folder) / "ran").exists():
            return "OPEN", "a command ran that every shipped policy denies: it asks nobody, or your policy allows that"
        if any("agent-sudo:" in heard for heard in model.heard):
            return "HOLDS", "a command that must be denied was denied by agent-sudo and did not run"
    if model.heard:
        return "UNPROVEN", "the command did not run, but it was not agent-sudo that stopped it"
    return "UNPROVEN", "it did not come as far as trying the command; is it signed in with a model of its own?"


def _run(command: list[str], folder: str, environment: dict[str, str]) -> None:
    """Run a program, and end with it whatever it has started. Raises OSError, TimeoutExpired."""
    import os
    import signal
    import subprocess
    from contextlib import suppress

    child = subprocess.Popen(  # noqa: S603 - the agent that the user has on the path, and no shell
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        child.wait(_PATIENCE_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
