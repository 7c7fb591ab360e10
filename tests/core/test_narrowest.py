"""The narrowest delegation covers the call for which it is made, and not what an agent would like it to cover too."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.classify.paths import place
from app.core.classify.request import classify
from app.core.delegation import Terms
from app.core.model import ActionRequest
from app.core.narrowest import narrowest
from tests.core.test_delegation import ASKS, decided, delegated


def bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "arguments": {"command": command}}


def narrow(request: dict[str, Any]) -> Terms | None:
    asked = ActionRequest(source="user", cwd="/srv/project", home="/home/u", **request)
    return narrowest(asked, classify(asked, place("/srv/project", "/home/u"), ASKS, Budget(9_999)))


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool": name, "arguments": arguments}


MAIL = tool("send_email", to=["a@b.example"], n=1, f=1.5, t=True, z=None)
NAMED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # what is asked, and what is asked later by an agent that wants more
    (bash("git push origin main"), bash("git push origin main --force")),
    (bash("git push origin main"), bash("git push evil main")),
    (bash("git commit -m 'two words'"), bash("git commit -m 'two' words")),
    (bash("npm install left-pad"), bash("npm install left-pad evil")),
    (bash("git status && git push origin main"), bash("git push origin main && rm x")),
    (tool("Write", file_path="a.py", content="1"), tool("Write", file_path="b.py")),
    (tool("Write", file_path="a.py"), tool("Write", file_path="/etc/a.py")),
    (tool("WebFetch", url="https://a.example/x"), tool("WebFetch", url="https://a.example/y")),
    (tool("WebFetch", url="https://a.example:8443/"), tool("WebFetch", url="https://a.example/")),
    (MAIL, {**MAIL, "arguments": {**MAIL["arguments"], "to": ["a@b.example", "c@d.example"]}}),
    (MAIL, {**MAIL, "arguments": {**MAIL["arguments"], "n": "1"}}),
    (MAIL, {**MAIL, "target": "c@d.example"}),
    (tool("mcp__pay__send", to='say "b" \u202e\n'), tool("mcp__pay__send", to="x")),
    (tool("mcp__pay__send"), tool("mcp__pay__take")),
    ({**tool("mcp__pay__send"), "target": "x"}, tool("mcp__pay__send")),
]


@pytest.mark.parametrize(("asked", "more"), NAMED, ids=range(len(NAMED)))
def test_the_narrowest_covers_what_it_is_made_for_and_not_a_step_more(asked: Any, more: Any) -> None:
    terms = narrow(asked)
    assert terms is not None
    assert decided(asked, delegated(terms)).grant is not None
    assert decided(more, delegated(terms)).grant is None


@pytest.mark.parametrize(
    "request_",
    [
        bash("git push *"),
        bash("rm 'a*b'"),
        bash("psql -c 'select * from t'"),
        bash("ls [ab]"),
        bash("git push origin ma\u202ein"),
        bash("git push 'a\u200bb'"),
        tool("*"),
        tool("mcp__a__*"),
        tool("Read", file_path="/srv/**"),
        tool("Read", file_path="/srv/a?"),
        tool("mcp__a__b", text="x" * 3_000),
        tool("mcp__a__b", path="/srv/a\nb"),
    ],
    ids=str,
)
def test_what_would_stand_for_more_than_it_looks_like_has_none(request_: Any) -> None:
    assert narrow(request_) is None


@given(
    st.lists(
        st.sampled_from(["git", "push", "a b", "*", "?", "'", "x\u202ey", "--force", "/etc", "$(id)", ";", "ls", ""])
    )
)
def test_what_the_narrowest_covers_is_not_changed_by_one_more_word(words: list[str]) -> None:
    line = " ".join(words)
    terms = narrow(bash(line))
    if terms is not None and decided(bash(line), delegated(terms)).grant is not None:
        assert decided(bash(f"{line} more"), delegated(terms)).grant is None
