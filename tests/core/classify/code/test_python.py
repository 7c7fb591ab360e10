"""Python in a word: what is surely understood does what its group says, and everything else is opaque."""

import ast
import warnings
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.code import python_names
from app.core.classify.code.found import Code
from app.core.classify.code.python import read_python
from app.core.model import EffectKind
from tests.core.classify.code.groups import texts

CASES = texts("python")
READ = [text for group, text in CASES if "does" in group]


def judged(text: str) -> Code:
    return read_python(text, Budget(100_000))


def told(found: Code) -> list[str]:
    return sorted(
        [f"{deed.kind} {deed.text}" for deed in found.deeds]
        + [f"variable {name}" for name in found.variables]
        + [f"module {name}" for name in found.modules]
    )


@pytest.mark.parametrize(("group", "text"), CASES, ids=[ascii(text)[1:-1] for _, text in CASES])
def test_code_does_what_its_group_says(group: dict[str, Any], text: str) -> None:
    found = judged(text)
    if group.get("opaque"):
        assert found.why
    else:
        assert not found.why
        assert told(found) == sorted(group["does"])


def test_there_are_many_texts() -> None:
    assert len({text for _, text in CASES}) == len(CASES) >= 600


@pytest.mark.parametrize("unknown", ["unknown()", "x_.evil", "().__class__", "eval('1')"])
@pytest.mark.parametrize("text", READ)
def test_nothing_unknown_is_believed_beside_what_is_known(text: str, unknown: str) -> None:
    if text[:5] != "from ":
        assert judged(f"{unknown}\n{text}").why
    assert judged(f"{text}\n{unknown}").why


class _Replaced(ast.NodeTransformer):
    """Puts an unknown call in the place of one expression, counted from the first."""

    def __init__(self, at: int, by: str) -> None:
        self.at = at
        self.by = by

    def visit(self, node: ast.AST) -> ast.AST:
        fits = isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if fits and not isinstance(node, ast.FormattedValue | ast.JoinedStr | ast.Slice | ast.Starred):
            self.at -= 1
            if self.at == -1:
                return ast.parse(self.by, mode="eval").body
        if isinstance(node, ast.JoinedStr):
            # What stands between the values of an f-string is text, and stays it.
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    part.value = cast("ast.expr", self.visit(part.value))
            return node
        return self.generic_visit(node)


def _without_what_is_no_value(tree: ast.Module) -> ast.Module:
    """Types of variables are names, and nothing but names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Name("int", ast.Store())
    return tree


@given(
    st.sampled_from(READ), st.integers(0, 40), st.sampled_from(["g_()", "app_", "(1).__class__", "eval", "[].__len__"])
)
def test_any_part_that_is_not_known_makes_it_all_unknown(text: str, at: int, by: str) -> None:
    replaced = _Replaced(at, by)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = replaced.visit(_without_what_is_no_value(ast.parse(text)))
    if replaced.at < 0:
        assert judged(ast.unparse(ast.fix_missing_locations(tree))).why


@given(st.text(st.sampled_from("([{ao.'\"=:,;%*@~\n\t1 -lambda f{}")))
def test_no_text_raises_or_warns(text: str) -> None:
    judged(text)
    judged(f"print({text})")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4_000,
        "-" * 4_000 + "1",
        "[" * 100 + "]" * 100,
        "f(" * 1_000,
        "{" * 2_000,
        "lambda:" * 580,
        "a." * 2_000 + "b",
        "f'{" * 1_000,
        "1+" * 2_000 + "1",
        "not " * 1_000,
        "x=" * 2_000,
        "a if b else " * 300,
        "if 1:\n " * 500,
        "print(1);" * 450,
        "'" * 4_001,
        "os.getenv(" * 300,
        "print(1)" + " " * 50_000,
        "\\\n" * 2_000,
    ],
)
def test_hostile_text_is_not_read(text: str) -> None:
    assert judged(text).why


def test_a_text_costs_steps_for_its_length_even_when_it_is_remembered() -> None:
    judged("print(1)")
    with pytest.raises(BudgetExceededError):
        read_python("print(1)", Budget(100))


@pytest.mark.parametrize("load", ["import json", "import numpy", "if 1: import json", "def f(): import json"])
@pytest.mark.parametrize("text", [text for text in READ if judged(text).settled])
def test_what_is_loaded_after_a_change_or_in_passing_is_not_settled(text: str, load: str) -> None:
    changes = any(deed.kind not in (EffectKind.READ, EffectKind.RUN) for deed in judged(text).deeds)
    found = judged(f"{text}\n{load}")
    assert found.why or found.settled == (load == "import json" and not changes)


@given(st.sampled_from(sorted(python_names.STANDARD)), st.sampled_from(["", "src/", "/w/"]), st.booleans())
def test_a_file_that_is_called_as_a_module_of_pythons_is_taken_for_one(name: str, folder: str, package: bool) -> None:  # noqa: FBT001
    assert python_names.is_pythons_own(f"{folder}{name}{'/__init__' if package else ''}.py")
    assert python_names.is_pythons_own(f"{folder}{name[:1]}*")
    assert not python_names.is_pythons_own(f"{folder}{name}.ts")
    assert not python_names.is_pythons_own(f"{folder}app_{name}.py")


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/w/re.py", True),
        ("/w/RE.PY", True),
        ("/w/re.cpython-313-x86_64-linux-gnu.so", True),
        ("/w/re", False),
        ("/w/re.pyi", False),
        ("/w/re/x.py", False),
        ("/w/__init__.py", False),
        ("/json/__init__.py", True),
        ("/w/*/__init__.py", True),
        ("/w/app*/__init__.py", False),
        ("/w/_x.py", True),
        ("/w/*.py", True),
        ("/w/test_[a-z].py", False),
        ("/w/**", True),
        ("/w/*.ts", False),
        ("/w/app.*", False),
        ("/w/json.*", True),
    ],
)
def test_which_files_python_may_take_for_its_own(path: str, own: bool) -> None:  # noqa: FBT001 (a case)
    assert python_names.is_pythons_own(path) is own


def test_too_many_files_are_not_understood() -> None:
    assert not judged(";".join(f"open('{at}')" for at in range(60))).why
    assert judged(";".join(f"open('{at}')" for at in range(70))).why
    assert judged(f"for n in [{','.join(repr(str(at)) for at in range(20))}]: open(n)").why
    assert judged("a = 'a' if 1 else 'b'; open(a + a + a + a + a)").why


def test_the_unknown_part_is_named_with_its_place() -> None:
    assert judged("import os\nprint(os.system('id'))").why == "`os.system()` at 2:7"
    assert judged("import pty").why == "`pty` at 1:1"
    assert judged("print(getattr(1, 'x'))").why == "`getattr` at 1:7"


def test_what_is_taken_from_both_lists_is_on_one_only() -> None:
    """A path's method that renames bears the name of a text's."""
    both = python_names.METHODS & python_names.PATH_ROLES.keys()
    assert not {name for name in both if python_names.PATH_ROLES[name] not in ("text", "read")}
    assert {"read", "write", "replace", "open"} & python_names.METHODS == {"replace"}
    assert not any(name[:2] == "__" for name in python_names.METHODS | python_names.PROPERTIES)
