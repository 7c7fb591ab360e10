"""What the pages may call: the use cases, handed over once by the composition root."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from msgspec import Struct

from app.services.agents import Agents
from app.services.approval_decisions import Decisions
from app.services.approvals import Approvals
from app.services.audit import Audit
from app.services.delegations import Delegations
from app.services.foresight import Foresight
from app.services.policies import Policies
from app.services.sessions import Sessions
from app.services.stops import StopButtons
from app.services.streams import Streams
from app.services.visits import Visits


class Cases(Struct, frozen=True):
    """Every use case that has a page. `clock` gives microseconds."""

    agents: Agents
    approvals: Approvals
    audit: Audit
    decisions: Decisions
    delegations: Delegations
    foresight: Foresight
    policies: Policies
    sessions: Sessions
    stops: StopButtons
    streams: Streams
    visits: Visits
    clock: Callable[[], int]
    behind_proxy: bool


def _cases(request: Request) -> Cases:
    found: Cases = request.app.state.cases
    return found


UseCases = Annotated[Cases, Depends(_cases)]
