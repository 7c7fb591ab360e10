"""Pages: other arguments in the place of those sent. What was written is shown as any request is, then approved."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from app.core.strict_json import InvalidJsonError, parse
from app.services.approval_decisions import Answer
from app.services.approvals import Card
from app.services.errors import ConflictError, InvalidError
from app.web.cases import Cases, UseCases
from app.web.evidence import evidence, exactly, flattened
from app.web.form import AForm
from app.web.pages import page
from app.web.visitor import AnApprover, AReader, ProofNeededError, check_origin

router = APIRouter(prefix="/approvals/{name}/edit")
# A form of more fields than this is no help to anybody.
_MOST_FIELDS = 300
_GONE = object()


class Field(Struct, frozen=True):
    """One argument in the form; `kind` is what it is besides text, `escaped` whether it is written as in JSON."""

    label: str
    text: str
    kind: str
    escaped: bool


@router.get("")
def show_form(name: str, request: Request, cases: UseCases, visitor: AReader) -> Response:
    """A field for each argument."""
    card = _open(cases, name)
    return page(request, "edit", visitor, card=card, fields=list(_fields(_arguments(card))), notice="")


@router.post("/look")
def look(name: str, request: Request, cases: UseCases, visitor: AReader, form: AForm) -> Response:
    """What was written, all of it visible, and the button. It changes nothing, so the cookie is enough."""
    check_origin(request, cases)
    card = _open(cases, name)
    before = _arguments(card)
    try:
        after = _rebuilt(before, form, count())
    except InvalidJsonError as error:
        fields = list(_fields(before))
        return page(request, "edit", visitor, card=card, fields=fields, notice=str(error), status=400)
    was = dict(flattened(before, ""))
    leaves = [(path, *exactly(value), was.get(path, _GONE) != value) for path, value in flattened(after, "")]
    return page(
        request,
        "edited",
        visitor,
        card=card,
        leaves=leaves,
        left_out=sorted(was.keys() - {path for path, *_ in leaves}),
        hidden=sum(evidence(text).hidden for path, text, *_ in leaves for text in (path, text)),
        arguments=json.dumps(after),
        changed=after != before,
        drawn=cases.approvals.drawn_with(card, after),
    )


@router.post("")
def approve_edited(
    name: str,
    cases: UseCases,
    visitor: AnApprover,
    arguments: Annotated[str, Form(max_length=1_048_576)],
) -> Response:
    """Approve these arguments, and only these."""
    card = _open(cases, name)
    # INVARIANT: a strong approval takes the passphrase with the answer itself, whatever else the browser holds.
    if card.stored.strong and not visitor.proved:
        raise ProofNeededError(visitor)
    try:
        instead = parse(arguments.encode())[0]
    except (InvalidJsonError, UnicodeError):
        raise InvalidError("invalid_arguments", "These arguments are no JSON object.") from None
    cases.decisions.decide(visitor.operator, name, Answer(decision="approve", arguments=instead, proved=visitor.proved))
    return RedirectResponse(f"/console/approvals/{name}", 303)


def _open(cases: Cases, name: str) -> Card:
    """An approval whose arguments can be edited. Raises NotFoundError, ConflictError."""
    card = cases.approvals.show(name)
    if card.status != "pending" or card.request is None:
        raise ConflictError("not_pending", "This approval waits for nobody any more.")
    if not card.readable or sum(1 for _ in flattened(_arguments(card), "")) > _MOST_FIELDS:
        raise ConflictError("too_large", "There are too many arguments to be edited here.")
    return card


def _arguments(card: Card) -> dict[str, Any]:
    found: dict[str, Any] = (card.request or {}).get("arguments", {})
    return found


def _fields(arguments: dict[str, Any]) -> Iterator[Field]:
    for path, value in flattened(arguments, ""):
        text, kind = exactly(value)
        # INVARIANT: what cannot be seen is not put into a field where nobody would see it.
        escaped = not kind and (evidence(text).hidden > 0 or "\t" in text or text[-1:] == " ")
        yield Field(path, json.dumps(text)[1:-1] if escaped else text, kind, escaped)


def _rebuilt(value: Any, form: AForm, at: Iterator[int]) -> Any:
    """The same value with what the form has in each of its places. Raises InvalidJsonError."""
    if isinstance(value, dict) and value:
        inner = {key: _rebuilt(one, form, at) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not _GONE}
    if isinstance(value, list) and value:
        return [one for one in [_rebuilt(one, form, at) for one in value] if one is not _GONE]
    place = next(at)
    text = form.get(f"value{place}")
    if f"drop{place}" in form:
        return _GONE
    return _read(text.replace("\r\n", "\n"), value) if text is not None else value


def _read(text: str, before: Any) -> Any:
    """A field's text as what stood there before: text stays text, a number a number."""
    one = next(_fields({"": before}))
    if text == one.text:
        return before
    if one.kind or one.escaped:
        quoted = f'"{text}"' if one.escaped else text
        found = parse(b'{"":%b}' % quoted.encode())[0]
        if len(found) != 1 or exactly(found[""])[1] != one.kind:
            raise InvalidJsonError(f"{text!r} is not of the kind that stood there")
        return found[""]
    return text
