"""JavaScript in a word: what is surely understood does what its group says, and everything else is opaque."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.code.found import Code
from app.core.classify.code.javascript import read_javascript
from tests.core.classify.code.groups import texts

CASES = texts("javascript")
READ = [text for group, text in CASES if "does" in group]


def judged(text: str) -> Code:
    return read_javascript(text, Budget(100_000))


@pytest.mark.parametrize(("group", "text"), CASES, ids=[ascii(text)[1:-1] for _, text in CASES])
def test_code_does_what_its_group_says(group: dict[str, Any], text: str) -> None:
    found = judged(text)
    if group.get("opaque"):
        assert found.why
    else:
        assert not found.why
        deeds = [f"{deed.kind} {deed.text}" for deed in found.deeds]
        assert sorted(deeds + [f"variable {name}" for name in found.variables]) == sorted(group["does"])


def test_there_are_many_texts() -> None:
    assert len({text for _, text in CASES}) == len(CASES) >= 100


@pytest.mark.parametrize("unknown", ["unknown()", "unknown.b", "''.constructor", "eval('1')", "require('x')"])
@pytest.mark.parametrize("text", READ)
def test_nothing_unknown_is_believed_beside_what_is_known(text: str, unknown: str) -> None:
    assert judged(f"{unknown};{text}").why
    assert judged(f"{text};{unknown}").why or text.endswith(";")
    assert judged(f"console.log({unknown})").why


PARTS = """
    require process console log Object keys JSON fs 'fs' './a.json' const x env readFileSync constructor 'constructor'
    __proto__ ( ) [ ] . , ; = + { } 1 '' eval
""".split()  # noqa: SIM905 (a column reads worse)


@given(st.lists(st.sampled_from(PARTS), max_size=14).map(" ".join))
def test_no_text_raises_and_none_that_is_read_leads_out_of_its_values(text: str) -> None:
    found = judged(text)
    if not found.why:
        assert not any(word in text.replace("'constructor'", "''") for word in ("constructor", "__proto__", "eval"))


def test_a_long_text_is_not_read_and_each_costs_its_length() -> None:
    assert judged(f"'{'x' * 1_030}'").why == "too long to be read"
    with pytest.raises(BudgetExceededError):
        read_javascript("process.version", Budget(5))
