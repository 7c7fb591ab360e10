"""Perl in a word: it edits, as its group says, or it may do anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.classify.code.perl import perl_only_edits
from tests.core.classify.code.groups import texts

CASES = texts("perl")
EDITS = [text for group, text in CASES if group["edits"]]


@pytest.mark.parametrize(("edits", "text"), [(group["edits"], text) for group, text in CASES])
def test_code_edits_if_its_group_says_so(text: str, edits: bool) -> None:  # noqa: FBT001 (a case)
    assert perl_only_edits(text) is edits


def test_more_of_them_are_attacks() -> None:
    assert len(EDITS) * 2 < len(CASES) == len({text for _, text in CASES})


@pytest.mark.parametrize("unknown", ["system(1)", "`id`", "s/a/b/e", "print `id`", "s/(a)/$1[system(1)]/"])
@pytest.mark.parametrize("text", EDITS)
def test_nothing_unknown_is_believed_beside_what_is_known(text: str, unknown: str) -> None:
    assert not perl_only_edits(f"{text};{unknown}")
    assert not perl_only_edits(f"{unknown};{text}")
    assert not perl_only_edits(f"{text} {unknown}")


PARTS = r"s / / / | $1 [ { @ ` \1 \ e g a ( ? ) ; print if $_ _ ' -> : system(1)".split()  # noqa: SIM905 (a list)


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_what_is_put_together_holds_no_code(text: str) -> None:
    if perl_only_edits(text):
        assert not any(mark in text for mark in ("`", "$_[", "$_{", "$_->", "$1[", "\\1[", "$1{", "\\1{", "$_'_["))


def test_a_long_text_is_not_read() -> None:
    assert perl_only_edits(f"s/{'a' * 500}/b/")
    assert not perl_only_edits(f"s/{'a' * 520}/b/")
    assert not perl_only_edits("s/a/b/" + " " * 400 + "x")
    assert not perl_only_edits("s/" + "(?:" * 160)
