"""How people answer: yes once or for the session, yes to other arguments, no, no and an end to the session."""

import secrets
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct, structs
from msgspec.json import Encoder

from app.core.approval import LARGEST_ARGUMENTS
from app.core.approval_digest import digest, edited, size_of_arguments
from app.core.approval_life import Life, OverError, Vote, denied, voted
from app.services.approvals import Approvals, Card, why_once
from app.services.asking import is_readable, quorums
from app.services.desk import Desk
from app.services.errors import ConflictError, InvalidError, RefusedError
from app.services.live_approvals import LiveApprovals
from app.services.live_sessions import LiveSessions
from app.storage.approval_changes import (
    AddVote,
    ApprovalUnchanged,
    EndApproval,
    GrantApproval,
    IsPending,
    NothingOpen,
    OpenApproval,
)
from app.storage.approvals import Scope, StoredApproval
from app.storage.command import Change, Guard, Stale
from app.storage.operators import Operator
from app.storage.sessions import EndSession

_TRIES = 5
_encode = Encoder(order="deterministic").encode


class Answer(Struct, frozen=True, kw_only=True):
    """What a person says. A denial with the scope `session` ends the session.

    `arguments` are approved in the place of those sent; `proved`: the passphrase was shown with this answer.
    """

    decision: Literal["approve", "deny"]
    scope: Scope = "once"
    arguments: dict[str, Any] | None = None
    message: str = ""
    proved: bool = False


class _Step(Struct, frozen=True):
    """One answer as a command: the entry's type and data, changes and what must hold."""

    type: str
    data: dict[str, Any]
    changes: tuple[Change, ...]
    guards: tuple[Guard, ...] = ()
    payload: bytes | None = None


class Decisions:
    """The use case of answering."""

    def __init__(
        self,
        desk: Desk,
        approvals: Approvals,
        live: LiveApprovals,
        sessions: LiveSessions,
        clock: Callable[[], int],
    ) -> None:
        """`clock` gives microseconds."""
        self._desk = desk
        self._approvals = approvals
        self._live = live
        self._sessions = sessions
        self._clock = clock

    def decide(self, by: Operator, name: str, answer: Answer) -> Card:
        """Answer; the same answer of the same person a second time changes nothing.

        Raises NotFoundError, InvalidError, RefusedError, ConflictError.
        """
        for _ in range(_TRIES):
            card = self._approvals.show(name)
            if _is_repeated(card, by, answer):
                return card
            step = self._step(by, card, answer)
            # INVARIANT: an answer is written upon what was looked at, and only while it can be answered.
            still: tuple[Guard, ...] = (ApprovalUnchanged(name, card.stored.changed), IsPending(name))
            result = self._desk.change(
                step.type,
                by.name,
                step.data,
                step.changes,
                (*still, *step.guards),
                raises_epoch=False,
                payload=step.payload,
            )
            if not isinstance(result, Stale):
                self._live.written()
                if answer.decision == "deny" and answer.scope == "session":
                    self._sessions.refresh()
                return self._approvals.show(name)
            if isinstance(result.guard, NothingOpen):
                raise ConflictError("edit_exists", "Exactly that request waits, or was answered, already.")
            if isinstance(result.guard, IsPending):
                raise self._not_pending(name)
        raise ConflictError("approval_changed", "This approval changes too often just now; look at it again.")

    def _not_pending(self, name: str) -> ConflictError:
        now = self._approvals.show(name)
        if now.status != "pending":
            return _over(now)
        return ConflictError("approval_void", "The key that asked was revoked, or the session is over.")

    def _step(self, by: Operator, card: Card, answer: Answer) -> _Step:
        one = card.stored
        life = self._life(card)
        try:
            if answer.decision == "deny":
                denied(life, self._clock())
                return _denial(by, one, answer)
            vote = self._vote(by, life, one, answer)
            if answer.arguments is not None:
                return self._edit(vote, life, card, answer.arguments, answer)
            return _approval(vote, voted(life, vote, self._clock(), uses=1, valid_until=None), one, answer)
        except OverError:
            raise _over(card) from None

    def _vote(self, by: Operator, life: Life, one: StoredApproval, answer: Answer) -> Vote:
        """The yes of this person, if it is theirs to give."""
        vote = Vote(by.name, by.role)
        if not life.counts(vote):
            raise RefusedError("not_an_approver", f"{by.name!r} is none of those who may approve this.")
        # INVARIANT: being signed in is not enough here; whoever approves what is critical shows the passphrase now.
        if one.strong and not answer.proved:
            raise InvalidError("passphrase_needed", "This needs your `passphrase` in the body.")
        if answer.scope == "session" and (why := why_once(one)):
            raise ConflictError("once_only", f"This cannot be approved for the session: {why}.")
        if answer.arguments is None and not is_readable(one):
            raise ConflictError("too_large", f"Arguments over {LARGEST_ARGUMENTS} bytes can only be denied.")
        return vote

    def _edit(self, vote: Vote, life: Life, card: Card, arguments: dict[str, Any], answer: Answer) -> _Step:
        """The same request with other arguments: a new approval of exactly that, with the votes counted from one."""
        one = card.stored
        if answer.scope == "session":
            raise ConflictError("once_only", "What was edited is approved once.")
        if card.request is None:
            raise ConflictError("request_erased", "The request was erased and cannot be edited.")
        received = edited(_encode(card.request), arguments)
        size = size_of_arguments(received)
        if size > LARGEST_ARGUMENTS:
            raise InvalidError("too_large", f"Arguments have at most {LARGEST_ARGUMENTS} bytes.")
        new_digest = digest(one.agent, received)
        if new_digest == one.digest:
            raise InvalidError("nothing_edited", "These are the arguments that were sent.")
        name = f"a_{secrets.token_hex(10)}"
        opened = OpenApproval(
            id=name,
            digest=new_digest,
            agent=one.agent,
            key=one.key,
            session=one.session,
            strong=bool(one.strong),
            quorums=one.quorums,
            trust=one.trust,
            tainted=bool(one.tainted),
            risk=one.risk,
            size=size,
            uses=one.uses if one.uses is not None else 1,
            lasts=one.lasts,
            expires=one.expires_at - one.opened_at,
            asked=one.asked,
        )
        again = voted(structs.replace(life, votes=()), vote, self._clock(), uses=1, valid_until=None)
        changes: tuple[Change, ...] = (
            EndApproval(one.id, "denied", vote.operator, answer.message, name, answer.scope),
            opened,
            AddVote(name, vote.operator, vote.role),
        )
        if again.status == "approved":
            changes += (GrantApproval(name, vote.operator, "once"),)
        data = {"approval": one.id, "edited_into": name, **_said(answer)}
        payload = b'{"request":%b}' % received
        return _Step("approval.edited", data, changes, (NothingOpen(new_digest),), payload)

    def _life(self, card: Card) -> Life:
        one = card.stored
        agent = self._desk.configurations.current.agents.get(one.agent)
        return Life(
            status=card.status,
            expires_at=one.expires_at,
            quorums=quorums(one),
            owner=agent.traits.owner if agent is not None else None,
            votes=card.votes,
            uses=one.uses,
            used=one.used,
            valid_until=one.valid_until,
        )


