"""Shell lines: what is typed to look around runs, what is dangerous never does without a person."""

import pytest

from app.core.decision import Verdict
from tests.policies.dialects import SHIPPED, by_user, cases, judged, lines, policy

RULES = {path.stem: policy(path).rules for path in SHIPPED}
DEFAULT = RULES["default"]
# Of what is typed to look around, at least so much runs without a question. It only rises.
SHARE = 0.89

# Mistaken for something forbidden: a lone `*` for every name that some rule knows.
MISTAKEN = (
    "ls -d */",
    "du -sh *",
    "file src/*",
)


def _lines(name: str) -> list[str]:
    groups = cases(name)
    several = groups.pop("several")
    return [line for _, line in lines(groups)] + [str(line) for line in several]


EVERYDAY = _lines("lines/everyday.yaml")
DANGEROUS = _lines("lines/dangerous.yaml")


def test_there_are_enough_cases() -> None:
    assert len(set(EVERYDAY)) >= 250
    assert len(set(DANGEROUS)) >= 800


@pytest.mark.parametrize("name", RULES)
def test_no_dangerous_line_is_allowed(name: str) -> None:
    allowed = [line for line in DANGEROUS if judged(RULES[name], by_user(line)).allowed]
    assert sorted(allowed) == []


def test_looking_around_is_allowed() -> None:
    asked = [line for line in EVERYDAY if not judged(DEFAULT, by_user(line)).allowed]
    assert 1 - len(asked) / len(EVERYDAY) >= SHARE, asked


def test_looking_around_is_never_denied() -> None:
    denied = [line for line in EVERYDAY if judged(DEFAULT, by_user(line)).verdict is Verdict.DENY]
    assert sorted(set(denied) - set(MISTAKEN)) == []


@pytest.mark.parametrize("line", MISTAKEN)
@pytest.mark.xfail(reason="It is mistaken for something forbidden.")
def test_no_line_is_mistaken(line: str) -> None:
    assert line in EVERYDAY
    assert judged(DEFAULT, by_user(line)).allowed
