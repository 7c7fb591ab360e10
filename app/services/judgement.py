"""What is to be said of a request before it is recorded, remembered for requests that come again.

Agents repeat themselves: they look at the same file, ask for the same status, and wait by asking again; two enforcement
points may even ask about one call. Deciding is pure, so that what is remembered is what would be decided anew. Each
time is recorded and answered as its own.
"""

from msgspec import Struct

from app.audit_log.entry import Form
from app.core.budget import Budget
from app.core.decision import Decision
from app.core.engine import decide
from app.core.facts import Facts
from app.core.model import ActionRequest
from app.services.answer import AnswerForm, answer_form
from app.services.configuration import Configuration
from app.services.recording import form_of

# What is remembered at most: so many judgements, each of so many bytes of entry and answer.
_MOST = 1_024
_LARGEST = 16_384


class Received(Struct, frozen=True):
    """One request: as understood, and the canonical bytes of what came in."""

    request: ActionRequest
    canonical: bytes


class Judgement(Struct, frozen=True):
    """A decision and the steps that it took, and the forms of its entry and its answer."""

    decision: Decision
    steps: int
    entry: Form
    answer: AnswerForm


class Judgements:
    """The judgements of one configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._remembered: dict[tuple[bytes, Facts], Judgement] = {}

    def of(self, received: Received, facts: Facts, budget: Budget, *, explain: bool) -> Judgement:
        """The judgement of a request upon `facts`, taken anew or remembered."""
        # INVARIANT: everything that a decision depends on is part of what it is remembered by: the request as received,
        # all facts, the configuration; and the budget, which must last for the steps that it took.
        name = (received.canonical, facts)
        found = None if explain else self._remembered.get(name)
        if found is not None and found.steps <= budget.left:
            budget.left -= found.steps
            return found
        judgement = self._judged(received, facts, budget, explain=explain)
        if not explain and budget.left >= 0 and _size(judgement) <= _LARGEST:
            if len(self._remembered) >= _MOST:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[name] = judgement
        return judgement

    def _judged(self, received: Received, facts: Facts, budget: Budget, *, explain: bool) -> Judgement:
        before = budget.left
        request, configuration = received.request, self.configuration
        decision = decide(request, facts, configuration.rules, budget, explain=explain)
        return Judgement(
            decision,
            before - budget.left,
            form_of(decision, request, received.canonical, facts.caller, configuration),
            answer_form(decision, configuration.policy, configuration.log, dry_run=request.dry_run, explain=explain),
        )


def _size(judgement: Judgement) -> int:
    """The bytes that it takes to remember, near enough."""
    return 2 * len(judgement.entry.payload) + sum(map(len, judgement.answer.parts))
