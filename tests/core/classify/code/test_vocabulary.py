"""Languages that are known by their words: a text does no more than its group says, or it may do anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.classify.code.vocabulary import computes
from tests.core.classify.code.groups import texts

CASES = [(group["told"], text, group.get("reads")) for group, text in texts("vocabulary")]
KNOWN = [(told, text) for told, text, reads in CASES if reads is not None]


@pytest.mark.parametrize(("told", "text", "reads"), CASES)
def test_code_reads_what_its_group_says(told: str, text: str, reads: list[str] | None) -> None:
    deeds = computes(told, text)
    assert (None if deeds is None else [deed.text for deed in deeds]) == reads


def test_more_of_them_are_attacks() -> None:
    assert len(KNOWN) * 2 < len(CASES) == len({(told, text) for told, text, _ in CASES})


@pytest.mark.parametrize("unknown", ["system(1)", "`id`", "eval(1)", "exec 1"])
@pytest.mark.parametrize(("told", "text"), KNOWN)
def test_nothing_unknown_is_believed_beside_what_is_known(told: str, text: str, unknown: str) -> None:
    for beside in (f"{text}; {unknown}", f"{unknown}; {text}", f"{text}\n{unknown}", f"{text} {unknown}"):
        assert computes(told, beside) is None


@given(st.sampled_from(KNOWN), st.integers(0, 200), st.sampled_from(["`", "\\", "@{", "system", "\0", "\r"]))
def test_nothing_unknown_is_believed_within(known: tuple[str, str], at: int, unknown: str) -> None:
    told, text = known
    before, behind = text[:at], text[at:]
    # Within a text it may stand.
    if before.count('"') % 2 == before.count("'") % 2 == 0 and "/" not in before:
        assert computes(told, f"{before} {unknown} {behind}") is None


def test_a_pattern_of_names_is_one() -> None:
    deeds = computes("ruby -e", 'puts Dir["spec/**/*_spec.rb"].size')
    assert deeds is not None
    assert [(deed.text, deed.wild) for deed in deeds] == [("spec/**/*_spec.rb", True)]


def test_a_long_text_and_another_language_are_not_read() -> None:
    assert computes("ruby -e", f"puts {'1' * 500}") == ()
    assert computes("ruby -e", f"puts {'1' * 520}") is None
    assert computes("lua -e", "print(1)") is None
