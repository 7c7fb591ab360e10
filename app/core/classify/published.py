"""What makers who are known by name have published on GitHub: files of their repositories, and what was released.

INVARIANT: nothing that somebody else may have written. A request to merge lies in their repository, and so does every
commit of anybody's copy of it, by its digest; of what GitHub tells, issues and comments are everybody's.
"""

import re
from pathlib import Path
from typing import Final

import msgspec.yaml

_MAKERS: Final = "|".join(
    map(re.escape, msgspec.yaml.decode(Path(__file__).with_name("hosts.yaml").read_bytes())["makers"])
)
_NAME: Final = r"(?!\.\.?(?:[/?]|\Z))[\w.@+-]+"
_BRANCH: Final = r"(?:refs/(?:heads|tags)/)?(?!refs/|[0-9a-f]{7,40}/)" + _NAME
_PUBLISHED: Final = re.compile(
    rf"raw\.githubusercontent\.com/(?:{_MAKERS})/{_NAME}/{_BRANCH}(?:/{_NAME})+"
    rf"|api\.github\.com/repos/(?:{_MAKERS})/{_NAME}"
    rf"(?:/(?:releases(?:/latest|/tags/{_NAME})?|tags|languages|topics|license|readme|contents(?:/{_NAME})*))?/?"
    r"(?:\?(?:per_)?page=[0-9]+(?:&(?:per_)?page=[0-9]+)?)?",
    re.ASCII | re.IGNORECASE,
)


def is_published(host: str, rest: str) -> bool:
    """Whether the rest of an address on `host` names something of theirs."""
    return _PUBLISHED.fullmatch(f"{host}{rest}") is not None
