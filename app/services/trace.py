"""Everything that the log says of one thing: a decision, a key, an approval, a delegation, a session, a policy."""

from collections.abc import Callable, Iterator
from typing import Any

from app.services.errors import InvalidError
from app.services.search import EVERYTHING, looks
from app.services.shown import shown_body
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import Entry

# Fewer characters begin too many ids.
SHORTEST = 6
_FEW = 5
# What is in every entry, or says things in words.
_NO_IDS = frozenset(("hash", "log", "prev", "reason", "ts", "type", "v"))


def trace(database: Database, token: str, progress: Callable[[int, int], None] | None = None) -> list[Entry]:
    """The entries that name the id `token`, or the one id that begins with it; oldest first.

    An evaluation is found by its id too, with all that was reported of it. Raises InvalidError when several ids
    begin so. Reads the whole log; `progress` hears how much of it is done.
    """
    if len(token) < SHORTEST:
        raise InvalidError("short_id", f"{token!r} is too short: give {SHORTEST} characters of an id or more.")
    with database.read() as connection:
        head = entries.head(connection)
    evaluation = _evaluation(token, head.log)
    needles = [token.encode(errors="replace")] + ([b'"evaluation":%d' % evaluation] if evaluation is not None else [])
    exact: list[Entry] = []
    beginning: dict[str, list[Entry]] = {}
    for look in looks(database, EVERYTHING, evaluation or 0, whole=False):
        for entry in look.entries:
            if entry.seq != evaluation and not any(needle in entry.body for needle in needles):
                continue
            body = shown_body(entry)
            ids = set(_ids(body))
            if token in ids or evaluation in (entry.seq, _told_of(body)):
                exact.append(entry)
            for one in ids:
                if one.startswith(token):
                    beginning.setdefault(one, []).append(entry)
        if progress is not None:
            progress(look.onward or head.size, head.size)
    if len(beginning) > 1 and not exact:
        few = ", ".join(sorted(beginning)[:_FEW])
        raise InvalidError("ambiguous_id", f"{len(beginning)} ids begin with {token!r}: {few}")
    return exact or next(iter(beginning.values()), [])


def _evaluation(token: str, log: str) -> int | None:
    """The number of the entry that an evaluation's id names."""
    name, _, number = token.rpartition("-")
    return int(number) if name == log and number.isascii() and number.isdigit() and len(number) <= 16 else None


def _told_of(body: dict[str, Any]) -> Any:
    """The evaluation that an entry reports of; -1 where it reports of none."""
    data = body.get("data")
    return data.get("evaluation", -1) if isinstance(data, dict) else -1


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _NO_IDS:
                yield from _ids(item)
