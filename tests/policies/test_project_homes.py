"""A project below a folder named `home` is nobody's home once an operator has registered it."""

import pytest
from msgspec import structs

from app.core.decision import Verdict
from tests.policies.dialects import by_user, judged, shipped

DEFAULT = shipped("default")


@pytest.mark.parametrize(
    ("workspace", "line", "expected"),
    [
        ("/srv/home/x", "rg TODO", Verdict.ALLOW),
        ("/data/home/project", "black .", Verdict.ALLOW),
        ("/data/home/project/sub", "black .", Verdict.ALLOW),
        ("/data/home/project", "cat .aws/credentials", Verdict.DENY),
        ("/data/home/project", "black ..", Verdict.DENY),
        ("/data/home", "black .", Verdict.DENY),
        ("/home/user", "black .", Verdict.DENY),
        ("/work", "rg x /srv/home/x", Verdict.DENY),
        ("/export/home/alice/project", "rg x", Verdict.ALLOW),
        ("/export/home/alice/project", "rg x /export/home/alice", Verdict.DENY),
        ("/export/home/alice/project", "tar cf x.tar /export/home/alice", Verdict.DENY),
        ("/mnt/home/alice/project", "rm -rf /mnt/home/alice", Verdict.DENY),
    ],
)
def test_a_registered_project_is_nobodys_home(workspace: str, line: str, expected: Verdict) -> None:
    assert judged(DEFAULT, structs.replace(by_user(line), cwd=workspace), workspace).verdict is expected
