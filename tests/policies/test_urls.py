"""Addresses under the default policy: what they are, what asking for them does, what is said of it."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.core.classify.host_kinds import kinds
from app.core.decision import Decision, Verdict
from app.core.model import ON_HOSTS, ActionRequest
from tests.policies.dialects import judged, shipped

RULES = shipped("default")
FILE = Path(__file__).parents[1] / "cases" / "urls.yaml"
GROUPS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(FILE)
CASES = [(group, way, text) for group in GROUPS for way in ("fetch", "send", "line") for text in group.get(way, ())]
VERDICTS = {
    "allow": {Verdict.ALLOW},
    "ask": {Verdict.REQUIRE_APPROVAL},
    "deny": {Verdict.DENY},
}


def decision(way: str, text: str) -> Decision:
    tool, arguments = {
        "fetch": ("WebFetch", {"url": text, "prompt": "What does it say?"}),
        "send": ("http_post", {"url": text, "body": "a text"}),
        "line": ("Bash", {"command": text}),
    }[way]
    return judged(
        RULES, ActionRequest(tool=tool, arguments=arguments, source="user", cwd="/workspace", home="/home/user")
    )


@pytest.mark.parametrize(("group", "way", "text"), CASES, ids=[ascii(text)[1:-1] for _, _, text in CASES])
def test_an_address_is_judged_as_its_group_says(group: dict[str, Any], way: str, text: str) -> None:
    found = decision(way, text)
    assert found.verdict in VERDICTS[group["expect"]], (found.verdict, found.rules, found.reason)
    if "rule" in group:
        assert group["rule"] in found.rules
    if "effect" in group:
        assert {effect.kind.value for effect in found.effects if effect.kind in ON_HOSTS} == {group["effect"]}
    if way != "line":
        assert kinds(text) >= set(group.get("is", ()))


def test_there_are_many_addresses() -> None:
    assert len(CASES) >= 150
    assert len({(way, text) for _, way, text in CASES}) == len(CASES)
