"""Files that are edited by code in a word: what the default policy makes of it."""

import pytest

from app.core.decision import Verdict
from tests.policies.dialects import by_user, cases, judged, shipped

GROUPS = cases("edits.yaml")
DEFAULT = shipped("default")
LINES = [
    (group["allowed"], line)
    for group in GROUPS
    for line in (*[f"python3 - <<'EOF'\n{text}EOF" for text in group.get("code", ())], *group.get("lines", ()))
]


@pytest.mark.parametrize(("allowed", "line"), LINES, ids=[ascii(line)[1:-1] for _, line in LINES])
def test_an_edit_is_allowed_only_if_nothing_loads_what_it_writes(line: str, allowed: bool) -> None:  # noqa: FBT001
    assert (judged(DEFAULT, by_user(line)).verdict is Verdict.ALLOW) is allowed


def test_more_of_them_are_attacks() -> None:
    assert sum(allowed for allowed, _ in LINES) * 2 <= len(LINES)
