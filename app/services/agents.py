"""Agents: who may call, and what operators have laid down about each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from app.core.scope import MOST, scopes
from app.services.desk import Desk, Told
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.storage import agents
from app.storage.agents import AddAgent, Agent, AgentExists, AgentIs, ChangeAgent, Traits
from app.storage.command import Change, Guard, Stale
from app.storage.database import Database

# No slash: it divides an agent from its sub-agent.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Difference(Struct, frozen=True):
    """How one agent would change: traits as (name, before, after); all traits of one that is new."""

    agent: str
    new: bool
    changes: tuple[tuple[str, Any, Any], ...]


def checked_name(name: str) -> str:
    """`name`, if an agent or operator may bear it. Raises InvalidError."""
    if NAME.fullmatch(name) is None:
        raise InvalidError("invalid_name", "A name has 1 to 64 letters, digits, dots, dashes and underscores.")
    return name


class Agents:
    """The use cases around agents."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    def all(self) -> list[Agent]:
        with self._database.read() as connection:
            return agents.all_agents(connection)

    def create(self, by: str, name: str, traits: Traits) -> Agent:
        """Without another owner it is the creator's. Raises InvalidError, ConflictError."""
        traits = self._checked(traits if traits.owner is not None else structs.replace(traits, owner=by))
        change = AddAgent(checked_name(name), traits)
        told = _told(name, traits)
        if isinstance(self._desk.change("agent.created", by, told, (change,), (AgentExists(name, False),)), Stale):
            raise ConflictError("agent_exists", f"There is an agent {name!r} already.")
        return self.find(name)

    def change(self, by: str, name: str, given: Mapping[str, Any]) -> Agent:
        """Change the traits that are given. Raises InvalidError, NotFoundError, ConflictError."""
        self.find(name)
        self.apply(by, {name: given})
        return self.find(name)

    def compare(self, wanted: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
        """How agents would change if they were as `wanted`; who is not named stays as they are. Raises InvalidError."""
        return [found for found, _ in self._differences(wanted)]

    def apply(self, by: str, wanted: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
        """Make agents as `wanted`, all or none; twice is as once. Raises InvalidError, ConflictError."""
        found = self._differences(wanted, owner=by)
        told: list[Told] = []
        changes: tuple[Change, ...] = ()
        guards: tuple[Guard, ...] = ()
        for difference, traits in found:
            name = difference.agent
            told.append(("agent.created" if difference.new else "agent.changed", _told(name, traits)))
            changes += (AddAgent(name, traits) if difference.new else ChangeAgent(name, traits),)
            guards += (
                AgentExists(name, False)
                if difference.new
                else AgentIs(name, structs.replace(traits, **{trait: old for trait, old, _ in difference.changes})),
            )
        if told and isinstance(self._desk.change_all(by, told, changes, guards), Stale):
            raise ConflictError("agents_changed", "Somebody else changed these agents just now; look again.")
        return [difference for difference, _ in found]

    def find(self, name: str) -> Agent:
        """Raises NotFoundError."""
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            raise no_agent(name)
        return found

    def _differences(
        self, wanted: Mapping[str, Mapping[str, Any]], owner: str | None = None
    ) -> list[tuple[Difference, Traits]]:
        today = {agent.name: agent.traits for agent in self.all()}
        found: list[tuple[Difference, Traits]] = []
        for name, given in sorted(wanted.items()):
            before = today.get(checked_name(name))
            traits = self._checked(structs.replace(before or Traits(owner=owner), **given))
            changes = _changes(before or Traits(), traits)
            if before is None or changes:
                found.append((Difference(name, before is None, changes), traits))
        return found

    def _checked(self, traits: Traits) -> Traits:
        if len(traits.scopes) > MOST:
            raise InvalidError("invalid_scope", f"An agent has at most {MOST} scopes.")
        try:
            scopes(traits.scopes)
        except ValueError as error:
            raise InvalidError("invalid_scope", f"{error}.") from None
        if traits.owner is not None and traits.owner not in self._desk.configurations.refresh().operators:
            raise InvalidError("no_such_operator", f"There is no operator {traits.owner!r} to own an agent.")
        return traits


def no_agent(name: str) -> NotFoundError:
    """The error for a name that no agent bears."""
    return NotFoundError("no_such_agent", f"There is no agent {name!r}.")


def _told(name: str, traits: Traits) -> dict[str, Any]:
    return {"agent": name, **structs.asdict(traits), "scopes": list(traits.scopes)}


def _changes(before: Traits, after: Traits) -> tuple[tuple[str, Any, Any], ...]:
    pairs: Sequence[str] = Traits.__struct_fields__
    return tuple(
        (trait, getattr(before, trait), getattr(after, trait))
        for trait in pairs
        if getattr(before, trait) != getattr(after, trait)
    )
