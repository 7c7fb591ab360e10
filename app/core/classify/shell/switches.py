"""Flags that only switch something, known by the words of which their names are made: `--no-open`, `--strict`."""

import re
from typing import Final

# None of these names a file, a machine or a program, or says that something is changed, sent or installed.
_WORDS: Final = frozenset(
    """
    all analyze bail bundle changed check ci clean color colors colour compact details dev diff dry dts eager emit
    exit fail failed fast files first force full headed headless help hidden hmr hot https incremental info inline
    interactive isolated last lazy live local locked max minify no once only open optimize parallel pass port
    preview pretty prod production progress quiet raw recursive refresh reload run serial short show silent single
    skip source split stale strict strictport summary sync tests test time timing timings tree turbo turbopack
    typecheck types ui unused verbose version warn warning warnings watch workspace workspaces zero
    """.split()  # noqa: SIM905 (a column of a hundred lines reads worse)
)
_FLAG: Final = re.compile(r"--([a-zA-Z]+(?:-[a-zA-Z]+)*)(?:=(?:true|false|[0-9]{1,6}))?")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_switch(flag: str) -> bool:
    """Whether a flag that nobody has listed, `=true` or `=3` included, only switches something."""
    found = _FLAG.fullmatch(flag)
    return found is not None and all(word in _WORDS for word in _HUMP.sub("-", found[1]).lower().split("-"))
