"""Routes: agents."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.api.bodies import Body
from app.api.names import PLAIN, PathName
from app.api.schema import problems
from app.api.services import UseCases
from app.api.subjects import AnAdmin, AnApprover, AnOperator
from app.audit_log.timestamp import timestamp
from app.core.scope import LONGEST, MOST
from app.core.trust import TrustName
from app.services.agents import NAME, Difference
from app.storage.agents import Agent, Traits

router = APIRouter(tags=["agents"])
AgentName = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]
Held = Annotated[str, Field(max_length=LONGEST, examples=["read:orders", "read:files/**", "!write:refunds"])]


class TraitsBody(Body):
    """What is left out stays as it is, or as it is by default."""

    description: str | None = Field(None, max_length=500, pattern=PLAIN)
    owner: AgentName | None = Field(None, description="The operator who answers for it.")
    scopes: list[Held] | None = Field(None, max_length=MOST, description="[]: not restricted by scopes.")
    mode: Literal["enforce", "monitor"] | None = None
    highest_trust: TrustName | None = Field(None, description="The most that its requests may be trusted.")
    needs_session: bool | None = Field(None, description="Whether calls outside of a session are denied.")

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        # INVARIANT: null is a mistake, not "as it is": nobody who means "no scopes" keeps the old ones by accident.
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("null says nothing; leave out what stays as it is")
        return self

    def given(self) -> dict[str, Any]:
        """The traits that are given, by name."""
        given = self.model_dump(exclude_unset=True, include=set(Traits.__struct_fields__))
        return {**given, "scopes": tuple(given["scopes"])} if "scopes" in given else given


class AgentBody(TraitsBody):
    name: AgentName = Field(examples=["coder"])


class ApplyBody(Body):
    """`dry_run`: only answer what would change."""

    agents: dict[AgentName, TraitsBody] = Field(max_length=500)
    dry_run: bool = False


class ReasonBody(Body):
    reason: str = Field("", max_length=200, pattern=PLAIN, description="For people, and for the agent that is refused.")


class AgentAnswer(BaseModel):
    name: str
    description: str
    owner: str | None
    scopes: list[str]
    mode: Literal["enforce", "monitor"]
    highest_trust: TrustName
    needs_session: bool
    state: Literal["active", "suspended"]
    created_at: str


class AgentsAnswer(BaseModel):
    agents: list[AgentAnswer]


class TraitChange(BaseModel):
    trait: str
    before: Any
    after: Any


class DifferenceAnswer(BaseModel):
    agent: str
    new: bool
    changes: list[TraitChange]


class AppliedAnswer(BaseModel):
    """Who differs, and in what; empty when everything is as wanted already."""

    differences: list[DifferenceAnswer]


@router.get("/agents")
def list_agents(services: UseCases, _: AnOperator) -> AgentsAnswer:
    """All agents."""
    suspended = _suspended(services)
    return AgentsAnswer(agents=[_agent(one, suspended) for one in services.agents.all()])


@router.post("/agents", status_code=201, responses=problems(409))
def create_agent(body: AgentBody, services: UseCases, operator: AnAdmin) -> AgentAnswer:
    """Create an agent; it can do nothing until it has a key."""
    return _agent(services.agents.create(operator.name, body.name, Traits(**body.given())), set())


@router.get("/agents/{agent}")
def show_agent(agent: PathName, services: UseCases, _: AnOperator) -> AgentAnswer:
    """One agent."""
    return _agent(services.agents.find(agent), _suspended(services))


@router.patch("/agents/{agent}", responses=problems(409))
def change_agent(agent: PathName, body: TraitsBody, services: UseCases, operator: AnAdmin) -> AgentAnswer:
    """Change what operators have laid down about an agent; nothing recorded after the answer relies on what was."""
    return _agent(services.agents.change(operator.name, agent, body.given()), _suspended(services))


@router.put("/agents", responses=problems(409))
def apply_agents(body: ApplyBody, services: UseCases, operator: AnAdmin) -> AppliedAnswer:
    """Make agents as they are wanted, all or none; who is not named stays as they are. Applying twice is as once."""
    wanted = {name: traits.given() for name, traits in body.agents.items()}
    found = services.agents.compare(wanted) if body.dry_run else services.agents.apply(operator.name, wanted)
    return AppliedAnswer(differences=[_difference(one) for one in found])


@router.post("/agents/{agent}/suspend", status_code=204)
def suspend_agent(agent: PathName, body: ReasonBody, services: UseCases, operator: AnApprover) -> None:
    """Deny whatever the agent asks from now on. Suspending twice is as once."""
    services.stops.press(operator.name, "agent", agent, body.reason)


@router.post("/agents/{agent}/resume", status_code=204)
def resume_agent(agent: PathName, services: UseCases, operator: AnAdmin) -> None:
    """Lift an agent's suspension."""
    services.stops.resume(operator.name, agent)


def _suspended(services: UseCases) -> set[str]:
    return {stop.name for stop in services.stops.all() if stop.kind == "agent"}


def _agent(one: Agent, suspended: set[str]) -> AgentAnswer:
    traits = one.traits
    return AgentAnswer(
        name=one.name,
        description=traits.description,
        owner=traits.owner,
        scopes=list(traits.scopes),
        mode=traits.mode,
        highest_trust=traits.highest_trust,
        needs_session=traits.needs_session,
        state="suspended" if one.name in suspended else "active",
        created_at=timestamp(one.created_at),
    )


def _difference(found: Difference) -> DifferenceAnswer:
    changes = [TraitChange(trait=trait, before=before, after=after) for trait, before, after in found.changes]
    return DifferenceAnswer(agent=found.agent, new=found.new, changes=changes)
