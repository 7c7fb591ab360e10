"""Pages put together: templates, the words that they share, and what every page shows."""

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.audit_log.timestamp import timestamp
from app.web.cases import Cases
from app.web.evidence import code, line, shown
from app.web.visitor import Visitor

_HERE = Path(__file__).parent
# As many requests as a list of what waits shows.
MOST_WAITING = 50


def _clock(us: int) -> str:
    """A time of the day, UTC, from microseconds."""
    return timestamp(us)[11:19]


def _day(us: int) -> str:
    """A day and a time of it, UTC, from microseconds."""
    return timestamp(us)[:16].replace("T", " ")


def _left(us: int) -> str:
    """What is left, as a clock shows it."""
    minutes, seconds = divmod(max(us, 0) // 1_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


# INVARIANT: whatever a page shows is escaped, unless it is Markup that `evidence` made.
_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"clock": _clock, "day": _day, "left": _left, "ev": shown, "line": line, "code": code}


def page(
    request: Request,
    template: str,
    visitor: Visitor | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page. With a `visitor` it has the side bar, and says what is stopped."""
    cases: Cases = request.app.state.cases
    frame: dict[str, Any] = {"visitor": visitor, "here": request.url.path, "now": cases.clock()}
    if visitor is not None:
        frame["waiting"] = len(cases.approvals.all("pending", MOST_WAITING, None).cards)
        frame["paused"] = next((one for one in cases.stops.all() if one.kind == "everything"), None)
    return HTMLResponse(_environment.get_template(f"{template}.html").render(**frame, **values), status)
