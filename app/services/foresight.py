"""Before a delegation is made: the narrowest one for a request, and what it would have allowed lately."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, ValidationError, convert

from app.core.budget import Budget
from app.core.classify.paths import place
from app.core.classify.request import classify
from app.core.delegation import Delegation, Scope, Terms
from app.core.facts import Caller
from app.core.foresight import Past, granted
from app.core.model import ActionRequest
from app.core.narrowest import narrowest
from app.core.trust import Trust
from app.services.approvals import Card
from app.services.audit import Audit
from app.services.configuration import Configuration, Configurations
from app.services.search import Wanted

# So many decisions about the agent are looked at, with so many steps for all of them.
LOOKED_AT = 500
_STEPS = 250_000


class Foreseen(Struct, frozen=True):
    """What a delegation would have meant.

    covers   whether it covers the request for which it is made
    looked   how many earlier requests of its agent were decided again
    unknown  how many more could not be: they were erased, or took too long
    allowed  the entries of those that it would have allowed, the newest first
    """

    covers: bool
    looked: int
    unknown: int
    allowed: list[dict[str, Any]]


class Foresight:
    """The use case of looking before one leaps."""

    def __init__(self, audit: Audit, configurations: Configurations) -> None:
        self._audit = audit
        self._configurations = configurations

    def narrowest(self, card: Card) -> Terms | None:
        """The narrowest terms that name the request of an approval; None where there are none."""
        request = _request(card.request)
        if request is None:
            return None
        configuration = self._configurations.current
        where = place(request.cwd, request.home) if _caller(configuration, card).kind == "pep" else place(None, None)
        return narrowest(request, classify(request, where, configuration.rules, Budget(_STEPS)))

    def of(self, card: Card, part: str, terms: Terms) -> Foreseen:
        """What a delegation of these terms to `part` of an agent would have meant. Raises ValueError."""
        configuration = self._configurations.current
        delegation = Delegation(
            id="d_",
            chain=("d_",),
            agent=part,
            session=None,
            scopes=(Scope(terms),),
            by="",
            role="",
            critical=False,
            expires_at=1,
        )
        found, _ = self._audit.newest(None, LOOKED_AT, Wanted(agent=card.stored.agent, type="decision"))
        earlier = [one for one in found if one["body"].get("approval") != card.stored.id]
        readable = [(one, past) for one in earlier if (past := _past(configuration, one)) is not None]

        def decided(pasts: list[Past]) -> Iterator[bool]:
            return granted(pasts, delegation, configuration.rules, configuration.workspaces, Budget(_STEPS))

        results = list(decided([past for _, past in readable]))
        this = _this(configuration, card)
        return Foreseen(
            covers=this is not None and next(decided([this]), False),
            looked=len(results),
            unknown=len(earlier) - len(results),
            allowed=[one for (one, _), yes in zip(readable, results, strict=False) if yes],
        )


def _this(configuration: Configuration, card: Card) -> Past | None:
    request = _request(card.request)
    if request is None:
        return None
    return Past(request, _caller(configuration, card), card.stored.session, Trust(card.stored.trust))


def _past(configuration: Configuration, entry: dict[str, Any]) -> Past | None:
    """A recorded request; None once it was erased, or was made something else of."""
    try:
        request = _request(entry["payload"]["request"])
        key, trust = entry["body"]["actor"]["key"], Trust[entry["body"]["prov"]["trust"]]
    except (KeyError, TypeError):
        return None
    caller = configuration.callers.get((key, entry["agent"]), Caller(entry["agent"], key, "pep"))
    return Past(request, caller, entry["session"], trust) if request is not None else None


def _caller(configuration: Configuration, card: Card) -> Caller:
    # A key that is gone is taken for an enforcement point's: what it says counts for more, so that nothing is hidden.
    one = card.stored
    return configuration.callers.get((one.key, one.agent), Caller(one.agent, one.key, "pep"))


def _request(document: object) -> ActionRequest | None:
    try:
        return convert(document, ActionRequest)
    except ValidationError:
        return None
