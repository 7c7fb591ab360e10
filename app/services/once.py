"""A request that counts once: its client named it (`Idempotency-Key`), so that it may send it again."""

import hashlib
import re

from msgspec import DecodeError, Struct, structs
from msgspec.msgpack import Decoder, Encoder

from app.core.approval import Approval
from app.core.delegation import Delegation
from app.services.answer import VALID_US, AnswerForm, ApprovalNotice
from app.services.errors import InvalidError
from app.services.judgement import Judgement, Received
from app.storage.approval_changes import ApprovalStands
from app.storage.command import Command, EpochIs, Guard, NotAfter, Receipt
from app.storage.outcomes import NoOutcome
from app.storage.replays import Note, StandsFor
from app.storage.sessions import SessionsUnchanged

_NAME = re.compile(rb"[!-~]{1,128}")
# Answers up to this size are kept.
_LARGEST = 16_384


class Kept(Struct, frozen=True):
    """An allow that may be answered again, and what it rests on. `until`: when the first of that expires (µs)."""

    form: AnswerForm
    approval: ApprovalNotice | None
    agent: str
    epoch: int
    sessions: int
    until: int | None

    def stands(self, receipt: Receipt) -> tuple[Guard, ...]:
        """What must hold for it to be answered again, as it was recorded at `receipt`."""
        # INVARIANT: what was allowed is allowed again only while nothing has changed of what it was decided upon, and
        # for no longer than it was at first. The configuration's epoch stands for the key, the agent, the policy, the
        # stops and the delegations; what its own recording used up stays used up.
        end = receipt.ts + VALID_US
        guards: tuple[Guard, ...] = (
            EpochIs(self.epoch),
            SessionsUnchanged(self.agent, self.sessions),
            NotAfter(end if self.until is None else min(end, self.until)),
            # Whoever has heard of an answer and reported how it went has not lost it.
            NoOutcome(receipt.seq),
        )
        return guards if self.approval is None else (*guards, ApprovalStands(self.approval.id))

    def answer(self, receipt: Receipt) -> bytes:
        """The answer, which says what it said at first."""
        return self.form.filled(receipt, self.approval)


_encode = Encoder().encode
_decode = Decoder(Kept).decode


def kept(answer: bytes) -> Kept | None:
    """What was kept; None where another version of the service kept it otherwise."""
    try:
        return _decode(answer)
    except DecodeError:
        return None


class Once(Struct, frozen=True):
    """The name of a request, and the entry in whose place its decision is put; None, where it has none yet."""

    name: bytes
    seq: int | None = None

    @staticmethod
    def of(header: bytes) -> "Once":
        """Raises InvalidError."""
        if _NAME.fullmatch(header) is None:
            raise InvalidError("invalid_idempotency_key", "An Idempotency-Key is 1 to 128 visible ASCII characters.")
        return Once(hashlib.sha256(header).digest())

    def added(self, command: Command, key: str, received: Received, answer: bytes | None) -> Command:
        """The command that records a decision, and that the name stands for it."""
        # INVARIANT: of those that bear one name only one is recorded, with all that it uses up. This guard comes first:
        # what has become of the rest meanwhile is no matter to a request that was answered before.
        guards = (StandsFor(key, self.name, self.seq), *command.guards)
        note = Note(key, self.name, digest(received), answer)
        return structs.replace(command, guards=guards, changes=(*command.changes, note))


def digest(received: Received) -> bytes:
    """What a name is bound to: the whole request."""
    return hashlib.sha256(received.canonical).digest()


def keep(judgement: Judgement, received: Received, approval: ApprovalNotice | None) -> bytes | None:
    """What it takes to answer this again. Only an allow uses anything up: everything else is decided anew."""
    decision, ground = judgement.decision, judgement.ground
    if not decision.allowed or received.request.dry_run:
        return None
    ends = [guard.expires_at for guard in ground.guards if isinstance(guard, NotAfter)]
    if isinstance(decision.grant, Delegation):
        ends.append(decision.grant.expires_at)
    made = _encode(
        Kept(
            judgement.answer.stored(),
            approval if isinstance(decision.grant, Approval) else None,
            ground.facts.caller.agent,
            ground.configuration.epoch,
            ground.sessions,
            min(ends, default=None),
        )
    )
    return made if len(made) <= _LARGEST else None
