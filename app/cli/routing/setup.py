"""`agent-sudo setup`: put agent-sudo before the tools of a coding agent."""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from app.cli.options import Operator, PassphraseStdin, Url

if TYPE_CHECKING:
    from app.cli.routing.harness import Harness, Shim

_NAMES = "claude-code, claude-desktop, codex, gemini, copilot, cursor or vscode."
_UNSEEN = "asudo_…"


def setup(
    name: Annotated[str, typer.Argument(metavar="PROGRAM", help=_NAMES)],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this nothing is changed.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Print the file as it would be.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take our hooks out again.")] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Claude Code: it asks over HTTP by itself, which is quicker and less tight.")
    ] = False,
    agent: Annotated[str, typer.Option(metavar="NAME", help="Who asks; default: the coding agent's name.")] = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
) -> None:
    """Have a program ask before its tools; shows what would change, and changes it with --apply."""
    from app.cli import terminal
    from app.cli.environment import settings
    from app.cli.failure import Failure
    from app.cli.routing import files, hooks_file
    from app.cli.service import default_url

    folder = settings().home_path / "hooks"
    service = url.rstrip("/") or default_url(settings())
    change = _change(name, folder, service, http=http)
    try:
        before = files.text_of(change.path)
        document = hooks_file.read(before, str(change.path))
    except Failure as failure:
        if not show or change.found is not None:
            hint = "Add by hand what --print shows." if change.found is None else failure.hint
            raise Failure(failure.message, hint) from None
        before, document = "", {}
    if change.found is not None and not remove and not change.found(document):
        said = f"{change.path} names no MCP server that the relay can stand before."
        raise Failure(
            said, "Add one there, or agent-sudo's own (docs/integrations/claude-desktop.md), and run this again."
        )
    key = _UNSEEN
    if apply and not remove:
        key = _key(folder, name, agent or name, operator, url, passphrase_stdin=passphrase_stdin)
    changed = change.without(document) if remove else change.done(document, key)
    after = hooks_file.write(changed, before) if changed or before else ""
    # INVARIANT: what is shown holds no secret of ours, whatever is written.
    seen_before, seen_after = _masked(before), _masked(after)
    console = terminal.output()
    if show:
        _print(seen_after)
        return
    if remove and seen_after == seen_before:
        console.print(terminal.text(f"{change.path} holds nothing of ours."), soft_wrap=True)
        return
    _print(files.difference(change.path, seen_before, seen_after) or f"{change.path} is as it should be.", marked=True)
    if not apply:
        # What stands in the environment stands there the next time as well.
        given = {
            "--agent": agent,
            "--operator": operator,
            "--url": url if url != os.environ.get("AGENT_SUDO_URL") else "",
        }
        flags = ["--remove"] * remove + ["--http"] * http + [word for pair in given.items() if pair[1] for word in pair]
        for line in _not_yet(name, folder, agent or name, flags, remove=remove):
            console.print(terminal.text(line, "dim"), soft_wrap=True)
        return
    if not remove:
        _install(folder, name, service)
    if after != before:
        kept = files.replace(change.path, after, private=change.holds_key and not remove)
        console.print(f"\nWritten.{f' What was there is kept as {terminal.safe(str(kept))}.' if kept else ''}")
    for line in _left(folder, name, agent or name) if remove else change.advice():
        console.print(terminal.text(line, "dim"))


@dataclass(frozen=True)
class _Change:
    """What is done to a program's file. `done` is given the key, which then stands in the file or not.

    `advice` says what is left to do, once the file is written. `found`, where only what is there already can be
    changed: whether there is anything.
    """

    path: Path
    done: Callable[[dict[str, Any], str], dict[str, Any]]
    without: Callable[[dict[str, Any]], dict[str, Any]]
    holds_key: bool
    advice: Callable[[], Iterable[str]]
    found: Callable[[dict[str, Any]], bool] | None = None


def _change(name: str, folder: Path, service: str, *, http: bool) -> _Change:
    from app.cli.routing import hooks_file, relayed
    from app.cli.routing.harness import HARNESSES
    from app.cli.routing.installed import look

    if name in relayed.READERS:
        reader = relayed.READERS[name]
        return _Change(
            relayed.path_of(reader),
            lambda document, key: relayed.with_relay(reader, document, service, key),
            lambda document: relayed.without_relay(reader, document),
            holds_key=True,
            advice=lambda: (
                "Install the relay where it is found: pip install ./clients/python ./clients/mcp",
                "Servers that are reached with headers of their own, or by SSE, stay as they are: agent-sudo inventory",
                f"Start {name} anew: it starts its servers when it starts.",
            ),
            found=lambda document: relayed.can_relay(reader, document),
        )
    harness = HARNESSES.get(name)
    if harness is None:
        raise typer.BadParameter(f"{name!r} is none of {', '.join((*HARNESSES, *relayed.READERS))}.")
    found = look(harness)
    if http and not (name == "claude-code" and found.blocks):
        raise typer.BadParameter("--http is for Claude Code 2.1.330 and later; nothing else blocks when that fails.")
    over_http = http
    hook = _shim(folder, harness)
    return _Change(
        found.path,
        lambda document, key: hooks_file.with_ours(
            harness, document, _handlers(harness, hook, service if over_http else "", key)
        ),
        lambda document: hooks_file.without_ours(harness, document),
        holds_key=over_http,
        advice=lambda: _advice(found.harness),
    )


