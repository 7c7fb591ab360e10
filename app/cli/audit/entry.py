"""`agent-sudo audit show`: one entry, and how an entry reads in a few words."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.failure import Failure
from app.cli.options import AsJson

if TYPE_CHECKING:
    from app.storage.entries import Entry


def show_entry(
    seq: Annotated[int, typer.Argument(min=0, max=2**53 - 1, help="The entry's number.")], *, as_json: AsJson = False
) -> None:
    """Show one entry, with the request that it commits to unless that was erased."""
    from app.cli import terminal
    from app.cli.home import reading
    from app.services.audit import Audit
    from app.services.errors import NotFoundError

    with reading() as database:
        try:
            entry = Audit(database).entry(seq)
        except NotFoundError as error:
            raise Failure(error.detail, "agent-sudo audit list shows the newest.") from None
    if as_json:
        terminal.document(entry)
    else:
        _show(entry)


def what(entry: "Entry") -> str:
    """What an entry is about, in a few words."""
    from app.cli.requests import summary
    from app.services.shown import shown_body, shown_payload

    body, payload = shown_body(entry), shown_payload(entry)
    if _tampered(entry.type, body, payload):
        return "(tampered with: agent-sudo audit verify)"
    if entry.type == "decision":
        asked = summary(payload["request"]) if payload is not None else "(erased)"
        return f"{entry.tool}: {asked}" if asked else entry.tool or ""
    return _words({**(body.get("data") or {}), **(payload or {})})


def _tampered(type: str, body: dict[str, Any], payload: dict[str, Any] | None) -> bool:
    found = payload or {}
    return (
        "unreadable" in body or "unreadable" in found or (type == "decision" and bool(found) and "request" not in found)
    )


def _words(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_word(key, value)}" for key, value in values.items() if value not in (None, "", False))


def _word(key: str, value: Any) -> str:
    from app.audit_log.timestamp import timestamp
    from app.cli.terminal import clock_time, short

    if isinstance(value, dict):
        return f"({_words(value)})"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return clock_time(timestamp(value)) if key.endswith("_at") else short(str(value))


def _show(entry: dict[str, Any]) -> None:
    import json

    from app.cli import terminal

    body, payload = entry["body"], entry["payload"]
    if _tampered(entry["type"], body, payload):
        raise Failure(f"Entry {entry['seq']} was tampered with.", "agent-sudo audit verify; --json shows it as it is.")
    rows: list[tuple[str, object]] = [("entry", f"{entry['seq']}  {entry['type']}"), ("time", entry["ts"])]
    rows += [(name, json.dumps(body[name])) for name in ("actor",) if name in body]
    if entry["decision"]:
        rows += [
            ("decision", terminal.verdict(entry["decision"])),
            ("reason", body["reason"]),
            ("rules", ", ".join(body["rules"])),
            ("trust", body["prov"]["trust"]),
            ("policy", body["policy"]),
        ]
    if payload is not None and entry["decision"]:
        rows += [("effect", f"{one['kind']} {one['resource']}") for one in payload["effects"]]
        rows += [("request", terminal.indented(payload["request"]))]
    elif payload is not None:
        rows.append(("payload", terminal.indented(payload)))
    elif entry["decision"]:
        rows.append(("request", "(erased)"))
    if "data" in body:
        rows.append(("data", terminal.indented(body["data"])))
    rows += [("hash", entry["hash"]), ("previous", body["prev"])]
    terminal.output().print(terminal.fields(rows))
