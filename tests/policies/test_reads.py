"""Secrets are out of reach however their place is spelt; ordinary files of a project are not, whatever their names."""

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
    reading,
    shipped,
    texts,
)

SECRET = cases("reads/secret.yaml")
DENIED = [path for kind in ("denied", "tricked") for _, path in lines(SECRET[kind])]
GUARDED = [path for _, path in lines(SECRET["guarded"])]
OUTSIDE = [path for _, path in lines(SECRET["outside"])]
ORDINARY = [path for _, path in lines(cases("reads/ordinary.yaml"))]
RULES = {path.stem: policy(path).rules for path in SHIPPED}
DEFAULT = shipped("default")


def test_there_are_enough_cases() -> None:
    assert len(set(DENIED + GUARDED + OUTSIDE)) + len(texts("reads/secret.yaml")) >= 450
    assert len(set(ORDINARY)) >= 450


@pytest.mark.parametrize("path", DENIED)
def test_what_is_plainly_secret_is_denied(path: str) -> None:
    calls = everywhere(path, reading)
    assert [(call.tool, call.arguments) for call in calls if judged(DEFAULT, call).verdict is not Verdict.DENY] == []
    # A person who registers a whole home as workspace does not lose what is protected in it.
    assert judged(DEFAULT, calls[0], "/workspace", "/home/user").verdict is Verdict.DENY


@pytest.mark.parametrize("path", GUARDED + OUTSIDE)
def test_a_person_decides_about_what_may_be_secret_or_lies_outside(path: str) -> None:
    calls = everywhere(path, reading)
    assert [(call.tool, call.arguments) for call in calls if judged(DEFAULT, call).allowed] == []


@pytest.mark.parametrize("name", RULES)
def test_no_policy_allows_what_may_be_secret(name: str) -> None:
    calls = [call for path in DENIED + GUARDED for call in (reading(path)[0], reading(path)[-1])]
    assert [(call.tool, call.arguments) for call in calls if judged(RULES[name], call).allowed] == []


@pytest.mark.parametrize("text", texts("reads/secret.yaml"), ids=lambda text: text.name)
def test_a_secret_is_found_behind_what_a_path_does_not_tell(text: Case) -> None:
    found = judged_text(DEFAULT, text).verdict
    assert found is Verdict.DENY if text.expect == "deny" else found in (Verdict.DENY, Verdict.REQUIRE_APPROVAL)
    if text.expect == "deny":
        assert [name for name, rules in RULES.items() if judged_text(rules, text).allowed] == []


@pytest.mark.parametrize("path", ORDINARY)
def test_an_ordinary_file_may_be_read(path: str) -> None:
    calls = [*reading(path), reading(f"./{path}")[0], reading(f"/workspace/{path}")[0]]
    assert [(call.tool, call.arguments) for call in calls if not judged(DEFAULT, call).allowed] == []
