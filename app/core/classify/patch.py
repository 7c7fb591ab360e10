"""Patches that name the files that they change, as Codex writes them: `*** Add File: a.py` and what follows.

INVARIANT: whoever applies a patch may read it more leniently than this. So a line that looks like a header is one, also
among the lines that are only context, and a patch with a line that is neither header nor content is not understood.
"""

import re
from typing import Final

from app.core.budget import Budget

# What a header does to the file that it names: the tool that would do the same.
_HEADERS: Final = {
    "*** Add File: ": "write_file",
    "*** Update File: ": "edit_file",
    "*** Delete File: ": "delete_file",
    "*** Move to: ": "move",
}
_BEGIN, _END, _LAST = "*** Begin Patch", "*** End Patch", "*** End of File"
_HERE_DOCUMENT = re.compile(r"<<\s*(['\"]?)EOF\1")
_CONTENT = frozenset(("+", "-", " ", "@", ""))


def changes(text: str, budget: Budget) -> list[tuple[str, str]] | None:
    """Each file that a patch touches, with the tool that would do the same to it; None when it is not understood.

    A file that is moved is written at its new place, changed and then deleted at its old one. Raises
    BudgetExceededError.
    """
    lines = text.strip().split("\n")
    budget.spend(len(lines))
    if _HERE_DOCUMENT.fullmatch(lines[0].strip()) and lines[-1].strip() == "EOF":
        lines = lines[1:-1]
    if len(lines) < 2 or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        return None
    found: list[tuple[str, str]] = []
    for line in lines[1:-1]:
        said = line.strip()
        if said == _LAST or (not said.startswith("***") and line[:1].strip("\r") in _CONTENT):
            continue
        header = next((header for header in _HEADERS if said.startswith(header)), None)
        if header is None:
            return None
        tool, path = _HEADERS[header], said[len(header) :]
        if tool == "move":
            if not found or found[-1][0] != "edit_file":
                return None
            found += [("delete_file", found[-1][1]), ("write_file", path)]
        else:
            found.append((tool, path))
    return found or None
