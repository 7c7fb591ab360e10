"""Each benchmark runs, with the smallest plan that shows all of it, and reports what it promises."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = """
from msgspec.json import encode
from bench import classify, client, cores, delegations, hooks, http, ledger, load, relay, servers, table, waiting
from bench.workload import BATCH, FRESH_MIXED, FRESH_READ, MIXED, READ
quiet = lambda _share, _what: None
"""
HTTP = """http.run(http.Plan((http.Setting(MIXED, 4, 4), http.Setting(FRESH_MIXED, 4, 4), http.Setting(BATCH, 2, 4)),
    rounds=1, seconds=0.2), quiet)"""
LEDGER = "ledger.run(ledger.Plan({'sqlite': (1, 4), 'postgres': (4,)}, entries=10_000, rounds=2, seconds=0.1), quiet)"
END = "print(encode(report).decode())"
WRK = """
with servers.running("floor", cores.split()[0], {}, answer="{}") as server:
    server.ask(READ.path, READ.bodies[0])  # answered once it is up
    report = load.run(server, FRESH_READ, 4, 1)
"""


def measured(code: str, folder: Path) -> Any:
    """Run in a process of its own: benchmarks pin themselves to cores and import a PostgreSQL."""
    done = subprocess.run(
        [sys.executable, "-c", f"{SETUP}\n{code}\nif hasattr(report, 'bench'):\n    table.show(report)\n{END}"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
    shown, _, last = done.stdout.rstrip("\n").rpartition("\n")
    report = json.loads(last)
    for figure in report.get("figures", report.get("woken", ())):
        for said in _said_of(figure):
            assert said & {*shown.split(), *(line.strip() for line in shown.replace("  ", "\n").splitlines())}, said
    return report


def _said_of(figure: dict[str, Any]) -> Iterator[set[str]]:
    """What a table must hold of a figure: its times, each in one of the ways to write it."""
    for name, value in figure.items():
        if isinstance(value, dict):
            yield from _said_of(value)
        elif name in ("how", "what", "call", "workload", "database"):
            yield {value, f"is {value}", *(f"{value}, {one}" for one in range(200))}
        elif name.endswith(("_ms", "least_us", "median_us")):
            yield {f"{value:{form}{digits}f}" for form in (".", ",.") for digits in range(4)}


@pytest.fixture
def folder() -> Any:
    # Not pytest's: PostgreSQL keeps a socket here, whose path must be short.
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def test_http_measures_checks_and_verifies(folder: Path) -> None:
    report = measured(f"report = {HTTP}", folder)
    assert report["bench"] == "http"
    assert report["rules"] == 100
    assert report["ratios"].keys() == {
        f"{server} {load}"
        for server in ("sqlite", "postgres")
        for load in ("mixed 4", "fresh mixed 4", "batch of 100 2")
    }
    assert all(ratio > 0 for ratio in report["ratios"].values())
    assert [figure["server"] for figure in report["figures"]] == ["floor", "sqlite", "postgres"] * 3
    assert all(figure["p50_ms"] <= figure["p99_ms"] for figure in report["figures"])
    for one in report["verified"].values():
        assert one["ok"], one["problem"]
        assert one["entries"] > 200


def test_ledger_measures_and_verifies(folder: Path) -> None:
    report = measured(f"report = {LEDGER}", folder)
    assert report["bench"] == "ledger"
    assert report["ratios"].keys() == {"sqlite 1", "sqlite 4", "postgres 4"}
    assert report["verified"] == {"sqlite": True, "postgres": True}
    for figure in report["figures"]:
        assert figure["empty"]["commands_per_second"] > 0
        assert figure["full"]["commands_per_second"] > 0
        assert len(figure["rounds"]) == 2


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")
def test_wrk_is_used_where_it_is_installed(folder: Path) -> None:
    report = measured(WRK, folder)
    assert report["requests"] > 100
    assert 0 < report["p50_ms"] <= report["p99_ms"]


def test_delegations_are_measured(folder: Path) -> None:
    report = measured("report = delegations.run(delegations.Plan(50, rounds=1, seconds=0.2), quiet)", folder)
    assert report["many"] == 50
    assert report["ratios"].keys() == {
        f"{load} {of}" for load in ("granted", "read", "fresh read") for of in ("many/one", "one/none")
    }


def test_waiting_is_measured(folder: Path) -> None:
    plan = "waiting.Plan(deciding=40, weighing=60, old=60, asks=3, rounds=1, seconds=0.2)"
    report = measured(f"report = waiting.run({plan}, quiet)", folder)
    assert [one["how"] for one in report["woken"]] == ["one of 40, one after the other", "all 40 at once"]
    assert all(0 < one["p50_ms"] <= one["p99_ms"] for one in report["woken"])
    assert report["ratios"].keys() == {"decisions with waiting / without", "ask with old approvals / without"}
    assert all(ratio > 0 for ratio in report["ratios"].values())


def test_the_client_is_measured(folder: Path) -> None:
    report = measured("report = client.run(client.Plan(rounds=1, requests=5, imports=1), quiet)", folder)
    assert [one["how"] for one in report["figures"]] == ["http.client", "require", "require, asyncio"]
    assert all(one["p50_ms"] > 0 for one in report["figures"])
    assert report["import_ms"] > 0


def test_the_relay_is_measured(folder: Path) -> None:
    report = measured("report = relay.run(relay.Plan(rounds=1, requests=5), quiet)", folder)
    assert [one["what"] for one in report["figures"]] == ["passes", "decided"]
    assert all(one["direct_ms"] > 0 for one in report["figures"])


def test_hooks_are_measured(folder: Path) -> None:
    report = measured("report = hooks.run(hooks.Plan(rounds=1, requests=5, starts=1), quiet)", folder)
    assert [one["how"] for one in report["figures"]][:2] == ["over HTTP", "command hook"]
    assert all(one["p50_ms"] > 0 for one in report["figures"])


def test_deciding_is_measured(folder: Path) -> None:
    report = measured("report = classify.run(classify.Plan(rounds=1, calls=3), quiet)", folder)
    assert report["ratios"].keys() == {
        f"{what}, {how}" for what in ("line", "file tool") for how in ("read", "cold", "warm")
    }
    assert all(ratio > 0 for ratio in report["ratios"].values())
    assert all(
        0 < one[how]["least_us"] <= one[how]["median_us"]
        for one in report["figures"]
        for how in ("read", "cold", "warm")
    )
