"""Edits that only put a name or a plain value in the place of another: too little to be code of the line's own."""

import re
from typing import Final

# What is put there: `save_user`, `dayjs(`, `user?.name`, `version = "1.2.0"`. No text that something is called with.
_PUT: Final = (
    r"(?:[\w.?-]|\\[./?()-])*(?:\(\)?)?"
    r"|(?:[\w.-]+ ?[=:] ?)?(?:\"[\w .-]*\"|'[\w .-]*'|[\w.-]+)"
)
_ENDS: Final = ("/", r"\|", "#", ",", "!", ":", "@")
_RENAMES: Final = re.compile(
    "|".join(rf"s{end}(?:\\.|[^\\{end}\n])*{end}(?P<by_{at}>{_PUT}){end}[gIi0-9]*" for at, end in enumerate(_ENDS)),
    re.ASCII,
)
# A name that runs, loads or destroys what stands behind it already.
_GRAVE: Final = re.compile(
    r"exec|eval|system|popen|spawn|process|shell|import|require|load|open|compile|run|call|apply|function|module|attr|builtin"
    r"|global|__|bash|curl|wget|fetch|remove|unlink|delete|rmtree|destroy|drop|truncate|\b(?:sh|os|rm|dd|nc|kill|sudo|chmod)\b",
    re.IGNORECASE,
)
# INVARIANT: more of them, one after the other, could put together any text.
MOST: Final = 2


def only_renames(edit: str) -> bool:
    """Whether one substitution, as sed and Perl write it, does no more than that."""
    found = _RENAMES.fullmatch(edit.strip("; \n"))
    return found is not None and not _GRAVE.search(found[found.lastgroup or 0])
