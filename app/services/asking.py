"""What becomes of a decision that people must approve: an approval is opened or joined, or has an answer already."""

import secrets

from msgspec import Struct, convert, structs
from msgspec.json import Encoder, decode

from app.audit_log.entry import Draft, draft
from app.audit_log.timestamp import timestamp
from app.core.approval import LARGEST_ARGUMENTS, Approval, Shown
from app.core.approval_digest import size_of_arguments
from app.core.decision import Classification, Decision, Finding, Stance
from app.core.facts import Caller, Offered
from app.core.grant import Quorum
from app.core.trust import Trust
from app.services.answer import ApprovalNotice
from app.services.live_approvals import Known
from app.storage.approval_changes import EndApproval, FewerPending, IsPending, NothingOpen, OpenApproval
from app.storage.approvals import StoredApproval
from app.storage.command import Change, Command, Guard

# Requests of one agent that wait for people.
MOST_PENDING = 20
# How long a caller that does not wait should wait before it looks again.
_RETRY_AFTER_MS = 1_000
_SECOND = 1_000_000
_FULL = Finding(
    Stance.DENY,
    "approvals-full",
    f"{MOST_PENDING} requests of this agent wait for people already; wait for an answer to one of them.",
    Classification.BLOCKED,
)
_encode = Encoder(order="deterministic").encode


class Ask(Struct, frozen=True):
    """An approval that a decision opens or joins.

    opened           what is opened; None where a pending one is joined, which then is `joined`
    replaced         the one that is void because more is required now, and what
    takes_its_place  that one waits, so that one more does not wait
    """

    id: str
    opened: OpenApproval | None = None
    joined: StoredApproval | None = None
    replaced: tuple[str, str] | None = None
    takes_its_place: bool = False

    def added(self, command: Command, log: str) -> Command:
        """The command that records the decision and opens or joins the approval."""
        if self.opened is None:
            return structs.replace(command, guards=(*command.guards, IsPending(self.id)))
        void, why = self.replaced or ("", "")
        most = MOST_PENDING + 1 if self.takes_its_place else MOST_PENDING
        guards: tuple[Guard, ...] = (NothingOpen(self.opened.digest, void), FewerPending(self.opened.agent, most))
        changes: tuple[Change, ...] = (self.opened,)
        entries = command.entries
        if void:
            changes = (EndApproval(void, "cancelled"), self.opened)
            entries += (_voided(void, why, log),)
        return Command(entries, (*command.guards, *guards), (*command.changes, *changes))

    def expires_at(self, now: int) -> int:
        """Until when it can be answered; `now` is the time of the entry."""
        return self.joined.expires_at if self.joined is not None else now + (self.opened.expires if self.opened else 0)


def offered(before: Offered, known: Known | None, *, full: bool) -> Offered:
    """What answers a request, with what is known of approvals of exactly that request."""
    if known is None:
        return structs.replace(before, refusal=_FULL) if full else before
    stored = known.stored
    if stored.status == "approved":
        return structs.replace(before, approval=Approval(stored.id, stored.digest, shown(stored)))
    if stored.status == "denied":
        return structs.replace(before, refusal=_no(stored))
    return before


def ask(
    decision: Decision,
    digest: bytes,
    received: bytes,
    known: Known | None,
    *,
    caller: Caller,
    session: str | None,
) -> Ask:
    """The approval that a decision asks for."""
    demand = decision.demand
    if demand is None:
        raise ValueError("nobody is asked about this")
    void, waits = None, False
    if known is not None:
        # INVARIANT: nobody joins an approval of which people were shown less than is required now.
        why = shown(known.stored).misses(demand.strong, demand.quorums, decision.trust)
        waits = known.stored.status == "pending"
        if why is None and waits:
            return Ask(known.stored.id, joined=known.stored)
        void = (known.stored.id, why or "it does not fit any more")
    name = f"a_{secrets.token_hex(10)}"
    opened = OpenApproval(
        id=name,
        digest=digest,
        agent=caller.agent,
        key=caller.key,
        session=session,
        strong=demand.strong,
        quorums=_encode(demand.quorums).decode(),
        trust=int(decision.trust),
        tainted=decision.tainted,
        risk=demand.risk,
        size=size_of_arguments(received),
        uses=demand.uses,
        lasts=demand.lasts * _SECOND,
        expires=demand.expires * _SECOND,
    )
    return Ask(name, opened=opened, replaced=void, takes_its_place=waits)


def shown(stored: StoredApproval) -> Shown:
    """What people were shown to be required."""
    return Shown(bool(stored.strong), quorums(stored), Trust(stored.trust))


def quorums(stored: StoredApproval) -> tuple[Quorum, ...]:
    """All that must agree."""
    return convert(decode(stored.quorums), tuple[Quorum, ...])


def is_readable(stored: StoredApproval) -> bool:
    """Whether a person can have read all of its arguments."""
    return stored.size <= LARGEST_ARGUMENTS


def code_of(stored: StoredApproval) -> str:
    """What became of it, in one word: its status, or `edited`."""
    return "edited" if stored.edited_into is not None else stored.status


def about(known: Known, url: str) -> ApprovalNotice:
    """An approval that has an answer, as the agent is told of it."""
    one = known.stored
    return ApprovalNotice(
        id=one.id,
        url=url_of(url, one.id),
        status=one.status,
        code=code_of(one),
        expires_at=timestamp(one.expires_at),
        retry_after_ms=0,
        message=one.message,
        edited_arguments=known.edited,
    )


def about_pending(id: str, expires_at: int, url: str) -> ApprovalNotice:
    """An approval that waits for people, as the agent is told of it."""
    return ApprovalNotice(
        id=id,
        url=url_of(url, id),
        status="pending",
        code="pending",
        expires_at=timestamp(expires_at),
        retry_after_ms=_RETRY_AFTER_MS,
    )


def url_of(url: str, approval: str) -> str:
    """Where people look at it. The address carries no power: who opens it must sign in."""
    return f"{url}/console/approvals/{approval}"


def _no(stored: StoredApproval) -> Finding:
    if stored.edited_into is not None:
        reason = f"{stored.decided_by} approved other arguments instead; ask again with those."
    else:
        reason = f"{stored.decided_by} denied this{f': {stored.message}' if stored.message else '.'}"
    return Finding(Stance.DENY, "approval-denied", reason, Classification.BLOCKED)


def _voided(approval: str, why: str, log: str) -> Draft:
    data = {"approval": approval, "reason": why}
    return draft("approval.voided", {"actor": {"operator": "system"}, "data": data}, log=log)
