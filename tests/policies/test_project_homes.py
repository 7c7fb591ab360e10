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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("grep -rn TODO .", Verdict.ALLOW),
        ("cat **/*.py", Verdict.ALLOW),
        ("cat *", Verdict.REQUIRE_APPROVAL),
        ("cat .aws/*", Verdict.DENY),
        ("grep -r x .aws", Verdict.DENY),
        ("cat ../.aws/*", Verdict.DENY),
        ("grep -r x ..", Verdict.DENY),
    ],
)
@pytest.mark.parametrize("workspace", ["/x/home/project", "/srv/home/x"])
def test_what_a_pattern_may_find_in_a_project_is_in_nobodys_home(workspace: str, line: str, expected: Verdict) -> None:
    """So where the caller's own home is called `home`, too."""
    home = workspace.rpartition("/")[0]
    asked = structs.replace(by_user(line), cwd=workspace, home=home)
    assert judged(DEFAULT, asked, workspace).verdict is expected


def test_a_project_within_a_home_makes_no_project_of_it() -> None:
    asked = structs.replace(by_user("rg x /srv/home/u"), cwd="/srv/home/u/project", home="/srv/home/u")
    assert judged(DEFAULT, asked, "/srv/home/u/project").verdict is Verdict.DENY
