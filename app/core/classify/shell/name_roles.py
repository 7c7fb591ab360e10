"""Roles of words that name no file: text of one shape each, by which it can mean nothing else."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.inspected import INSPECTED
from app.core.classify.shell.state import Arg
from app.core.policy.wildcard import is_wild

# Plugins of pytest and pylint that are known, or left out: any other name may be that of a file here.
_PLUGIN: Final = (
    r"(?:no:[\w.-]+|xdist|randomly|pytest_(?:asyncio|benchmark|cov|django|httpx|mock|randomly|timeout|xdist)"
    r"|pylint_(?:celery|django|flask|pydantic|pytest)|pylint\.extensions\.\w+)"
)
_SHAPES: Final = {
    # A name that is no path, no address and no setting.
    "plain": re.compile(r"[A-Za-z0-9@_+%][A-Za-z0-9@_+%,-]*(?:\.(?!(?:lua|json)$)[A-Za-z0-9@_+%,-]+)*"),
    # No `@file` or `file://…`, in whose place a program takes what stands there, no address and no flag.
    "value": re.compile(r"(?![@-])(?!.*(?:://|@=)).*", re.DOTALL),
    "revision": re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_@./~^{}-]*"),
    # An expression that opens no further file.
    "xpath": re.compile(r"(?!.*(?:document|unparsed|evaluate)).*", re.DOTALL),
    "package-name": re.compile(r"(?:@[\w.-]+/)?[\w.-]+(?:@[\w.^~<>=*-]*)?", re.ASCII),
    "package-version": re.compile(r"[a-z0-9][\w.-]*/[\w.*-]+(?::[\w.^~<>=|,* @-]*)?", re.ASCII),
    # Which Python is meant; by any other name it would be looked for, and run.
    "python-version": re.compile(
        r"\.?venv(?:/bin/python[0-9.]*)?|(?:(?:c?python|pypy|graalpy)[-@]?)?(?:(?:[<>=~!]=?|,)*[0-9]+(?:\.[0-9]+)*t?)*",
        re.ASCII,
    ),
    "plugins": re.compile(rf"{_PLUGIN}(?:,{_PLUGIN})*", re.ASCII),
    # Settings of pytest that load nothing and write nowhere.
    "ini": re.compile(
        r"addopts=|(?:log_cli|log_cli_level|log_level|xfail_strict|console_output_style|asyncio_mode|junit_family|timeout"
        r"|faulthandler_timeout)=\w+",
        re.ASCII,
    ),
    "apple": re.compile(r"com\.apple\.[A-Za-z0-9.-]+|NSGlobalDomain|-g"),
    "inspected": INSPECTED,
    # What shows a page and does nothing else.
    "pager-name": re.compile(r"cat|less|more"),
}
_LONGEST_PART: Final = 80


def _matching(shape: re.Pattern[str]) -> Role:
    """Text of one shape: what it may mean besides is not known."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if act.known(arg, added_by) and not shape.fullmatch(arg.text):
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be more than a name", added_by)
            # A star between quotes is the program's to read, and no pattern of files.
            if arg.glob or not is_wild(arg.text):
                act.access((arg,))

    return role


NAME_ROLES: dict[str, Role] = {name: _matching(shape) for name, shape in _SHAPES.items()}
