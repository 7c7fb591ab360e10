"""A decision that is made but not yet recorded: what writes it down, and how it is answered then."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct

from app.core.facts import Offered
from app.services import asking
from app.services.answer import AnswerForm, ApprovalNotice
from app.services.asking import Ask
from app.services.judgement import Received
from app.services.live_approvals import Known, Pending
from app.storage.command import Command, Receipt
from app.storage.keys import Key


class Answered(Struct, frozen=True):
    """A decision's word, the whole answer as it goes out, and the approval that may change it."""

    decision: str
    body: bytes
    pending: Pending | None = None


class Asked(Struct, frozen=True):
    """What people were asked about: the approval that was opened or joined, or the answer that was there."""

    digest: bytes
    url: str
    ask: Ask | None
    known: Known | None

    def answer(self, receipt: Receipt) -> ApprovalNotice | None:
        """How it is told to the agent."""
        if self.ask is not None:
            return asking.about_pending(self.ask.id, self.ask.expires_at(receipt.ts), self.url)
        return asking.about(self.known, self.url) if self.known is not None else None

    def pending(self, receipt: Receipt) -> Pending | None:
        """What the agent may wait for."""
        if self.ask is None:
            return None
        return Pending(self.ask.id, receipt.seq, self.ask.expires_at(receipt.ts))


class Decided(Struct, frozen=True):
    """One decision, and the command that writes it into the log."""

    key: Key
    received: Received
    recent: Mapping[str, Offered] | None
    answer: AnswerForm
    command: Command
    asked: Asked | None = None

    def answered(self, receipt: Receipt) -> Answered:
        """The answer, now that it is recorded."""
        if self.asked is None:
            return Answered(self.answer.decision, self.answer.filled(receipt))
        body = self.answer.filled(receipt, self.asked.answer(receipt))
        return Answered(self.answer.decision, body, self.asked.pending(receipt))


def together(decided: Iterable[Decided]) -> list[tuple[Command, tuple[Decided, ...]]]:
    """The commands that write all of these, each with what it writes: neighbours upon the same guards share one."""
    groups = [tuple(group) for _, group in groupby(decided, _ground)]
    return [(_command(group), group) for group in groups]


def _ground(decided: Decided) -> int:
    """The same for neighbours that can be written as one: they change nothing, and stand or fall together."""
    return id(decided) if decided.command.changes else id(decided.command.guards)


def _command(group: tuple[Decided, ...]) -> Command:
    first = group[0].command
    if len(group) == 1:
        return first
    return Command(tuple([decided.command.entries[0] for decided in group]), first.guards)
