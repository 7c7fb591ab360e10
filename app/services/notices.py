"""Notices: people are told elsewhere that a request waits for them.

The outbox is the table of approvals itself: a channel is told of what was opened, in that order, while it waits, and
how far it has come is written with an entry. So nothing is written when a request is asked about, nothing is lost when
the service is killed, and nothing waits for a channel: each has a thread of its own.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct

from app.audit_log.timestamp import timestamp
from app.core.model import EffectKind
from app.notify.notice import Channel, Notice, UndeliveredError
from app.services.approvals import Approvals
from app.services.asking import url_of
from app.services.desk import SYSTEM, Desk
from app.services.errors import ProblemError
from app.storage import approvals, notices
from app.storage.approvals import StoredApproval
from app.storage.database import Database, UnavailableError
from app.storage.notices import Tell, ToldUpTo
from app.storage.sole import sole

# How often a channel looks for what is new, and for whether it is its turn.
_EVERY_S = 0.5
_TURN_S = 5.0
# One notice is tried so often, at longer and longer intervals.
_TRIES = 8
_LONGEST_PAUSE_S = 60.0
# An agent that asks and takes back, on and on, makes no more noise than this.
MOST_A_MINUTE = 10
_MINUTE = 60_000_000
_STOP_S = 1.0
_log = structlog.get_logger()


class _Tried(Struct, frozen=True):
    """A notice on its way: of which approval, how often it was tried."""

    opened: int
    tries: int


class Notices:
    """Tells every channel of what waits."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        shown: Approvals,
        channels: Sequence[Channel],
        clock: Callable[[], int],
        *,
        url: str,
    ) -> None:
        """`clock` gives microseconds; `url` is where people reach the service."""
        self._database = database
        self._desk = desk
        self._shown = shown
        self._clock = clock
        self._url = url
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(one,), name=f"notices-{one.name}", daemon=True) for one in channels
        ]
        self._tried: dict[str, _Tried] = {}
        self._sent: dict[tuple[str, str], deque[int]] = {}

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; blocks for a moment. A channel that does not answer is not waited for."""
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_STOP_S)

    def _run(self, channel: Channel) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                # One replica tells; a killed one is followed by another.
                with sole(self._database, f"notices-{channel.name}") as mine:
                    while mine and not self._ended.wait(self.tell(channel)):
                        pass
                pause = _TURN_S
            except UnavailableError:
                pause = _TURN_S
            except Exception as error:  # noqa: BLE001 - a notice that fails keeps nobody from the next one
                _log.error("notice.fault", channel=channel.name, error=type(error).__name__)
                pause = _LONGEST_PAUSE_S

    def tell(self, channel: Channel) -> float:
        """Tell a channel of the next approval; how long to wait before the one after, in seconds. Blocks."""
        with self._database.read() as connection:
            told = notices.told(connection, channel.name)
            one = approvals.next_waiting(connection, self._clock(), told)
        if one is None:
            return _EVERY_S
        if self._is_noise(channel, one):
            self._write(channel, one, told, "more than ten a minute of this agent")
            return 0.0
        reason: str | None = None
        try:
            channel.send(self._notice(one))
        except UndeliveredError as error:
            tries = self._tries(channel, one)
            _log.warning("notice.undelivered", channel=channel.name, approval=one.id, reason=error.reason)
            if error.again and tries < _TRIES:
                return min(2.0 ** (tries - 1), _LONGEST_PAUSE_S)
            reason = error.reason
        except ProblemError:
            reason = "not to be shown"
        self._write(channel, one, told, reason)
        return 0.0

    def _notice(self, one: StoredApproval) -> Notice:
        card = self._shown.show(one.id)
        does = sorted({EffectKind(effect["kind"]) for effect in card.effects or ()})
        return Notice(
            approval=one.id,
            agent=one.agent,
            level="REQUIRE_STRONG_APPROVAL" if one.strong else "REQUIRE_APPROVAL",
            risk=card.risk,
            does=tuple(does),
            opened_at=timestamp(one.opened_at),
            expires_at=timestamp(one.expires_at),
            url=url_of(self._url, one.id),
        )

    def _write(self, channel: Channel, one: StoredApproval, told: int, reason: str | None) -> None:
        """The log tells whom it reached; where a replica has written that already, nothing is."""
        data = {"approval": one.id, "channel": channel.name}
        if reason is not None:
            data["reason"] = reason
        self._desk.change(
            "notice.sent" if reason is None else "notice.failed",
            SYSTEM,
            data,
            (Tell(channel.name, one.opened),),
            (ToldUpTo(channel.name, told),),
            raises_epoch=False,
        )

    def _tries(self, channel: Channel, one: StoredApproval) -> int:
        before = self._tried.get(channel.name)
        tries = before.tries + 1 if before is not None and before.opened == one.opened else 1
        self._tried[channel.name] = _Tried(one.opened, tries)
        return tries

    def _is_noise(self, channel: Channel, one: StoredApproval) -> bool:
        """Whether this agent has made so much noise of late that nobody is told of it once more."""
        sent = self._sent.setdefault((channel.name, one.agent), deque(maxlen=MOST_A_MINUTE))
        if one.opened_at in sent:  # it is tried again
            return False
        if len(sent) == MOST_A_MINUTE and one.opened_at - sent[0] < _MINUTE:
            return True
        sent.append(one.opened_at)
        return False
