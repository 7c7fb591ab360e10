"""Names of tools; what they mean for decisions stands in tests/cases/decisions/names.yaml."""

from app.core.classify.names import _FAMILIES, _FOLDED


def test_no_family_is_a_tool_that_we_know() -> None:
    assert _FAMILIES.isdisjoint(_FOLDED)
