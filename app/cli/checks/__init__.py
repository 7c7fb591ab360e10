"""What the doctor looks at, one function a matter. Reads only, and one matter's failure hides no other."""

from typing import TYPE_CHECKING

from app.cli.checks import agents, machine
from app.cli.checks.line import Line
from app.cli.failure import Failure
from app.cli.home import BEGIN, has_home, reading

if TYPE_CHECKING:
    from app.settings import Settings


def examine(found: "Settings", url: str, last: int) -> list[Line]:
    """Look at everything; `last` entries of the log are verified."""
    from app.cli.checks import stored

    lines = machine.examine(found)
    if not has_home(found):
        lines.append(Line("FAIL", "database", "there is none yet", BEGIN))
        return [*lines, *agents.examine(found), machine.service(found, url)]
    try:
        with reading(found) as database:
            lines += stored.examine(database, found, last)
    except Failure as failure:
        lines.append(Line("FAIL", "database", failure.message, failure.hint))
    return [*lines, *agents.examine(found), machine.service(found, url)]
