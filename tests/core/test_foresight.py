"""What a delegation would have allowed is what deciding again says, no more and no less."""

from typing import Any

from app.core.budget import Budget
from app.core.delegation import Terms
from app.core.facts import Caller
from app.core.foresight import Past, granted
from app.core.model import ActionRequest
from app.core.trust import Trust
from tests.core.test_delegation import delegated
from tests.core.test_engine import rules

RULES = rules(
    "id: ask, ask: read_file, path: ['/srv/a', '/srv/b', '/etc/**', '**/secret']",
    "id: never, deny: read_file, path: '**/secret'",
    "id: free, allow: read_file, path: '/srv/free'",
    "id: untrusted, deny: read_file, path: '/srv/a', source: untrusted",
)
READS = delegated(Terms(allowed_actions=("read_file",), allowed_paths=("/srv/*",)))


def past(path: str, trust: Trust = Trust.USER_DIRECT, **more: Any) -> Past:
    request = ActionRequest(tool="Read", arguments={"file_path": path}, source="user", cwd="/srv", **more)
    return Past(request, Caller("coder", "k", "pep"), None, trust)


def test_only_what_is_asked_today_and_covered_counts() -> None:
    asked = [past("/srv/b"), past("/etc/b"), past("/srv/secret"), past("/srv/free"), past("/srv/b", actor="coder/part")]
    found = granted(asked, READS, RULES, (), Budget(9_999))
    assert list(found) == [True, False, False, False, False]


def test_nothing_is_believed_more_than_it_was() -> None:
    asked = [past("/srv/a"), past("/srv/a", Trust.EXTERNAL_CONTENT)]
    assert list(granted(asked, READS, RULES, (), Budget(9_999))) == [True, False]


def test_it_says_nothing_about_what_it_had_no_steps_for() -> None:
    found = list(granted([past("/srv/b")] * 1_000, READS, RULES, (), Budget(500)))
    assert 0 < len(found) < 100
    assert all(found)
