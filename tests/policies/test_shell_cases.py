"""What the default policy decides about each line of the shell's cases, and what it was seen to do."""

from typing import Any

import pytest
from msgspec import structs

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.decision import Verdict
from app.core.model import EffectKind
from tests.policies.dialects import STEPS, by_user, cases, judged, shipped

RULES = shipped("default")
DECISIONS = {
    "allow": Verdict.ALLOW,
    "ask": Verdict.REQUIRE_APPROVAL,
    "strong": Verdict.REQUIRE_STRONG_APPROVAL,
    "deny": Verdict.DENY,
}


def collected(*names: str) -> list[dict[str, Any]]:
    return [case for name in names for group in cases(f"shell/{name}.yaml") for case in group["lines"]]


EVERY = collected("reading", "dangerous", "everyday", "attacks")


def test_there_are_enough_cases_and_each_says_why() -> None:
    assert len({case["line"] for case in EVERY}) == len(EVERY) >= 1_200
    for name in ("reading", "dangerous", "everyday", "attacks"):
        assert all(group["group"] and group["why"] for group in cases(f"shell/{name}.yaml"))


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case["line"])
def test_each_line_is_decided_as_expected(case: dict[str, Any]) -> None:
    asked = structs.replace(by_user(case["line"]), cwd="/w", home="/home/u")
    assert judged(RULES, asked, "/w").verdict is DECISIONS[case["decision"]]


@pytest.mark.parametrize("case", collected("everyday", "attacks"), ids=lambda case: case["line"])
def test_each_line_has_the_effects_that_matter(case: dict[str, Any]) -> None:
    _, effects = read_line(case["line"], Place("/w", "/home/u"), Budget(STEPS))
    assert set(case["among"]) <= {f"{effect.kind} {effect.resource}" for effect in effects}
    assert any(effect.kind is EffectKind.OPAQUE for effect in effects) == case.get("opaque", False)
