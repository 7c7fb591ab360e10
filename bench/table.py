"""Reports for people."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench import classify, client, delegations, hooks, http, ledger, relay, waiting

_NARROWEST = 120


def show(
    report: http.Report
    | ledger.Report
    | delegations.Report
    | waiting.Report
    | client.Report
    | relay.Report
    | hooks.Report
    | classify.Report,
) -> None:
    # Into a file or a narrow terminal a table is written as wide as it is.
    console = Console(width=max(Console().width, _NARROWEST))
    if isinstance(report, http.Report):
        _show_http(report, console)
    elif isinstance(report, delegations.Report):
        _show_delegations(report, console)
    elif isinstance(report, waiting.Report):
        _show_waiting(report, console)
    elif isinstance(report, client.Report):
        _show_client(report, console)
    elif isinstance(report, relay.Report):
        _show_relay(report, console)
    elif isinstance(report, hooks.Report):
        _show_hooks(report, console)
    elif isinstance(report, classify.Report):
        _show_classify(report, console)
    else:
        _show_ledger(report, console)


def _show_http(report: http.Report, console: Console) -> None:
    console.print(
        f"{report.machine}; {report.rules} rules; load by {report.generator}; "
        f"medians of {report.rounds} interleaved rounds of {report.seconds:g} s"
    )
    table = Table(box=SIMPLE)
    for name in ("load", "server"):
        table.add_column(name, no_wrap=True)
    for name in ("requests/s", "decisions/s", "p50 ms", "p99 ms", "CPU µs", "db µs", "per floor", "rounds"):
        table.add_column(name, justify="right", no_wrap=True)
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


def _show_ledger(report: ledger.Report, console: Console) -> None:
    console.print(
        f"{report.machine}; the full log begins with {report.entries:,} entries; "
        f"medians of {report.rounds} interleaved rounds of {report.seconds:g} s"
    )
    table = Table(box=SIMPLE)
    table.add_column("database")
    for name in ("waiting", "empty: commands/s", "p50 ms", "p99 ms", "full: commands/s", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for name in ("full/empty", "rounds"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure in report.figures:
        rates = [
            text
            for rate in (figure.empty, figure.full)
            for text in (f"{rate.commands_per_second:,.0f}", f"{rate.p50_ms:.2f}", f"{rate.p99_ms:.2f}")
        ]
        spread = f"{min(figure.rounds):.2f}–{max(figure.rounds):.2f}"
        table.add_row(figure.database, str(figure.waiting), *rates, f"[bold]{figure.ratio:.2f}[/]", spread)
    console.print(table)
    for name, ok in report.verified.items():
        console.print(f"{name}: {'the chain verifies' if ok else 'THE CHAIN DOES NOT VERIFY'}")


def _show_delegations(report: delegations.Report, console: Console) -> None:
    console.print(
        f"{report.machine}; p50 of one caller; medians of {report.rounds} interleaved rounds of {report.seconds:g} s"
    )
    table = Table(box=SIMPLE)
    table.add_column("load")
    for name in ("no delegation: ms", "one: ms", f"{report.many:,}: ms", f"{report.many:,} / one", "one / none"):
        table.add_column(name, justify="right")
    for one in report.figures:
        table.add_row(
            one.workload,
            *(f"{time:.3f}" for time in (one.none_ms, one.one_ms, one.many_ms)),
            *(f"[bold]{ratio:.2f}[/]" for ratio in (one.many_to_one, one.one_to_none)),
        )
    console.print(table)


def _show_waiting(report: waiting.Report, console: Console) -> None:
    console.print(f"{report.machine}; {report.plan.rounds} interleaved rounds of {report.plan.seconds:g} s")
    table = Table(box=SIMPLE)
    table.add_column("from the decision to the waiting caller")
    for name in ("p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for one in report.woken:
        table.add_row(one.how, f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}")
    console.print(table)
    console.print(f"{report.plan.weighing:,} waiting callers cost {report.memory_kib:.1f} KiB each")
    for name, ratio in report.ratios.items():
        console.print(f"{name}: [bold]{ratio:.2f}[/]")


def _show_client(report: client.Report, console: Console) -> None:
    plan = report.plan
    about = f"medians of {plan.rounds} interleaved rounds of {plan.requests} requests"
    console.print(f"{report.machine}; one caller; {about}")
    table = Table(box=SIMPLE)
    table.add_column("asking by")
    for name in ("p50 ms", "CPU µs", "added ms", "rounds"):
        table.add_column(name, justify="right")
    for one in report.figures:
        spread = f"{min(one.rounds):.2f}–{max(one.rounds):.2f}"
        table.add_row(one.how, f"{one.p50_ms:.3f}", f"{one.cpu_us:,.0f}", f"[bold]{one.added_ms:.3f}[/]", spread)
    console.print(table)
    console.print(f"importing agent_sudo_client takes {report.import_ms:.1f} ms")


def _show_relay(report: relay.Report, console: Console) -> None:
    plan = report.plan
    about = f"medians of {plan.rounds} interleaved rounds of {plan.requests} requests"
    console.print(f"{report.machine}; one client over stdio; {about}")
    table = Table(box=SIMPLE)
    table.add_column("a request that")
    for name in ("direct ms", "relayed ms", "added ms", "rounds"):
        table.add_column(name, justify="right")
    for one in report.figures:
        spread = f"{min(one.rounds):.2f}–{max(one.rounds):.2f}"
        table.add_row(
            f"{'is ' if one.what == 'decided' else ''}{one.what}",
            *(f"{time:.3f}" for time in (one.direct_ms, one.relayed_ms)),
            f"[bold]{one.added_ms:.3f}[/]",
            spread,
        )
    console.print(table)


def _show_hooks(report: hooks.Report, console: Console) -> None:
    plan = report.plan
    about = f"medians of {plan.rounds} interleaved rounds of {plan.requests} requests and {plan.starts} starts"
    console.print(f"{report.machine}; one caller; {about}")
    table = Table(box=SIMPLE)
    table.add_column("asking by")
    for name in ("p50 ms", "CPU ms", "per interpreter", "rounds"):
        table.add_column(name, justify="right")
    for one in report.figures:
        spread = f"{min(one.rounds):.2f}–{max(one.rounds):.2f}"
        figures = (f"[bold]{one.p50_ms:.2f}[/]", f"{one.cpu_ms:.2f}", f"{report.ratios[one.how]:.2f}")
        table.add_row(one.how, *figures, spread)
    console.print(table)


def _show_classify(report: classify.Report, console: Console) -> None:
    plan = report.plan
    console.print(
        f"{report.machine}; {plan.rounds} interleaved rounds of {plan.calls} calls each; "
        f"the unit takes {report.unit.median_us} µs"
    )
    table = Table(box=SIMPLE)
    table.add_column("µs for each decision about", no_wrap=True)
    for name in ("read: least", "median", "cold: least", "median", "warm: least", "median"):
        table.add_column(name, justify="right")
    for one in report.figures:
        times = [time for how in (one.read, one.cold, one.warm) for time in (how.least_us, how.median_us)]
        table.add_row(one.call, *(f"{time:.0f}" for time in times))
    console.print(table)
    for what, time in report.typical.items():
        console.print(
            f"typical {what}: least {time.least_us}, median [bold]{time.median_us}[/] µs, {report.ratios[what]} units"
        )
