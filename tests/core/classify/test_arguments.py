"""What the names of arguments tell of tools that nobody knows."""

from typing import Any

import pytest

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.request import classify
from app.core.model import ActionRequest, EffectKind
from tests.policies.dialects import shipped

RULES = shipped("default")


def kinds(tool: str, arguments: dict[str, Any], **annotations: object) -> set[EffectKind]:
    asked = ActionRequest(tool=tool, arguments=arguments, annotations=annotations)
    return {effect.kind for effect in classify(asked, Place("/w", "/home/u"), RULES, Budget(20_000)).effects}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"to": "a@b.example"}, {EffectKind.MESSAGE}),
        ({"mail": {"bcc": ["a@b.example"]}}, {EffectKind.MESSAGE}),
        ({"Recipients": "all"}, {EffectKind.MESSAGE}),
        ({"amount": 5}, {EffectKind.PAY}),
        ({"total_amount": "5.00"}, {EffectKind.PAY}),
        ({"to": "", "amount": 0}, set()),
        ({"relations": [{"from": "Ann", "to": "Bob", "relationType": "knows"}]}, set()),
        ({"relations": [{"to": "Bob"}]}, {EffectKind.MESSAGE}),
        ({"mails": [{"from": "Ann", "to": "Bob"}]}, {EffectKind.MESSAGE}),
        ({"to": 7, "price": None}, set()),
        ({"query": "to"}, set()),
    ],
)
def test_recipients_and_amounts_count_for_any_tool(arguments: dict[str, Any], expected: set[EffectKind]) -> None:
    assert kinds("mcp:somebody/do_it", arguments, readOnlyHint=True) == {EffectKind.CALL, *expected}


def test_what_a_tool_is_known_to_read_by_is_no_recipient() -> None:
    assert EffectKind.MESSAGE not in kinds("mcp:gmail/search_emails", {"to": "a@b.example"})
