"""The composition root: builds database, ledger, use cases and routes, and wires them. Nothing else does."""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from msgspec import Struct

from app import __version__
from app.api.application import application
from app.api.authorize import PATH, Authorize
from app.api.front import Foreign, Front
from app.api.hooks.answering import PREFIX, Hooks
from app.api.hot import Hot
from app.api.rate_limit import RateLimit
from app.api.services import Services
from app.core.policy.compile import PORT
from app.data import data
from app.notify.channels import channels
from app.services import home
from app.services.agents import Agents
from app.services.approval_decisions import Decisions
from app.services.approvals import Approvals
from app.services.attempts import Attempts
from app.services.audit import Audit
from app.services.configuration import Configurations
from app.services.delegations import Delegations
from app.services.desk import Desk
from app.services.evaluation import Evaluation
from app.services.foresight import Foresight
from app.services.health import Health
from app.services.housekeeping import Housekeeping
from app.services.keys import Keys
from app.services.live_approvals import LiveApprovals
from app.services.live_sessions import LiveSessions
from app.services.notices import Notices
from app.services.operators import Operators
from app.services.outcomes import Outcomes
from app.services.passphrases import Passphrases
from app.services.policies import Policies
from app.services.policy_files import policy_files, shipped_policy
from app.services.replays import Replays
from app.services.sessions import Sessions
from app.services.stops import StopButtons
from app.services.streams import Streams
from app.services.uses import Uses
from app.services.visits import Visits
from app.services.workspaces import Workspaces
from app.settings import Settings
from app.storage.approval_changes import CHANNEL
from app.storage.database import Database, open_database
from app.storage.ledger import Ledger
from app.storage.listener import Listener
from app.storage.migrate import migrate
from app.storage.writer import Writer
from app.telemetry.metrics import Metrics
from app.web.application import console
from app.web.cases import Cases


class Service(Struct, frozen=True):
    """One running service: its ASGI application, and what the command line needs to know of it.

    `ending` is called on the event loop before the last answers are waited for: nobody waits for people any more.
    """

    asgi: Front
    database: Database
    application: FastAPI
    ending: Callable[[], None]


def clock() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1_000


def open_home(settings: Settings) -> tuple[Database, Writer]:
    """Open the home's database, bring it to this version's schema, and begin its log if nobody has."""
    if not settings.database_url:
        _private(settings.home_path)
    database = open_database(settings.url)
    migrate(database, data("migrations"))
    writer = Writer(database, clock)
    home.found(database, writer, policy_files(settings.policy or shipped_policy()), __version__)
    return database, writer


def build(settings: Settings) -> Service:
    """Build a service on the home that `settings` name."""
    database, writer = open_home(settings)
    configurations = Configurations(database, clock, settings.port or PORT)
    ledger = Ledger(writer)
    desk = Desk(ledger, configurations)
    live = LiveSessions(database, ledger, clock)
    uses = Uses(desk, clock)
    attempts = Attempts(database, desk, clock)
    passphrases = Passphrases(attempts)
    live_approvals = LiveApprovals(database, clock)
    approvals = Approvals(database, desk, live_approvals, clock)
    listener = Listener(database, CHANNEL, live_approvals.written)
    notices = Notices(database, desk, approvals, channels(*settings.notified), clock, url=settings.address)
    housekeeping = Housekeeping((attempts.tell, uses.tell, approvals.sweep))
    delegations = Delegations(database, desk, clock)
    replays = Replays(database, ledger)
    evaluation = Evaluation(
        configurations, live, live_approvals, ledger, uses, delegations.recent, replays=replays, url=settings.address
    )
    metrics = Metrics()
    hot = Hot(evaluation, RateLimit(settings.rate_limit, time.monotonic), metrics)
    sessions = Sessions(database, desk, live, clock)
    outcomes = Outcomes(database, desk)
    hooks = Hooks(hot, configurations, sessions, live, outcomes, metrics)
    services = Services(
        agents=Agents(database, desk),
        approvals=approvals,
        audit=Audit(database),
        configurations=configurations,
        decisions=Decisions(desk, approvals, live_approvals, live, clock),
        delegations=delegations,
        evaluation=evaluation,
        health=Health(database, ledger),
        hooks=hooks,
        hot=hot,
        keys=Keys(database, desk, clock),
        metrics=metrics,
        operators=Operators(database, desk, passphrases),
        outcomes=outcomes,
        passphrases=passphrases,
        policies=Policies(database, desk),
        sessions=sessions,
        stops=StopButtons(database, desk),
        streams=Streams(),
        workspaces=Workspaces(desk),
        behind_proxy=settings.behind_proxy,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ledger.start()
        live_approvals.start()
        listener.start()
        housekeeping.start()
        notices.start()
        _spare_the_collector()
        try:
            yield
        finally:
            live_approvals.stop()
            await asyncio.to_thread(notices.stop)
            await asyncio.to_thread(listener.stop)
            await housekeeping.end()
            await ledger.stop()
            database.dispose()

    cases = Cases(
        agents=services.agents,
        approvals=approvals,
        audit=services.audit,
        decisions=services.decisions,
        delegations=services.delegations,
        foresight=Foresight(services.audit, configurations),
        policies=services.policies,
        sessions=services.sessions,
        stops=services.stops,
        streams=Streams(),
        visits=Visits(database, desk, passphrases, clock),
        clock=clock,
        behind_proxy=settings.behind_proxy,
    )
    app = application(services, lifespan)
    asking = settings.authorize_key
    foreign: dict[str, Foreign] = {PREFIX: hooks}
    if asking is not None:
        foreign[PATH] = Authorize(asking.get_secret_value(), evaluation, hot, metrics)
    front = Front(app, hot, settings.hosts, console(cases), foreign)
    return Service(front, database, app, live_approvals.stop)


def _spare_the_collector() -> None:
    """What was built lives as long as the process does, and a request leaves no cycles behind: look for some seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _private(home: Path) -> None:
    """The home, readable by its owner only."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.umask(0o077)
