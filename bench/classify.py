"""`bench classify`: what deciding about one call takes, from the request to the decision, under the shipped policy.

Nothing is recorded and nothing is sent: this is the part of an evaluation that reads the call and asks the rules. A
*cold* call is one that nobody has made before: other words, another file. A *warm* one is made again and again. What it
takes only to *read* a call into its effects is the share of a cold one that is neither rules nor the answer.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

from msgspec import Struct

from app.core.budget import Budget
from app.core.classify.paths import place
from app.core.classify.request import classify
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import compile_policy
from app.core.policy.ruleset import RuleSet
from app.data import data
from app.services.policy_files import policy_files
from bench import cores
from bench.workload import ROOT

_STEPS = 20_000
_FACTS = Facts(Caller("bench", "bench", "pep"), (ROOT,))
_TEXT = "The time that this takes says how quick Python is on this machine today"
# What is promised of the typical one, in microseconds.
MOST_LINE_US = 150.0
MOST_FILE_US = 30.0
# Everyday calls; `{n}` differs from one cold call to the next.
LINES = (
    "ls -la src{n}",
    "cat README{n}.md",
    "git status src{n}",
    "git diff --stat src/a{n}.py",
    "git log --oneline -{n} | head -20",
    "grep -rn foo{n} src | head",
    "rg foo{n} src",
    "sed -n '1,20p' src/a{n}.py",
    "find src{n} -name '*.py' | head",
    "pytest -q tests/test_{n}.py",
    "python -m pytest tests/test_{n}.py 2>&1 | tail -5",
    "npm test -- test{n}",
    "cd src{n} && make",
    "git add -A && git commit -m 'mend {n}'",
)
FILES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("Read", {"file_path": f"{ROOT}/src/a{{n}}.py"}),
    ("Edit", {"file_path": f"{ROOT}/src/a{{n}}.py", "old_string": "a", "new_string": "b"}),
    ("Write", {"file_path": f"{ROOT}/src/a{{n}}.py", "content": "b"}),
    ("LS", {"path": f"{ROOT}/src{{n}}"}),
    ("Grep", {"pattern": "a", "path": f"{ROOT}/src{{n}}"}),
    ("Grep", {"pattern": "a", "path": f"{ROOT}/src{{n}}", "glob": "*.py"}),
    ("Glob", {"pattern": "src{n}/**/*.py"}),
)


class Plan(Struct, frozen=True):
    rounds: int
    calls: int


QUICK = Plan(rounds=3, calls=200)
FULL = Plan(rounds=15, calls=400)


class Time(Struct, frozen=True):
    """Microseconds: the least, and the median of the rounds' medians."""

    least_us: float
    median_us: float


class Figure(Struct, frozen=True):
    kind: str
    call: str
    read: Time
    cold: Time
    warm: Time


class Report(Struct, frozen=True):
    """`unit` is a piece of Python that never changes; the ratios are what a typical call takes beside it."""

    bench: str
    machine: str
    plan: Plan
    unit: Time
    figures: list[Figure]
    typical: dict[str, Time]
    ratios: dict[str, float]

    @property
    def ok(self) -> bool:
        line, file = self.typical["line, cold"], self.typical["file tool, cold"]
        return line.median_us <= MOST_LINE_US and file.median_us <= MOST_FILE_US


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Decide about every call, cold and warm, in rounds."""
    with cores.pinned(cores.split()[0]):
        rules = compile_policy(policy_files(data("policies") / "default.yaml")).rules
        calls = [("line", line, "Bash", {"command": line}) for line in LINES]
        calls += [("file tool", _told(tool, said), tool, dict(said)) for tool, said in FILES]
        numbers = itertools.count(1)
        unit: list[list[float]] = []
        times: dict[tuple[str, str], list[list[float]]] = {}
        for at in range(plan.rounds + 1):
            progress(at / (plan.rounds + 1), "deciding")
            unit.append([_timed(_unit) for _ in range(plan.calls)])
            for _, call, tool, said in calls:
                unread, cold = ([_request(tool, said, next(numbers)) for _ in range(plan.calls)] for _ in range(2))
                times.setdefault((call, "read"), []).append([_read(one, rules) for one in unread])
                times.setdefault((call, "cold"), []).append([_decided(one, rules) for one in cold])
                times.setdefault((call, "warm"), []).append([_decided(cold[-1], rules) for _ in range(plan.calls)])
    # The first round only warms up.
    figures = [
        Figure(kind, call, *[_time(times[call, how][1:]) for how in ("read", "cold", "warm")])
        for kind, call, _, _ in calls
    ]
    typical = dict(_typical(figures))
    one = _time(unit[1:])
    ratios = {what: round(time.median_us / one.median_us, 3) for what, time in typical.items()}
    return Report("classify", cores.machine(), plan, one, figures, typical, ratios)


def _typical(figures: list[Figure]) -> Iterator[tuple[str, Time]]:
    """The median over all calls of a kind."""
    for kind in ("line", "file tool"):
        for how in ("read", "cold", "warm"):
            found: list[Time] = [getattr(figure, how) for figure in figures if figure.kind == kind]
            least, middle = (median(getattr(time, name) for time in found) for name in ("least_us", "median_us"))
            yield f"{kind}, {how}", Time(round(least, 1), round(middle, 1))


def _request(tool: str, said: Mapping[str, str], number: int) -> ActionRequest:
    arguments = {name: text.replace("{n}", str(number)) for name, text in said.items()}
    return ActionRequest(tool=tool, arguments=arguments, source="user", cwd=ROOT, home="/home/user")


def _read(request: ActionRequest, rules: RuleSet) -> float:
    begin = time.perf_counter()
    classify(request, place(request.cwd, request.home), rules, Budget(_STEPS))
    return time.perf_counter() - begin


def _decided(request: ActionRequest, rules: RuleSet) -> float:
    begin = time.perf_counter()
    decision = decide(request, _FACTS, rules, Budget(_STEPS))
    took = time.perf_counter() - begin
    if not decision.allowed:
        raise RuntimeError(f"{request.arguments}: the call that is measured is not allowed: {decision.reason}")
    return took


def _unit() -> list[str]:
    return sorted({word.lower() for word in _TEXT.split() if len(word) > 2}, key=len)


def _timed(what: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def _time(rounds: list[list[float]]) -> Time:
    return Time(round(min(map(min, rounds)) * 1e6, 2), round(median(map(median, rounds)) * 1e6, 2))


def _told(tool: str, said: Mapping[str, str]) -> str:
    return f"{tool} {' '.join(name for name in said)}"
