"""The default policy is nobody's law: each rule has its reason and can be replaced, and little is denied outright."""

import pytest

from app.core.decision import Finding, Stance
from app.core.policy.compile import File, compile_policy
from app.data import data
from app.services.policy_files import policy_files
from tests.policies.dialects import shipped

BASE = policy_files(data("policies") / "default.yaml")
RULES = [rule.finding for rule in shipped("default").rules]
# What is denied, and for which of the two reasons there are.
DENIED = {
    "self-protection": "the service itself",
    "control-commands": "the service itself",
    "control-api": "the service itself",
    "secrets": "secrets leave the machine",
    "secrets-changed": "secrets leave the machine",
    "metadata": "secrets leave the machine",
    "secrets-leave": "secrets leave the machine",
    "tainted-egress": "secrets leave the machine",
    "tainted-egress-by-command": "secrets leave the machine",
}


def test_only_self_protection_and_what_leaves_the_machine_is_denied() -> None:
    assert {found.rule for found in RULES if found.stance is Stance.DENY} == DENIED.keys()
    assert {found.rule for found in RULES if found.firm} <= DENIED.keys()


@pytest.mark.parametrize("found", RULES, ids=lambda found: str(found.rule))
def test_every_rule_says_why_and_can_be_replaced_or_dropped(found: Finding) -> None:
    assert found.reason.endswith(".")
    assert len(found.reason.split()) >= 3
    head = "version: 1\nextends: default\n"
    without = compile_policy((File("own.yaml", f"{head}without: [{found.rule}]"), *BASE)).rules.rules
    assert found.rule not in {rule.finding.rule for rule in without}
    instead = f"{head}rules:\n  - {{id: {found.rule}, log: nothing, reason: Ours.}}"
    own = {rule.finding.rule: rule.finding for rule in compile_policy((File("own.yaml", instead), *BASE)).rules.rules}
    assert own[found.rule].reason == "Ours."
