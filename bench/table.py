"""Reports for people."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench import http

_NARROWEST = 112


def show_http(report: http.Report) -> None:
    console = _console()
    console.print(
        f"{report.machine}; {report.rules} rules; load by {report.generator}; "
        f"medians of {report.rounds} interleaved rounds of {report.seconds:g} s"
    )
    table = Table(box=SIMPLE)
    for name in ("load", "server"):
        table.add_column(name)
    for name in ("requests/s", "decisions/s", "p50 ms", "p99 ms", "CPU µs", "database µs", "per floor", "rounds"):
        table.add_column(name, justify="right")
    for figure in report.figures:
        if figure.server == http.FLOOR:
            table.add_section()
        is_floor = figure.server == http.FLOOR
        table.add_row(
            f"{figure.workload}, {figure.connections}",
            figure.server,
            f"{figure.requests_per_second:,.0f}",
            "" if is_floor else f"{figure.decisions_per_second:,.0f}",
            f"{figure.p50_ms:.2f}",
            f"{figure.p99_ms:.2f}",
            f"{figure.cpu_us_per_request:,.0f}",
            f"{figure.database_us_per_request:,.0f}" if figure.database_us_per_request else "",
            "" if is_floor else f"[bold]{figure.per_floor:.3f}[/]",
            "" if is_floor else f"{min(figure.rounds):.3f}–{max(figure.rounds):.3f}",
        )
    console.print(table)
    for name, one in report.verified.items():
        console.print(f"{name}: {one.entries:,} entries, {'the chain verifies' if one.ok else one.problem}")


def _console() -> Console:
    """Into a file or a narrow terminal a table is written as wide as it is."""
    return Console(width=max(Console().width, _NARROWEST))
