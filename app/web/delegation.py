"""Pages: a delegation made of a request that waits. What it would have allowed is seen before it is saved."""

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from msgspec import Meta, Struct, ValidationError, convert
from msgspec.json import encode
from starlette.responses import RedirectResponse, Response

from app.core.delegation import Terms
from app.core.model import NAME
from app.services.approval_decisions import Answer
from app.services.approvals import Card
from app.services.delegations import Wish
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.services.foresight import LOOKED_AT
from app.web.cases import Cases, UseCases
from app.web.evidence import summary
from app.web.form import AForm
from app.web.pages import page
from app.web.visitor import AnApprover, AReader, Visitor, check_origin

router = APIRouter(prefix="/approvals/{name}/delegation")
_SHOWN = 25
_MOST_LINES = 64
_VISIBLE = re.compile(NAME)
LIFETIMES = ((900, "15 minutes"), (3_600, "1 hour"), (28_800, "8 hours"))
Lines = Annotated[str, Meta(max_length=20_000)]


class Draft(Struct, frozen=True, kw_only=True):
    """A delegation as its form has it: what it names, one a line, for how many seconds, how often and why."""

    actions: Lines = ""
    commands: Lines = ""
    paths: Lines = ""
    hosts: Lines = ""
    when: Lines = ""
    ttl: Annotated[int, Meta(ge=1, le=LIFETIMES[-1][0])] = LIFETIMES[0][0]
    uses: Annotated[int, Meta(ge=1, le=1_000)] = 3
    reason: Annotated[str, Meta(max_length=500)] = ""
    in_session: bool = False

    def terms(self) -> Terms:
        """What it names. Raises InvalidError for what cannot be seen for what it is."""
        return Terms(
            allowed_actions=_lines(self.actions),
            allowed_paths=_lines(self.paths),
            hosts=_lines(self.hosts),
            commands=_lines(self.commands),
            when=" ".join(_lines(self.when)),
        )


def _drafted(form: AForm) -> Draft:
    try:
        return convert(form, Draft, strict=False)
    except ValidationError as error:
        raise InvalidError("invalid_delegation", f"{error}.") from None


ADraft = Annotated[Draft, Depends(_drafted)]


@router.get("")
def show_draft(name: str, request: Request, cases: UseCases, visitor: AReader) -> Response:
    """The form, filled in with the narrowest delegation that covers the request."""
    card = _open(cases, name)
    terms = cases.foresight.narrowest(card)
    if terms is None:
        return _shown(request, cases, visitor, card, Draft(actions=card.entry.get("request", {}).get("tool", "")))
    draft = Draft(
        actions="\n".join(terms.allowed_actions),
        commands="\n".join(terms.commands),
        paths="\n".join(terms.allowed_paths),
        hosts="\n".join(terms.hosts),
        when=terms.when,
    )
    return _shown(request, cases, visitor, card, draft)


@router.post("/count")
def count(name: str, request: Request, cases: UseCases, visitor: AReader, draft: ADraft) -> Response:
    """The form again, with what these terms would have allowed. It changes nothing, so the cookie is enough."""
    check_origin(request, cases)
    return _shown(request, cases, visitor, _open(cases, name), draft)


@router.post("")
def save(
    name: str,
    request: Request,
    cases: UseCases,
    visitor: AnApprover,
    draft: ADraft,
    counted: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Make the delegation, and approve the request that it is made of."""
    card = _open(cases, name)
    try:
        wish = _wish(card, draft)
        # INVARIANT: nothing is delegated of which the page did not say what it would have allowed.
        if counted != _mark(wish.terms):
            return _shown(request, cases, visitor, card, draft, notice="These terms were changed: look, then save.")
        cases.foresight.of(card, wish.agent, wish.terms)
        cases.decisions.decide(visitor.operator, name, Answer(decision="approve", proved=visitor.proved))
        cases.delegations.create(visitor.operator, wish)
    except (ConflictError, InvalidError, NotFoundError, ValueError) as error:
        notice = getattr(error, "detail", f"{error}.")
        return _shown(request, cases, visitor, card, draft, notice=notice, status=409)
    return RedirectResponse("/console/delegations", 303)


def _open(cases: Cases, name: str) -> Card:
    """An approval of which a delegation can be made. Raises NotFoundError, ConflictError."""
    card = cases.approvals.show(name)
    # INVARIANT: nothing wider than once is made of what is critical or tainted.
    if card.by_itself:
        raise ConflictError("once_only", f"No delegation can be made of this: {card.by_itself}.")
    if card.status != "pending" or card.request is None:
        raise ConflictError("not_pending", "This approval waits for nobody any more.")
    return card


def _wish(card: Card, draft: Draft) -> Wish:
    return Wish(
        agent=card.entry["actor"].get("name") or card.stored.agent,
        terms=draft.terms(),
        ttl_seconds=draft.ttl,
        max_uses=draft.uses,
        session=card.stored.session if draft.in_session else None,
        reason=" ".join(draft.reason.split()),
        critical=False,
    )


def _shown(
    request: Request,
    cases: Cases,
    visitor: Visitor,
    card: Card,
    draft: Draft,
    *,
    notice: str = "",
    status: int = 200,
) -> Response:
    foreseen, mark, rows = None, "", []
    try:
        wish = _wish(card, draft)
        foreseen = cases.foresight.of(card, wish.agent, wish.terms)
        mark, rows = _mark(wish.terms), [_row(cases, one) for one in foreseen.allowed[:_SHOWN]]
    except (InvalidError, ValueError) as error:
        notice, status = getattr(error, "detail", f"{error}."), 400
    return page(
        request,
        "delegation",
        visitor,
        card=card,
        draft=draft,
        foreseen=foreseen,
        mark=mark,
        rows=rows,
        lifetimes=LIFETIMES,
        looked_at=LOOKED_AT,
        notice=notice,
        status=status,
    )


def _row(cases: Cases, entry: dict[str, Any]) -> dict[str, Any]:
    """An earlier request in a line, with the answer that people gave to it."""
    asked = entry["body"].get("approval")
    try:
        card = cases.approvals.show(asked) if asked is not None else None
    except NotFoundError:
        card = None
    return {"entry": entry, "card": card, "summary": summary(entry["payload"]["request"])}


def _mark(terms: Terms) -> str:
    """By this a form says for which terms the count beside it was made."""
    return hashlib.sha256(encode(terms)).hexdigest()[:32]


def _lines(text: str) -> tuple[str, ...]:
    found = tuple(line.strip() for line in text.splitlines() if line.strip())
    # INVARIANT: a pattern is what it looks like, whatever was pasted.
    if len(found) > _MOST_LINES or not all(_VISIBLE.fullmatch(line) and len(line) <= 1_000 for line in found):
        raise InvalidError("invalid_pattern", "A pattern is one line of visible characters, and there are at most 64.")
    return found
