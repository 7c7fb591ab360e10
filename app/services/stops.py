"""Stop buttons: an agent suspended, a tool paused, everything paused. They work also where nothing else does."""

import secrets

from app.core.stops import StopKind
from app.services.desk import Desk
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.storage import stops
from app.storage.agents import AgentExists
from app.storage.command import Guard, Stale
from app.storage.database import Database
from app.storage.stops import LiftStop, NotStopped, PressedStop, PressStop, StopStands

# Wildcards over tools, each of which is compared with the names of every call.
MOST = 200


class StopButtons:
    """The use cases around stop buttons."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    def all(self) -> list[PressedStop]:
        with self._database.read() as connection:
            return stops.all_stops(connection)

    def press(self, by: str, kind: StopKind, name: str, reason: str) -> PressedStop:
        """When this returns, nothing that is recorded later is allowed against it. Pressing twice changes nothing.

        Raises InvalidError, NotFoundError, ConflictError.
        """
        if bool(name) is (kind == "everything"):
            raise InvalidError("invalid_stop", "An agent or a tool is stopped by name; everything has none.")
        if kind == "tool" and sum(stop.kind == "tool" for stop in self.all()) >= MOST:
            raise ConflictError("too_many_stops", f"{MOST} tools are paused by name; pause everything, or lift some.")
        stop = PressStop(f"s_{secrets.token_hex(6)}", kind, name, reason, by)
        data = {"kind": kind, "name": name, "reason": reason, "stop": stop.id}
        guards: tuple[Guard, ...] = (NotStopped(kind, name),)
        if kind == "agent":
            guards = (AgentExists(name, True), *guards)
        result = self._desk.change("stop.pressed", by, data, (stop,), guards, urgent=True)
        if isinstance(result, Stale) and isinstance(result.guard, AgentExists):
            raise NotFoundError("no_such_agent", f"There is no agent {name!r}.")
        return self._find(kind, name)

    def lift(self, by: str, stop: str) -> None:
        """Raises NotFoundError."""
        result = self._desk.change("stop.lifted", by, {"stop": stop}, (LiftStop(stop),), (StopStands(stop),))
        if isinstance(result, Stale):
            raise NotFoundError("no_such_stop", f"No stop {stop!r} is in force.")

    def resume(self, by: str, agent: str) -> None:
        """Lift an agent's suspension. Raises NotFoundError."""
        self.lift(by, self._find("agent", agent).id)

    def _find(self, kind: StopKind, name: str) -> PressedStop:
        found = next((stop for stop in self.all() if (stop.kind, stop.name) == (kind, name)), None)
        if found is None:
            raise NotFoundError("no_such_stop", "Nothing of this name is stopped.")
        return found
