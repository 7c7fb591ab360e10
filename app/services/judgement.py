"""What is to be said of a request before it is recorded, remembered for requests that come again.

Agents repeat themselves: they look at the same file, ask for the same status, and wait by asking again; two enforcement
points may even ask about one call. Deciding is pure, so that what is remembered is what would be decided anew. Each
time is recorded and answered as its own.
"""

from msgspec import Struct, structs

from app.audit_log.entry import Form
from app.core.budget import Budget
from app.core.decision import Decision
from app.core.engine import decide
from app.core.model import ActionRequest
from app.services.answer import AnswerForm, answer_form
from app.services.configuration import Configuration
from app.services.ground import Ground
from app.services.recording import form_of, taken
from app.storage.command import Change, Guard

# What is remembered at most: so many judgements, each of so many bytes of entry and answer.
_MOST = 1_024
_LARGEST = 16_384


class Received(Struct, frozen=True):
    """One request: as understood, and the canonical bytes of what came in.

    `speaker` is all of it that its ground depends on: who speaks, in which session, brought along from which.
    """

    request: ActionRequest
    canonical: bytes
    speaker: tuple[str | None, str | None, str | None]

    @staticmethod
    def of(request: ActionRequest, canonical: bytes) -> "Received":
        """A request as it came in."""
        return Received(request, canonical, (request.actor, request.session_id, request.provenance.session_id))


class Judgement(Struct, frozen=True, eq=False):
    """A decision upon `ground` and the steps that it took, and the forms of its entry and its answer.

    `guards` and `changes` are what recording it takes besides the entry.
    """

    ground: Ground
    decision: Decision
    steps: int
    entry: Form
    answer: AnswerForm
    guards: tuple[Guard, ...]
    changes: tuple[Change, ...]


class Judgements:
    """The newest judgements, by the key that asked and the request as received."""

    def __init__(self) -> None:
        self._configuration: Configuration | None = None
        self._remembered: dict[tuple[str, bytes], Judgement] = {}

    def known(self, key: str, received: Received) -> Judgement | None:
        """The newest judgement of a request by the key of this id, upon whatever ground."""
        return self._remembered.get((key, received.canonical))

    def of(self, key: str, received: Received, ground: Ground, budget: Budget, *, explain: bool) -> Judgement:
        """The judgement of a request upon this ground, taken anew or remembered."""
        # INVARIANT: everything that a decision depends on is what it is remembered by, or looked at again: the request
        # as received, the facts, the configuration; and the budget, which must last for the steps that it took.
        name = (key, received.canonical)
        found = None if explain else self._remembered.get(name)
        if found is not None and found.steps <= budget.left:
            known = found.ground
            if known is ground:
                budget.left -= found.steps
                return found
            if known.facts is ground.facts and known.configuration is ground.configuration:
                budget.left -= found.steps
                guards, changes = taken(found.decision, received.request, ground)
                found = structs.replace(found, ground=ground, guards=guards, changes=changes)
                self._remembered[name] = found
                return found
        if ground.configuration is not self._configuration:
            self._configuration = ground.configuration
            self._remembered.clear()
        judgement = judge(received, ground, budget, explain=explain)
        if not explain and budget.left >= 0 and _size(judgement) <= _LARGEST:
            if len(self._remembered) >= _MOST:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[name] = judgement
        return judgement


def judge(received: Received, ground: Ground, budget: Budget, *, explain: bool) -> Judgement:
    """The judgement of a request upon this ground, taken anew."""
    before = budget.left
    request, facts, configuration = received.request, ground.facts, ground.configuration
    decision = decide(request, facts, configuration.rules, budget, explain=explain)
    return Judgement(
        ground,
        decision,
        before - budget.left,
        form_of(decision, request, received.canonical, facts.caller, configuration),
        answer_form(decision, configuration.policy, configuration.log, dry_run=request.dry_run, explain=explain),
        *taken(decision, request, ground),
    )


def _size(judgement: Judgement) -> int:
    """The bytes that it takes to remember, near enough."""
    return judgement.entry.size + sum(map(len, judgement.answer.parts))
