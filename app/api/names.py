"""Names and texts that callers give outside of bodies: no control characters, never long."""

from typing import Annotated

from fastapi import Path, Query

from app.core.model import NAME

# PostgreSQL takes no NUL, and terminals act upon the others.
PLAIN = r"^[^\x00-\x1f\x7f-\x9f]*$"
# A name as requests have them, in the regular expressions of bodies, whose `$` is the end and nothing else.
VISIBLE = NAME.replace(r"(?!\n)$", "$")

PathName = Annotated[str, Path(min_length=1, max_length=64, pattern=PLAIN)]
QueryText = Annotated[str | None, Query(max_length=200, pattern=PLAIN)]
