"""Flags that only switch something, known by the words of which their names are made: `--no-open`, `--strict`."""

import re
from typing import Final

# None of these names a file, a machine or a program, or says that something is changed, sent or installed.
_WORDS: Final = frozenset(
    """
    affected all analyze annotations bail browser bundle changed check ci circular clean color colors
    colour compact concurrency coverage created depth deprecated details dev diff dry dts eager emit
    enabled error errors exclude exit expand explain fail failed failures fast file files first force full
    graph headed headless heap help hidden hmr hook hot https implicit incremental info inline intercept interactive
    isolated json last lazy limit live lint local locals locked log matching max min minify modules names no notify
    once only open optimize orphans outdated parallel parallelism parameters pass per port preview pretty prod
    production progress quiet random randomize raw recursive refresh reload repeat report resolution retries retry run
    seed serial short show shuffle silent single skip skipped slow source split stack stale stats strict strictport
    summary sync tap teardown tests test thread threads time timeout timeouts timing timings total trace tree turbo
    turbopack typecheck types ui unmatched unused usage verbose version warn warning warnings watch workers
    workspace workspaces zero
    """.split()  # noqa: SIM905 (a column of a hundred lines reads worse)
)
_FLAG: Final = re.compile(r"--([a-zA-Z]+(?:[-.][a-zA-Z]+)*)(?:=(?:true|false|[0-9]{1,6}%?))?")
_BETWEEN: Final = re.compile(r"[-.]")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_switch(flag: str) -> bool:
    """Whether a flag that nobody has listed, `=true` or `=3` included, only switches something."""
    found = _FLAG.fullmatch(flag)
    return found is not None and all(
        word in _WORDS for word in _HUMP.sub("-", found[1].replace(".", "-")).lower().split("-")
    )
