"""What runs or instructs later is never written without a person; a project's ordinary files are."""

import pytest

from app.core.decision import Verdict
from app.core.policy.document import TestText as Case
from tests.policies.dialects import (
    SHIPPED,
    cases,
    everywhere,
    judged,
    judged_text,
    lines,
    policy,
    shipped,
    texts,
    writing,
)

CRITICAL = cases("writes/critical.yaml")
DENIED = [path for _, path in lines(CRITICAL["denied"])]
ASKED = [path for _, path in lines(CRITICAL["asked"])]
OUTSIDE = [path for _, path in lines(CRITICAL["outside"])]
ORDINARY = [path for _, path in lines(cases("writes/ordinary.yaml"))]
RULES = {path.stem: policy(path).rules for path in SHIPPED}
DEFAULT = shipped("default")
ASK = (Verdict.REQUIRE_APPROVAL, Verdict.REQUIRE_STRONG_APPROVAL)


def test_there_are_enough_cases() -> None:
    assert len(set(DENIED + ASKED + OUTSIDE)) >= 250
    assert len(set(ORDINARY)) >= 50


@pytest.mark.parametrize("path", DENIED)
def test_what_guards_logins_is_never_written(path: str) -> None:
    calls = everywhere(path, writing)
    assert [(call.tool, call.arguments) for call in calls if judged(DEFAULT, call).verdict is not Verdict.DENY] == []


@pytest.mark.parametrize("path", ASKED + OUTSIDE)
def test_a_person_is_asked_about_what_takes_effect_by_itself(path: str) -> None:
    found = [judged(DEFAULT, call) for call in everywhere(path, writing)]
    assert [one.rules for one in found if one.allowed] == []
    assert {one.verdict for one in found} & set(ASK)


@pytest.mark.parametrize("path", ASKED)
def test_the_person_learns_why(path: str) -> None:
    calls = everywhere(path, writing)
    assert [(call.tool, call.arguments) for call in calls if judged(DEFAULT, call).rules == ("default",)] == []


@pytest.mark.parametrize("name", RULES)
def test_no_policy_allows_what_takes_effect_by_itself(name: str) -> None:
    calls = [call for path in DENIED + ASKED for call in (writing(path)[0], writing(path)[-1])]
    assert [(call.tool, call.arguments) for call in calls if judged(RULES[name], call).allowed] == []


@pytest.mark.parametrize("text", texts("writes/critical.yaml"), ids=lambda text: text.name)
def test_a_critical_write_is_found_behind_what_a_path_does_not_tell(text: Case) -> None:
    found = judged_text(DEFAULT, text).verdict
    assert found is Verdict.DENY if text.expect == "deny" else found in ASK
    assert [name for name, rules in RULES.items() if judged_text(rules, text).allowed] == []


@pytest.mark.parametrize("path", ORDINARY)
def test_an_ordinary_file_may_be_written(path: str) -> None:
    calls = [*writing(path), writing(f"/workspace/{path}")[0]]
    assert [(call.tool, call.arguments) for call in calls if not judged(DEFAULT, call).allowed] == []
