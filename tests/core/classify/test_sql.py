"""Statements for databases: what only reads is known down to each part, what is hostile neither hangs nor raises."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.sql import Sql, judge

DIALECTS = ("postgres", "mysql", "sqlite", "duckdb")
FILE = Path(__file__).parents[2] / "cases" / "sql.yaml"
GROUPS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(FILE)
CASES = [(group, dialect, text) for group in GROUPS for dialect in DIALECTS for text in group.get(dialect, ())]
WORDS = sorted(
    {word for _, _, text in CASES for word in text.split()} | {"(", ")", "[", "{", ",", "::", "f(", "$1", "?"}
)


def judged(text: str, dialect: str) -> Sql:
    return judge(text, dialect, Budget(100_000))


@pytest.mark.parametrize(
    ("group", "dialect", "text"), CASES, ids=[f"{one}:{ascii(text)[1:-1]}" for _, one, text in CASES]
)
def test_a_statement_does_what_its_group_says(group: dict[str, Any], dialect: str, text: str) -> None:
    found = judged(text, dialect)
    did = "opaque" if found.opaque else "reads" if found.reads else "destroys" if found.destroys else "changes"
    assert did == group["does"], found
    if "words" in group:
        assert list(found.changes) == group["words"]


def test_there_are_many_statements() -> None:
    assert len({(dialect, text) for _, dialect, text in CASES}) == len(CASES) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 2_000,
        "select " + "join " * 80,
        "select " + "join '1' limit " * 80,
        "select " + "not " * 900,
        "select " + "case when " * 300,
        "select " + "case a " * 10 + "[" * 10,
        "select " + "array<" * 500,
        "select " + "using for ] :: " * 200,
        "select " + "interval " * 400,
        "select " + "1," * 1_900 + "1",
        "select " + "- " * 1_900 + "1",
        "select 1;" * 400,
        "select 1;" * 30,
        "/*" * 1_900,
        "select '" + "a" * 4_100,
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_made_to_take_long_is_opaque(text: str, dialect: str) -> None:
    assert judged(text, dialect).opaque


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), st.integers(1, 30), st.sampled_from(DIALECTS))
def test_nothing_is_raised_for_any_text(text: str, times: int, dialect: str) -> None:
    assert isinstance(judged(f"select {text * times}"[:4_000], dialect), Sql)


def test_reading_a_statement_costs_steps() -> None:
    with pytest.raises(BudgetExceededError):
        judge("select 1", "postgres", Budget(50))
