"""What the routes may call: the use cases, handed over once by the composition root."""

from typing import Annotated

from fastapi import Depends, Request
from msgspec import Struct

from app.api.hooks.answering import Hooks
from app.api.hot import Hot
from app.services.agents import Agents
from app.services.approval_decisions import Decisions
from app.services.approvals import Approvals
from app.services.audit import Audit
from app.services.configuration import Configurations
from app.services.delegations import Delegations
from app.services.evaluation import Evaluation
from app.services.health import Health
from app.services.keys import Keys
from app.services.operators import Operators
from app.services.outcomes import Outcomes
from app.services.passphrases import Passphrases
from app.services.policies import Policies
from app.services.sessions import Sessions
from app.services.stops import StopButtons
from app.services.streams import Streams
from app.services.workspaces import Workspaces
from app.telemetry.metrics import Metrics


class Services(Struct, frozen=True):
    """Every use case that has a route."""

    agents: Agents
    approvals: Approvals
    audit: Audit
    configurations: Configurations
    decisions: Decisions
    delegations: Delegations
    evaluation: Evaluation
    health: Health
    hooks: Hooks
    hot: Hot
    keys: Keys
    metrics: Metrics
    operators: Operators
    outcomes: Outcomes
    passphrases: Passphrases
    policies: Policies
    sessions: Sessions
    stops: StopButtons
    streams: Streams
    workspaces: Workspaces
    behind_proxy: bool


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


UseCases = Annotated[Services, Depends(_services)]