def _print(text: str, *, marked: bool = False) -> None:
    from app.cli import terminal

    styles = {"+++": "bold", "---": "bold", "@": "cyan", "+": "green", "-": "red"} if marked else {}
    for line in text.splitlines():
        style = next((style for begin, style in styles.items() if line.startswith(begin)), "")
        terminal.output().print(terminal.text(line, style), soft_wrap=True)


def _not_yet(name: str, folder: Path, agent: str, flags: list[str], *, remove: bool) -> Iterator[str]:
    """What --apply would do besides, and how to have it done."""
    yield ""
    if not remove:
        key = "its key" if (folder / f"{name}.key").exists() else f"a new key for the agent {agent}"
        yield f"The hook and {key} would lie in {folder}."
    if name == "codex" and not remove:
        yield "Codex would be told that these hooks are trusted."
    yield "Nothing was changed. To do it:"
    yield f"  {shlex.join(['agent-sudo', 'setup', name, *flags, '--apply'])}"


def _left(folder: Path, name: str, agent: str) -> Iterator[str]:
    """What is left to do once our hooks are out."""
    yield f"What runs now still asks: start {name} anew."
    if (folder / f"{name}.key").exists():
        yield f"Its key still works, and lies in {folder} with the hook. To end it:"
        yield f"  {shlex.join(['agent-sudo', 'keys', 'list', agent])}"
        yield f"  {shlex.join(['agent-sudo', 'keys', 'revoke', agent])} KEY"


def _handlers(harness: "Harness", shim: "Shim", service: str, key: str) -> dict[str, Any]:
    """What is run on each event: a request where `service` is given, else the command hook."""
    if not service:
        return {event: harness.handler(event, shim) for event in harness.events}
    from app.cli.routing.harness import TIMEOUT_S

    home = quote(str(Path.home()))
    return {
        event: {
            "type": "http",
            "url": f"{service}/hooks/{harness.name}?event={event}&home={home}",
            "timeout": TIMEOUT_S,
            "headers": {"Authorization": f"Bearer {key}"},
            "onFailure": "block",
        }
        for event in harness.events
    }


def _shim(folder: Path, harness: "Harness") -> "Shim":
    from app.cli.routing.harness import OURS, Shim

    # A virtual environment may go; the interpreter that it was made from stays.
    return Shim(os.path.realpath(sys.executable), folder / OURS, folder / f"{harness.name}.conf")


def _key(folder: Path, harness: str, agent: str, operator: str, url: str, *, passphrase_stdin: bool) -> str:
    """The key that the hook bears: the one that it has, else a new one, in a file that nobody else can read."""
    from app.cli.routing import files
    from app.cli.service import Service, quoted

    path = folder / f"{harness}.key"
    if text := files.text_of(path).strip():
        return text
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    if all(one["name"] != agent for one in service.get("/agents")["agents"]):
        service.post("/agents", {"name": agent})
    made = service.post(f"/agents/{quoted(agent)}/keys", {"kind": "pep", "ttl_seconds": None, "also": []})
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.replace(path, f"{made['key']}\n", private=True)
    return str(made["key"])


def _install(folder: Path, harness: str, service: str) -> None:
    """The command hook and its configuration, in our own home, which policies keep from agents."""
    import py_compile

    from app.cli.routing import files
    from app.cli.routing.listener import listener_at
    from app.data import data

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = {folder / one.name: one.read_text("utf-8") for one in (data("clients") / "hooks").glob("*.py")}
    config = folder / f"{harness}.conf"
    text = f"url={service}\nkey_file={folder / f'{harness}.key'}\n"
    # INVARIANT: whose service it is, is learnt when an operator sets it up, and kept while it does not run.
    before = files.text_of(config)
    there = listener_at(service)
    if there is not None:
        text += f"owner={there.uid}\n"
    elif before.startswith(text):
        text = before
    for path, wanted in (parts | {config: text}).items():
        if files.text_of(path) != wanted:
            files.replace(path, wanted, private=True)
    for path in parts:
        # The hook starts for each call: what it imports is compiled once, also where it may not write later.
        py_compile.compile(str(path), doraise=True)


def _masked(text: str) -> str:
    import re

    return re.sub(r"asudo_[A-Za-z0-9_-]+", _UNSEEN, text)


def _advice(harness: "Harness") -> Iterator[str]:
    from app.cli.routing import codex
    from app.cli.routing.installed import look

    if harness.name == "codex" and not codex.trust(look(harness)):
        yield "Codex skips hooks that nobody has trusted: start it once and trust them (/hooks)."
    yield f"Start {harness.name} anew: it reads its hooks when it starts."
    yield "Register the folders that are worked in: agent-sudo workspace set FOLDER"
    if harness.name == "cursor":
        yield "Then see that it holds: have it run `agent-sudo approve canary`, which must be denied."
    else:
        yield f"Then see that it holds: agent-sudo verify-routing {harness.name}"
