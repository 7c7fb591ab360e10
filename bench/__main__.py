"""`python -m bench NAME [--quick] [--json]`: measures, and prints a table or one JSON object."""

import argparse
import signal
import sys
from types import FrameType

from msgspec.json import encode
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import classify, client, delegations, hooks, http, ledger, relay, table, waiting


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the service.")
    parser.add_argument(
        "name", choices=["http", "ledger", "delegations", "waiting", "client", "relay", "hooks", "classify"]
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, smaller logs")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    given = parser.parse_args()
    # Whoever ends us, what we started is stopped and removed on the way out.
    signal.signal(signal.SIGTERM, _interrupt)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1)

        def progress(share: float, what: str) -> None:
            bar.update(task, completed=share, description=what)

        report: (
            http.Report
            | ledger.Report
            | delegations.Report
            | waiting.Report
            | client.Report
            | relay.Report
            | hooks.Report
            | classify.Report
        )
        if given.name == "http":
            report = http.run(http.QUICK if given.quick else http.FULL, progress)
        elif given.name == "delegations":
            report = delegations.run(delegations.QUICK if given.quick else delegations.FULL, progress)
        elif given.name == "waiting":
            report = waiting.run(waiting.QUICK if given.quick else waiting.FULL, progress)
        elif given.name == "client":
            report = client.run(client.QUICK if given.quick else client.FULL, progress)
        elif given.name == "relay":
            report = relay.run(relay.QUICK if given.quick else relay.FULL, progress)
        elif given.name == "hooks":
            report = hooks.run(hooks.QUICK if given.quick else hooks.FULL, progress)
        elif given.name == "classify":
            report = classify.run(classify.QUICK if given.quick else classify.FULL, progress)
        else:
            report = ledger.run(ledger.QUICK if given.quick else ledger.FULL, progress)
    if given.json:
        print(encode(report).decode())
    else:
        table.show(report)
    return 0 if report.ok else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
