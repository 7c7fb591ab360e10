"""What an approval is about, as it is shown before anybody is asked: all of the request, each character visible."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.cli import terminal

if TYPE_CHECKING:
    from rich.text import Text


def show(one: dict[str, Any]) -> None:
    """Print it. Nothing of the request is left out, cut or interpreted."""
    from app.cli.branches import drawn

    console = terminal.output()
    console.print(terminal.fields(_about(one)))
    request = one["request"]
    if request is None:
        console.print("\nThe request was erased.", style="dim")
        return
    _show_request("Exactly this would run:" if one["status"] == "pending" else "Exactly this was asked:", request)
    if one["edited_arguments"] is not None:
        _show_request("These arguments were approved instead:", one["edited_arguments"])
    console.print()
    console.print(drawn("What that does:", one["tree"] or [], one["flat"]))


def show_instead(request: dict[str, Any], arguments: dict[str, Any]) -> None:
    """Print the same request with other arguments, whole as `show` does, and where it differs."""
    from app.cli.branches import drawn_here
    from app.cli.edit import difference
    from app.services.drawn import drawn_anew

    console = terminal.output()
    instead = {**request, "arguments": arguments}
    _show_request("Exactly this would run:", instead)
    console.print("\nWhat you changed:", style="bold")
    console.print(difference(request.get("arguments", {}), arguments))
    console.print()
    console.print(drawn_here("What that does:", drawn_anew(instead)))


def _about(one: dict[str, Any]) -> list[tuple[str, object]]:
    strong = one["level"] == "REQUIRE_STRONG_APPROVAL"
    who = one["agent"] + (f", saying it is {one['actor']}" if one["actor"] and one["actor"] != one["agent"] else "")
    rows: list[tuple[str, object]] = [("approval", one["id"]), ("state", state(one)), ("agent", who)]
    rows += [("key", one["key"]), ("session", one["session_id"] or "none")]
    rows += [("rules", ", ".join(one["rules"])), ("reason", one["reason"] or "")]
    trust = one["trust"] + (", after external content" if one["tainted"] else "")
    rows.append(("trust", terminal.text(trust, "yellow" if one["tainted"] else "")))
    rows += [("needs", "a passphrase with the answer")] if strong else []
    rows += [("needs", _quorum(quorum)) for quorum in one["quorums"]]
    rows += [("agreed", ", ".join(vote["operator"] for vote in one["votes"]))] if one["votes"] else []
    rows += [("waiting", f"{one['waiting']} callers")] if one["waiting"] else []
    if one["status"] == "pending":
        rows.append(("until", f"{terminal.clock_time(one['expires_at'])} UTC, {left(one)} left"))
    elif one["decided_by"]:
        rows.append(("answer", f"by {one['decided_by']}, {terminal.clock_time(one['decided_at'])} UTC"))
    rows += [("message", one["message"])] if one["message"] else []
    if one["status"] in ("approved", "consumed"):
        uses = "any number" if one["uses"] is None else one["uses"]
        rows.append(("used", f"{one['used']} of {uses}"))
    return rows


def _quorum(quorum: dict[str, Any]) -> str:
    words = [f"{quorum['need']} to agree"]
    if quorum["of"]:
        words.append(f"of {', '.join(quorum['of'])}")
    if not quorum["owner"]:
        words.append("not the agent's owner")
    return ", ".join(words)


def _show_request(title: str, value: Any) -> None:
    console = terminal.output()
    console.print(f"\n{title}", style="bold")
    console.print(terminal.indented(value))
    alike = sorted(terminal.mixed_words(value))
    if alike:
        console.print(terminal.text("! Letters of several scripts in one word: " + ", ".join(alike), "bold red"))


def line(one: dict[str, Any]) -> "Text":
    """One approval on one line, as `watch` tells of it."""
    what = terminal.text(one["id"] + "  ") + state(one)
    by = f" by {one['decided_by']}" if one["decided_by"] and one["status"] != "pending" else ""
    return what + terminal.text(f"{by}  {one['agent'][:64]}  {(one['tool'] or '')[:120]}")


def state(one: dict[str, Any]) -> "Text":
    """How it stands: of what waits, how grave it is and how long it still does."""
    if one["status"] != "pending":
        return terminal.text(one["code"], "dim")
    style = {"critical": "bold red", "high": "yellow"}.get(one["risk"], "")
    return terminal.text(one["risk"], style) + terminal.text(f" {left(one)}", "dim")


def left(one: dict[str, Any]) -> str:
    """How long it can still be answered: `1:59`."""
    seconds = max(0, int((datetime.fromisoformat(one["expires_at"]) - datetime.now(UTC)).total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
