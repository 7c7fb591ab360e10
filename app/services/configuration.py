"""The configuration as this process knows it: agents, keys, policy, operators, stops and more, all of one epoch.

It may be out of date at any moment. That is safe: what is decided upon it names its epoch, and the writer refuses
it once the epoch has moved on.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs
from msgspec.json import decode

from app.core.decision import Mode
from app.core.delegations import Delegations
from app.core.facts import Caller, Profile
from app.core.never import is_never_allowed
from app.core.policy.compile import PORT, File, compile_policy
from app.core.policy.ruleset import Policy, RuleSet
from app.core.scope import scopes
from app.core.stops import NOTHING_STOPPED, Stop, Stops
from app.core.trust import Trust
from app.services.live_delegations import LiveDelegations
from app.storage import agents, entries, keys, operators, policies, stops, workspaces
from app.storage.agents import Agent
from app.storage.database import Database
from app.storage.keys import Key
from app.storage.operators import Operator


class Configuration(Struct, frozen=True):
    """Everything that decisions rest upon and that only operators change."""

    epoch: int
    log: str
    agents: dict[str, Agent]
    keys: dict[bytes, Key]  # live ones, by digest
    operators: dict[str, Operator]  # who may sign in
    policy: str
    rules: RuleSet
    workspaces: tuple[str, ...]
    delegations: Mapping[str, Delegations]  # by agent
    callers: dict[tuple[str, str], Caller] = {}  # by a live key's id and an agent for whom it may speak
    stops: Stops = NOTHING_STOPPED

    def never_allowed(self, key: Key, tools: Sequence[str]) -> list[str]:
        """Those of `tools` that all are denied for whom this live key speaks, whatever they are called with."""
        callers = [self.callers[key.id, agent] for agent in key.agents]
        return [
            tool for tool in tools if all(is_never_allowed(tool, caller, self.rules, self.stops) for caller in callers)
        ]


class Configurations:
    """Holds the newest configuration seen, and looks for a newer one."""

    def __init__(self, database: Database, clock: Callable[[], int], port: int = PORT) -> None:
        """`clock` gives microseconds; `port` is where the service listens."""
        self._database = database
        self._clock = clock
        self._port = port
        self._policy: tuple[str, Policy] | None = None
        self._loading = threading.Lock()
        self._delegations = LiveDelegations()
        self._refresh: asyncio.Task[None] | None = None
        self.current = self._load()

    def has_expired(self, key: Key) -> bool:
        """Good enough for reading; a decision is judged by the time of its own transaction."""
        return key.expires_at is not None and key.expires_at <= self._clock()

    def live(self) -> Configuration:
        """The newest one seen, without the delegations that have expired since."""
        if self._delegations.expires_at <= self._clock() and self._loading.acquire(blocking=False):
            try:
                self._take(self._delegations.unexpired(self._clock()))
            finally:
                self._loading.release()
        return self.current

    def refresh(self) -> Configuration:
        """Load again if the epoch has moved on, and see which delegations are used up; blocks on the database."""
        with self._loading:
            with self._database.read() as connection:
                moved = entries.epoch(connection) != self.current.epoch
                if not moved:
                    self._take(self._delegations.followed(connection, self._clock()))
            if moved:
                self.current = self._load()
            return self.current

    def _take(self, delegations: Mapping[str, Delegations]) -> None:
        # What has not changed is the same object; what was judged upon it is remembered by that.
        if delegations is not self.current.delegations:
            self.current = structs.replace(self.current, delegations=delegations)

    async def refreshed(self) -> Configuration:
        """`refresh` from the event loop; callers that come while it runs share its result."""
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(self._refresh_in_thread())
        await asyncio.shield(self._refresh)
        return self.current

    async def _refresh_in_thread(self) -> None:
        await asyncio.to_thread(self.refresh)

    def _load(self) -> Configuration:
        with self._database.read() as connection:
            head = entries.head(connection)
            in_force = policies.policy_in_force_now(connection)
            if in_force is None:
                raise RuntimeError("no policy is in force; run `agent-sudo init` or start the service once")
            policy = self._compiled(in_force.policy.digest, in_force.policy.files)
            known = {agent.name: agent for agent in agents.all_agents(connection)}
            live = [key for key in keys.all_keys(connection) if key.revoked_at is None]
            profiles = {name: _profile(agent, policy.mode) for name, agent in known.items()}
            people = operators.all_operators(connection)
            return Configuration(
                epoch=entries.epoch(connection),
                log=head.log,
                agents=known,
                keys={key.digest: key for key in live},
                operators={operator.name: operator for operator in people if operator.disabled_at is None},
                policy=in_force.policy.digest,
                rules=policy.rules,
                workspaces=tuple(workspaces.all_workspaces(connection)),
                delegations=self._delegations.followed(connection, self._clock()),
                callers={
                    (key.id, name): Caller(name, key.id, key.kind, profiles[name])
                    for key in live
                    for name in key.agents
                },
                stops=Stops(Stop(one.kind, one.name, one.reason) for one in stops.all_stops(connection)),
            )

    def _compiled(self, digest: str, files: bytes) -> Policy:
        """Compiling takes a while and keeps a memory of names, so a policy is compiled once."""
        if self._policy is None or self._policy[0] != digest:
            self._policy = (digest, compile_policy(tuple(decode(files, type=list[File])), self._port))
        return self._policy[1]


def _profile(agent: Agent, service: Mode) -> Profile:
    traits = agent.traits
    return Profile(
        scopes=scopes(traits.scopes) if traits.scopes else None,
        monitored="monitor" in (service, traits.mode),
        highest_trust=Trust[traits.highest_trust],
        needs_session=traits.needs_session,
    )
