"""One path, as the tools of many agents would name it; and what our policies say of such calls."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import convert, structs
from ruamel.yaml import YAML

from app.core.budget import Budget
from app.core.decision import Decision
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import compile_policy
from app.core.policy.document import TestText
from app.core.policy.ruleset import Policy, RuleSet
from app.core.policy.selftest import facts, request
from app.data import data
from app.services.policy_files import policy_files

CASES = Path(__file__).parents[1] / "cases"
SHIPPED = sorted(data("policies").glob("**/*.yaml"))
WORKSPACE = "/workspace"
HOMES = (
    "/home/user/",
    "/home/other/",
    "/root/",
    "/Users/alice/",
    "/var/root/",
    "~other/",
    "C:/Users/x/",
    "C:\\Users\\x\\",
)
# What one HTTP request may use.
STEPS = 20_000

_WRITTEN: dict[str, Any] = {"content": "x"}


def policy(path: Path) -> Policy:
    return compile_policy(policy_files(path))


def shipped(name: str) -> RuleSet:
    return policy(data("policies") / f"{name}.yaml").rules


def cases(name: str) -> Any:
    return YAML(typ="safe", pure=True).load(CASES / name)


def lines(groups: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every line of every group, the group's name before it."""
    for group, text in groups.items():
        for line in text.splitlines():
            yield group, line


def texts(name: str) -> list[TestText]:
    """The cases of a file that are written in the format of a policy's own tests."""
    return [convert(text, TestText) for text in cases(name)["tests"]]


def reading(path: str) -> list[ActionRequest]:
    """The calls by which agents read `path`."""
    return [
        _call("Read", file_path=path),
        _call("read_file", path=path),
        _call("read_file", absolute_path=path),
        _call("view_file", path=path),
        _call("NotebookRead", notebook_path=path),
        structs.replace(_call("filesystem"), action="read_file", target=path),
        structs.replace(_call("read_file"), target=path),
        _call("view", path=path),
        _call("str_replace_editor", command="view", path=path),
        *_shell("cat {}", path),
        *_shell("wc -c < {}", path),
    ]


def writing(path: str) -> list[ActionRequest]:
    """The calls by which agents write `path`."""
    return [
        _call("Write", file_path=path, **_WRITTEN),
        _call("Edit", file_path=path, old_string="a", new_string="b"),
        _call("write_file", path=path, **_WRITTEN),
        _call("replace", file_path=path, old_string="a", new_string="b"),
        structs.replace(_call("filesystem", **_WRITTEN), action="write_file", target=path),
        _call("create", path=path, file_text="x"),
        _call("str_replace_editor", command="insert", path=path, insert_line=1, insert_text="x"),
        _call("apply_patch", input=f"*** Begin Patch\n*** Update File: {path}\n@@\n-a\n+b\n*** End Patch"),
        *_shell("echo x > {}", path),
    ]


def everywhere(path: str, calls: Callable[[str], list[ActionRequest]]) -> list[ActionRequest]:
    """The calls on `path`; and where it lies in one's home, one call each on that place in everybody else's."""
    homes = HOMES if path[:2] == "~/" else ()
    return calls(path) + [calls(home + path[2:])[0] for home in homes]


def by_user(line: str) -> ActionRequest:
    """A shell line that the user wants to run in the workspace."""
    return _call("Bash", command=line)


def judged(rules: RuleSet, asked: ActionRequest, *workspaces: str) -> Decision:
    return decide(asked, Facts(Caller("test", "test", "pep"), workspaces or (WORKSPACE,)), rules, Budget(STEPS))


def judged_text(rules: RuleSet, text: TestText) -> Decision:
    return decide(request(text), facts(text), rules, Budget(STEPS))


def _call(tool: str, **arguments: Any) -> ActionRequest:
    return ActionRequest(tool=tool, arguments=arguments, source="user", cwd=WORKSPACE, home="/home/user")


def _shell(line: str, path: str) -> list[ActionRequest]:
    """The path in a shell line, for those that a shell would open: neither addresses nor other systems' spellings."""
    if path[:5].lower() == "file:" or "%" in path or "\\" in path or path[:1] in "$-":
        return []
    home, slash, rest = path.partition("/") if path[:1] == "~" else ("", "", path)
    words = line.format(home + slash + shlex.quote(rest))
    argv = ["bash", "-lc", words]
    return [_call("Bash", command=words), _call("shell", command=argv), _call("run_shell_command", command=words)]
