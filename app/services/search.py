"""Looking for entries: by their columns, and by what stands inside them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from msgspec import Struct

from app.services.shown import shown_body, shown_payload
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import Entry, Filter

_PAGE = 200


class Wanted(Filter, frozen=True):
    """Which entries are wanted; None means any.

    actor   a part of the agent's name, of the one that it gave itself, or of the operator's
    origin  the trust that a decision rests on
    target  a part of what was asked for: a target, an argument, the resource of an effect
    """

    actor: str | None = None
    origin: str | None = None
    target: str | None = None

    @property
    def looks_inside(self) -> bool:
        return (self.actor, self.origin, self.target) != (None, None, None)

    def fits(self, entry: Entry) -> bool:
        """Whether what stands inside is wanted too; the columns were looked at by the database."""
        if not self.looks_inside:
            return True
        # Most entries are told apart without being read.
        named = ((entry.body, self.origin), (entry.body, self.actor), (entry.payload, self.target))
        if not all(may_hold(stored, text) for stored, text in named):
            return False
        body = shown_body(entry)
        if self.origin is not None and _inner(body, "prov").get("trust") != self.origin:
            return False
        if self.actor is not None and not any(self.actor in name for name in _texts(_inner(body, "actor"))):
            return False
        return self.target is None or any(self.target in text for text in _asked_for(entry))


EVERYTHING = Wanted()


class Look(Struct, frozen=True):
    """What one look found, and where the next one begins; None where the log ends."""

    entries: list[Entry]
    onward: int | None


def looks(
    database: Database, wanted: Wanted, start: int, *, newest: bool = False, whole: bool = True
) -> Iterator[Look]:
    """Look through the log from `start` on, upwards or with `newest` downwards, each look a short read of its own.

    What stands in payloads is found with `whole` only.
    """
    at: int | None = start
    while at is not None:
        with database.read() as connection:
            page = entries.page(connection, at, _PAGE, wanted, newest=newest, whole=whole)
        yield Look([entry for entry in page.entries if wanted.fits(entry)], page.onward)
        at = page.onward


def may_hold(stored: bytes | None, text: str | None) -> bool:
    """Whether this JSON can hold `text` in one of its texts; what is escaped in it can be anything."""
    return text is None or (stored is not None and (b"\\" in stored or text.encode(errors="replace") in stored))


def _inner(parent: dict[str, Any], key: str) -> dict[str, Any]:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def _texts(parent: dict[str, Any]) -> Iterator[str]:
    return (value for value in parent.values() if isinstance(value, str))


def _asked_for(entry: Entry) -> Iterator[str]:
    """Every text of a request that says what it is about."""
    payload = shown_payload(entry) or {}
    request, effects = _inner(payload, "request"), payload.get("effects")
    resources = (_texts(one) for one in effects if isinstance(one, dict)) if isinstance(effects, list) else ()
    named = (request.get("target"), request.get("resolved_target"))
    return chain(
        (text for text in named if isinstance(text, str)),
        _texts(_inner(request, "arguments")),
        chain.from_iterable(resources),
    )
