"""The support desk: scopes say which bot may do what, a person says yes to what is large, monitor mode lets pass."""

import re
from pathlib import Path

import pytest

from app.core.policy.compile import compile_policy
from app.core.policy.selftest import run_tests
from app.services.policy_files import policy_files
from tests.examples.runs import ROOT, run


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run("support_bot", tmp_path_factory.mktemp("example"))


def test_each_bot_does_what_its_scopes_hold(output: str) -> None:
    assert output.partition("\n\n")[0].splitlines() == [
        "support-bot, which may read everything, refund and reply:",
        "  ran:     order_1 was 500.0, paid by Ann",
        "  ran:     20.0 refunded for order_1",
        "  (a person is asked)",
        "  ran:     500.0 refunded for order_1",
        "  ran:     told ann: The money is on its way.",
        "  stopped: Denied: The agent lacks the scope delete:customers.",
        "analytics-bot, which may read everything:",
        "  ran:     order_1 was 500.0, paid by Ann",
        "  stopped: Denied: The agent lacks the scope write:refunds.",
        "pilot-bot, in monitor mode, which may read everything:",
        "  ran:     20.0 refunded for order_1",
    ]


def test_the_log_verifies_at_the_end(output: str) -> None:
    assert re.search(r"^consistent, not anchored \(\d+ entries", output, re.MULTILINE)


def test_its_policy_is_good() -> None:
    assert run_tests(compile_policy(policy_files(Path(ROOT / "examples/support_bot/policy.yaml")))) == []
