"""The table in docs/integrations/mcp.md: what works through the relay, server by server, as the tests have seen it."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/integrations/mcp.md"
BEGIN, END = "<!-- made by scripts/matrix -->\n", "<!-- end -->\n"
COLUMNS = ("stdio", "stdio, 2026-07-28", "HTTP", "HTTP, 2026-07-28")
# The cells that tests write, row by row; what is none of them the server does not speak.
CELLS = (
    ("server-everything", "stdio"),
    ("server-everything", "HTTP"),
    ("server-filesystem", "stdio"),
    ("server-memory", "stdio"),
    ("mcp-server-time", "stdio"),
    ("mcp-server-time", "stdio, 2026-07-28"),
    ("MCPServer", "HTTP"),
    ("MCPServer", "HTTP, 2026-07-28"),
)
# The file that tests write their cells into while the table is made anew; else they compare them with the page.
MAKING = "TESTS_RELAY_PAGE"
_NONE = "–"
Seen = Mapping[tuple[str, str], str]


def table(seen: Seen) -> str:
    """The lines between the marks."""
    rows = [["server", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    servers = dict.fromkeys(name for name, _ in CELLS)
    rows += [[f"`{one}`", *(seen.get((one, column), _NONE) for column in COLUMNS)] for one in servers]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def written() -> str:
    """The table as the page has it."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def cells() -> dict[tuple[str, str], str]:
    """What the page says in each cell that says something."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in written().splitlines()[2:]]
    said = {(row[0].strip("`"), column): cell for row in rows for column, cell in zip(COLUMNS, row[1:], strict=True)}
    return {where: cell for where, cell in said.items() if cell != _NONE}


def seen_by_tests() -> Seen:
    """Run the tests; what each wrote into its cell."""
    with tempfile.NamedTemporaryFile("r") as file:
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not the_page", "tests/relay/test_servers.py"]
        subprocess.run([sys.executable, *command], cwd=ROOT, env={**os.environ, MAKING: file.name}, check=True)
        return {(server, column): said for server, column, said in map(json.loads, file)}


if __name__ == "__main__":
    seen = seen_by_tests()
    if missing := set(CELLS) - seen.keys():
        sys.exit(f"agent-sudo: nothing was seen of {sorted(missing)}; set up the servers: scripts/servers")
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: BEGIN + table(seen) + END, PAGE.read_text(), flags=re.DOTALL))
