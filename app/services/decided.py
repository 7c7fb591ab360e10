"""A decision that is made but not yet recorded: what writes it down, and how it is answered then."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct

from app.audit_log.entry import Draft
from app.core.facts import Offered
from app.services import asking
from app.services.answer import ApprovalNotice
from app.services.asking import Ask
from app.services.judgement import Judgement, Received
from app.services.live_approvals import Known, Pending
from app.services.once import Once, keep
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
        return self.said

    @property
    def said(self) -> ApprovalNotice | None:
        """What people have said."""
        return asking.about(self.known, self.url) if self.known is not None else None

    def pending(self, receipt: Receipt) -> Pending | None:
        """What the agent may wait for."""
        if self.ask is None:
            return None
        return Pending(self.ask.id, receipt.seq, self.ask.expires_at(receipt.ts))


class Decided(Struct, frozen=True):
    """One decision, with the entry that records it. `once`: the name of its request, if it bears one."""

    key: Key
    received: Received
    recent: Mapping[str, Offered] | None
    judgement: Judgement
    entry: Draft
    asked: Asked | None = None
    once: Once | None = None

    @property
    def command(self) -> Command:
        """What writes it into the log."""
        judgement, asked = self.judgement, self.asked
        command = Command((self.entry,), judgement.guards, judgement.changes)
        if asked is not None and asked.ask is not None:
            command = asked.ask.added(command, judgement.ground.configuration.log)
        if self.once is None:
            return command
        again = keep(judgement, self.received, None if asked is None else asked.said)
        return self.once.added(command, self.key.id, self.received, again)

    def answered(self, receipt: Receipt) -> Answered:
        """The answer, now that it is recorded."""
        answer, asked = self.judgement.answer, self.asked
        if asked is None:
            return Answered(answer.decision, answer.filled(receipt))
        return Answered(answer.decision, answer.filled(receipt, asked.answer(receipt)), asked.pending(receipt))


def together(decided: Iterable[Decided]) -> list[tuple[Command, tuple[Decided, ...]]]:
    """The commands that write all of these, each with what it writes: neighbours upon the same guards share one."""
    groups = [tuple(group) for _, group in groupby(decided, _ground)]
    return [(_command(group), group) for group in groups]


def _ground(decided: Decided) -> int:
    """The same for neighbours that can be written as one: they change nothing, and stand or fall together."""
    judgement = decided.judgement
    return id(decided if judgement.changes or decided.asked is not None else judgement.guards)


def _command(group: tuple[Decided, ...]) -> Command:
    if len(group) == 1:
        return group[0].command
    return Command(tuple([decided.entry for decided in group]), group[0].judgement.guards)
