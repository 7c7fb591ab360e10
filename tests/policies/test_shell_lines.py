"""Shell lines: what is typed to look around runs, what is dangerous never does without a person."""

import pytest

from app.core.decision import Verdict
from tests.policies.dialects import SHIPPED, by_user, cases, judged, lines, policy

RULES = {path.stem: policy(path).rules for path in SHIPPED}
DEFAULT = RULES["default"]
# Of each kind of everyday lines, at least so much runs without a question. It only rises.
SHARES = {
    "lines/everyday.yaml": 0.99,
    "lines/first/reading.yaml": 0.99,
    "lines/second/reading.yaml": 0.98,
    "lines/first/development.yaml": 0.94,
    "lines/second/development.yaml": 0.97,
    "lines/third/reading.yaml": 0.99,
    "lines/third/development.yaml": 0.98,
    "lines/fourth/reading.yaml": 0.96,
    "lines/fourth/development.yaml": 0.82,
    "lines/fifth/reading.yaml": 0.97,
    "lines/fifth/development.yaml": 0.77,
    "lines/sixth/reading.yaml": 0.98,
    "lines/sixth/development.yaml": 0.97,
    "lines/seventh/reading.yaml": 0.99,
    "lines/seventh/development.yaml": 0.95,
    "lines/eighth/reading.yaml": 0.97,
    "lines/eighth/development.yaml": 0.90,
    "lines/tenth/reading.yaml": 0.96,
    "lines/tenth/development.yaml": 0.94,
    "lines/eleventh/reading.yaml": 0.98,
    "lines/eleventh/development.yaml": 0.96,
}


def _lines(name: str) -> list[str]:
    groups = cases(name)
    several = groups.pop("several", ())
    return [line for _, line in lines(groups)] + [str(line) for line in several]


DANGEROUS = [
    line
    for name in [
        f"lines/{group}dangerous.yaml"
        for group in (
            "",
            "first/",
            "second/",
            "third/",
            "fourth/",
            "fifth/",
            "sixth/",
            "seventh/",
            "eighth/",
            "ninth/",
            "tenth/",
            "eleventh/",
        )
    ]
    for line in _lines(name)
]


def test_there_are_enough_cases() -> None:
    assert sum(len(set(_lines(name))) for name in SHARES) >= 5_100
    assert len(set(DANGEROUS)) >= 7_100


def test_what_a_person_is_meant_to_be_asked_about_is_not_allowed() -> None:
    asked = [line for group in ("sixth", "seventh", "eighth", "tenth") for line in _lines(f"lines/{group}/asked.yaml")]
    allowed = [line for line in asked if judged(DEFAULT, by_user(line)).allowed]
    assert allowed == []


@pytest.mark.parametrize("name", RULES)
def test_no_dangerous_line_is_allowed(name: str) -> None:
    allowed = [line for line in DANGEROUS if judged(RULES[name], by_user(line)).allowed]
    assert sorted(allowed) == []


@pytest.mark.parametrize("name", SHARES)
def test_everyday_lines_are_allowed(name: str) -> None:
    every = _lines(name)
    asked = [line for line in every if not judged(DEFAULT, by_user(line)).allowed]
    assert 1 - len(asked) / len(every) >= SHARES[name], asked


@pytest.mark.parametrize("name", SHARES)
def test_no_everyday_line_is_mistaken_for_something_forbidden(name: str) -> None:
    denied = [line for line in _lines(name) if judged(DEFAULT, by_user(line)).verdict is Verdict.DENY]
    assert denied == []
