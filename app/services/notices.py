"""Notices: people are told elsewhere that a request waits for them.

The outbox is the table of approvals itself: a channel is told of what was opened while it waits, and how far it has
come is written with an entry. So nothing is written when a request is asked about, nothing is lost when the service is
killed, and nothing waits for a channel: each has a thread of its own. What did not arrive is tried again beside what is
new, and keeps nothing behind it waiting.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct
from sqlalchemy import Connection

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
# So many wait to be tried again; with more of them the channel is down, and nothing new is begun.
MOST_LATER = 50
# An agent that asks and takes back, on and on, makes no more noise than this.
MOST_A_MINUTE = 10
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_STOP_S = 1.0
_log = structlog.get_logger()


class _Late(Struct, frozen=True):
    """A notice that did not arrive: how often it was tried, and when it is again (µs)."""

    tries: int
    due: int


class _Progress:
    """How far a channel has come in this process: it has begun with all up to `reached`, and some of that is late."""

    def __init__(self) -> None:
        self.reached = -1
        self.late: dict[int, _Late] = {}

    def go_on_from(self, told: int) -> None:
        """The channel is through with all up to the entry `told`, whoever has told of it."""
        self.reached = max(self.reached, told)
        for opened in [one for one in self.late if one <= told]:
            del self.late[opened]

    @property
    def through(self) -> int:
        """The last entry up to which nothing is left to tell of."""
        # INVARIANT: what is late is behind nothing that is written down: whoever goes on after a crash begins with it.
        return min(self.late) - 1 if self.late else self.reached


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
        self._progress: dict[str, _Progress] = {}
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
                    self._progress.pop(channel.name, None)
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
        progress = self._progress.setdefault(channel.name, _Progress())
        with self._database.read() as connection:
            told = notices.told(connection, channel.name)
            progress.go_on_from(told)
            one = self._next(connection, progress)
        if one is None:
            return _EVERY_S
        late = progress.late.pop(one.opened, None)
        progress.reached = max(progress.reached, one.opened)
        if late is None and self._is_noise(channel, one):
            self._write(channel, one, told, progress.through, "more than ten a minute of this agent")
            return 0.0
        reason: str | None = None
        try:
            channel.send(self._notice(one))
        except UndeliveredError as error:
            tries = 1 if late is None else late.tries + 1
            _log.warning("notice.undelivered", channel=channel.name, approval=one.id, reason=error.reason)
            if error.again and tries < _TRIES:
                pause = min(2.0 ** (tries - 1), _LONGEST_PAUSE_S)
                progress.late[one.opened] = _Late(tries, self._clock() + int(pause * _SECOND))
                return 0.0
            reason = error.reason
        except ProblemError:
            reason = "not to be shown"
        self._write(channel, one, told, progress.through, reason)
        return 0.0

    def _next(self, connection: Connection, progress: _Progress) -> StoredApproval | None:
        """What to tell of now: what is late and due, or else what nobody has begun with; while it waits for people."""
        now = self._clock()
        for opened in sorted(opened for opened, late in progress.late.items() if late.due <= now):
            found = approvals.next_waiting(connection, now, opened - 1)
            if found is not None and found.opened == opened:
                return found
            del progress.late[opened]
        if len(progress.late) >= MOST_LATER:
            return None
        return approvals.next_waiting(connection, now, progress.reached)

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

    def _write(self, channel: Channel, one: StoredApproval, told: int, through: int, reason: str | None) -> None:
        """The log tells whom it reached, and how far the channel is through; nothing where a replica has gone on."""
        data = {"approval": one.id, "channel": channel.name}
        if reason is not None:
            data["reason"] = reason
        self._desk.change(
            "notice.sent" if reason is None else "notice.failed",
            SYSTEM,
            data,
            (Tell(channel.name, through),) if through > told else (),
            (ToldUpTo(channel.name, told),),
            raises_epoch=False,
        )

    def _is_noise(self, channel: Channel, one: StoredApproval) -> bool:
        """Whether this agent has made so much noise of late that nobody is told of it once more."""
        sent = self._sent.setdefault((channel.name, one.agent), deque(maxlen=MOST_A_MINUTE))
        if len(sent) == MOST_A_MINUTE and one.opened_at - sent[0] < _MINUTE:
            return True
        sent.append(one.opened_at)
        return False
