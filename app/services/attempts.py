"""Attempts to sign in: who has to wait, and what the log hears of it.

Failures slow down one source for one operator, on every replica, and nobody else. Each is an entry, until there are so
many that they would fill the log: then they are counted, and told together once a minute.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

from app.services.desk import SYSTEM, Desk
from app.services.errors import TooManyError, UnavailableError
from app.storage.database import Database
from app.storage.sign_ins import AddFailure, Failures, ForgetFailures, failures

FREE_TRIES = 3
LONGEST_WAIT_S = 300
# Entries about failures that one replica writes at once in a minute.
ENTRIES = 30
_MINUTE_US = 60_000_000
_REMEMBERED = 1_024

Attempt = tuple[str, str]


class Attempts:
    """The memory of attempts: of operators in the database, of strangers' names in this process."""

    def __init__(self, database: Database, desk: Desk, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._clock = clock
        self._lock = threading.Lock()
        self._strangers: OrderedDict[Attempt, Failures] = OrderedDict()
        self._minute = 0
        self._written = 0
        # What the log has yet to hear: failures by operator ("" for strangers) and source, sign-ins by operator.
        self._untold: OrderedDict[Attempt, Failures] = OrderedDict()
        self._untold_more = 0
        self._untold_sign_ins: dict[str, int] = {}

    def check(self, name: str, source: str, *, known: bool) -> None:
        """Raises TooManyError while attempts at this name from there have to wait."""
        here = name[:64], place(source)
        with self._lock:
            found = self._untold.get(here, Failures()) if known else self._strangers.get(here, Failures())
        if known:
            with self._database.read() as connection:
                stored = failures(connection, *here)
            found = Failures(found.count + stored.count, max(found.last_at, stored.last_at))
        if found.count < FREE_TRIES:
            return
        wait = min(2 ** min(found.count - FREE_TRIES, 30), LONGEST_WAIT_S) * 1_000_000
        left = wait - (self._clock() - found.last_at)
        if left > 0:
            raise TooManyError(
                "too_many_failures", "Too many wrong passphrases; wait before the next.", left // 1_000_000 + 1
            )

    def failed(self, name: str, source: str, *, known: bool) -> None:
        """Remember a wrong passphrase."""
        here = name[:64], place(source)
        with self._lock:
            if not known:
                self._remember(self._strangers, here, 1)
            at_once = self._may_write()
            if not at_once:
                self._hold(here, known=known)
        if not at_once:
            return
        # INVARIANT: a stranger's name never stands in the log: it may be a passphrase in the wrong field.
        told = {"operator": here[0]} if known else {}
        changes = (AddFailure(*here),) if known else ()
        try:
            self._desk.change(
                "operator.sign_in_failed",
                SYSTEM,
                {"count": 1, "source": here[1], **told},
                changes,
                raises_epoch=False,
            )
        except UnavailableError:
            with self._lock:
                self._hold(here, known=known)

    def succeeded(self, operator: str, source: str) -> None:
        """Remember a right passphrase. Where nothing can be written it is told later: a stop button must be reached."""
        here = operator, place(source)
        with self._lock:
            self._untold.pop(here, None)
        try:
            self._desk.change(
                "operator.signed_in",
                operator,
                {"count": 1, "operator": operator, "source": here[1]},
                (ForgetFailures(*here),),
                raises_epoch=False,
            )
        except UnavailableError:
            with self._lock:
                self._untold_sign_ins[operator] = self._untold_sign_ins.get(operator, 0) + 1

    def tell(self) -> None:
        """Write down what was only counted. Blocks; what cannot be written now waits for the next time."""
        with self._lock:
            untold, more, sign_ins = self._untold, self._untold_more, self._untold_sign_ins
            self._untold, self._untold_more, self._untold_sign_ins = OrderedDict(), 0, {}
        counts: dict[str, int] = {"": more} if more else {}
        for (operator, _), found in untold.items():
            counts[operator] = counts.get(operator, 0) + found.count
        told = [
            ("operator.sign_in_failed", {"count": count, **({"operator": operator} if operator else {})})
            for operator, count in counts.items()
        ]
        told += [("operator.signed_in", {"count": count, "operator": name}) for name, count in sign_ins.items()]
        changes = tuple(
            AddFailure(operator, source, found.count) for (operator, source), found in untold.items() if operator
        )
        if not told:
            return
        try:
            self._desk.change_all(SYSTEM, told, changes, raises_epoch=False)
        except UnavailableError:
            with self._lock:
                self._untold_more += more
                for here, found in untold.items():
                    self._remember(self._untold, here, found.count)
                for name, count in sign_ins.items():
                    self._untold_sign_ins[name] = self._untold_sign_ins.get(name, 0) + count

    def _may_write(self) -> bool:
        minute = self._clock() // _MINUTE_US
        if minute != self._minute:
            self._minute, self._written = minute, 0
        self._written += 1
        return self._written <= ENTRIES

    def _hold(self, here: Attempt, *, known: bool) -> None:
        if known and (here in self._untold or len(self._untold) < _REMEMBERED):
            self._remember(self._untold, here, 1)
        else:
            self._untold_more += 1

    def _remember(self, memory: OrderedDict[Attempt, Failures], here: Attempt, count: int) -> None:
        memory[here] = Failures(memory.get(here, Failures()).count + count, self._clock())
        memory.move_to_end(here)
        while len(memory) > _REMEMBERED:
            memory.popitem(last=False)


def place(source: str) -> str:
    """Where an attempt comes from, as coarse as one attacker can be: an IPv4 address, a /64 of IPv6."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return "unknown"
    if address.version == 4 or address.ipv4_mapped is not None:
        return str(address if address.version == 4 else address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
