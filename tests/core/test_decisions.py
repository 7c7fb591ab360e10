"""Whatever is decided is written as cases: policies with tests of their own, as users write them."""

from pathlib import Path

import pytest

from app.core.policy.compile import File, compile_policy, gather
from app.core.policy.selftest import run_tests

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests/cases/decisions").glob("*.yaml"))
SHIPPED = sorted((ROOT / "policies").glob("**/*.yaml"))


def load(name: str) -> str:
    return (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES + SHIPPED, ids=lambda path: path.stem)
def test_a_policy_decides_what_its_own_tests_say(path: Path) -> None:
    policy = compile_policy(gather(File(path.name, path.read_text(encoding="utf-8")), load))
    assert policy.tests
    assert [str(failure) for failure in run_tests(policy)] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_rule_that_is_shipped_gives_its_reason(path: Path) -> None:
    policy = compile_policy(gather(File(path.name, path.read_text(encoding="utf-8")), load))
    assert [rule.finding.rule for rule in policy.rules.rules if rule.finding.reason.startswith("The policy")] == []