def _approval(vote: Vote, life: Life, one: StoredApproval, answer: Answer) -> _Step:
    changes: tuple[Change, ...] = (AddVote(one.id, vote.operator, vote.role),)
    data: dict[str, Any] = {"approval": one.id, **_said(answer)}
    if life.status != "approved":
        return _Step("approval.voted", data, changes)
    changes += (GrantApproval(one.id, vote.operator, answer.scope, answer.message),)
    return _Step("approval.approved", {**data, "scope": answer.scope, "strong": bool(one.strong)}, changes)


def _denial(by: Operator, one: StoredApproval, answer: Answer) -> _Step:
    changes: tuple[Change, ...] = (EndApproval(one.id, "denied", by.name, answer.message, scope=answer.scope),)
    data: dict[str, Any] = {"approval": one.id, **_said(answer)}
    if answer.arguments is not None:
        raise InvalidError("invalid_decision", "A denial has no arguments.")
    if answer.scope == "session":
        if one.session is None:
            raise InvalidError("no_session", "It was not asked in a session, so there is none to end.")
        changes += (EndSession(one.session),)
        data["session"] = one.session
    return _Step("approval.denied", data, changes)


def _said(answer: Answer) -> dict[str, str]:
    return {"message": answer.message} if answer.message else {}


def _is_repeated(card: Card, by: Operator, answer: Answer) -> bool:
    """Whether this person has given exactly this answer already."""
    one = card.stored
    if answer.decision == "deny":
        return one.status == "denied" and one.edited_into is None and _same(one, by, answer)
    if answer.arguments is not None:
        return one.edited_into is not None and card.edited == answer.arguments and _same(one, by, answer)
    has_voted = any(vote.operator == by.name for vote in card.votes)
    if one.status == "pending":
        return has_voted and card.status == "pending"
    return one.status in ("approved", "consumed") and has_voted and one.scope == answer.scope


def _same(one: StoredApproval, by: Operator, answer: Answer) -> bool:
    return (one.decided_by, one.message, one.scope) == (by.name, answer.message, answer.scope)


def _over(card: Card) -> ConflictError:
    """Who was faster, and what they said."""
    one = card.stored
    if card.status == "expired":
        return ConflictError("approval_expired", "This approval has expired; the agent must ask again.")
    by = f" by {one.decided_by}" if one.decided_by else ""
    return ConflictError("already_decided", f"This approval is {card.code}{by} already.")
