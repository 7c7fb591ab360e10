"""Visits: how operators sign in on pages, and what a browser must show before anything is done in their name."""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from msgspec import Struct

from app.services.desk import Desk
from app.services.passphrases import Passphrases
from app.storage.database import Database
from app.storage.operators import Operator
from app.storage.visits import EndVisit, OpenVisit, Visit, find_visit

_LASTS = 12 * 3_600_000_000
# Browsers in which one operator is signed in at a time.
MOST = 16


class NewVisit(Struct, frozen=True):
    """`token` goes into the cookie, `secret` to the page that signed in and nowhere else; neither is kept here."""

    operator: Operator
    token: str
    secret: str


class Visits:
    """The use cases around signing in on pages."""

    def __init__(self, database: Database, desk: Desk, passphrases: Passphrases, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._passphrases = passphrases
        self._clock = clock

    def open(self, name: str, passphrase: str, source: str) -> NewVisit:
        """Sign in. Raises UnauthenticatedError, TooManyError."""
        operator = self.check(name, passphrase, source)
        token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        new = OpenVisit(
            id=f"v_{secrets.token_hex(6)}",
            operator=operator.name,
            token=_digest(token),
            secret=_digest(secret),
            stands=_digest(operator.passphrase),
            lasts=_LASTS,
            kept=MOST - 1,
        )
        self._tell("visit.opened", operator.name, new.id, new)
        return NewVisit(operator, token, secret)

    def find(self, token: str) -> tuple[Visit, Operator] | None:
        """Whose visit this is, while it lasts."""
        with self._database.read() as connection:
            found = find_visit(connection, _digest(token), self._clock())
        operator = self._desk.configurations.refresh().operators.get(found.operator) if found is not None else None
        # INVARIANT: a new passphrase ends every visit that was opened with the old one; who is disabled visits nothing.
        if found is None or operator is None or not hmac.compare_digest(found.stands, _digest(operator.passphrase)):
            return None
        return found, operator

    def check(self, name: str, passphrase: str, source: str) -> Operator:
        """The operator, if the passphrase is theirs. Raises UnauthenticatedError, TooManyError."""
        operator = self._desk.configurations.refresh().operators.get(name)
        return self._passphrases.verify(name, operator, passphrase, source)

    def end(self, visit: Visit) -> None:
        """Sign out."""
        self._tell("visit.ended", visit.operator, visit.id, EndVisit(visit.id))

    def _tell(self, type: str, operator: str, visit: str, change: OpenVisit | EndVisit) -> None:
        self._desk.change(type, operator, {"visit": visit}, (change,), raises_epoch=False)


def is_secret_of(visit: Visit, secret: str) -> bool:
    """Whether this is the second secret of the visit."""
    return hmac.compare_digest(visit.secret, _digest(secret))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
