"""Stop buttons: what operators have stopped. Nothing loosens them: no rule, no grant, no monitor mode."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from app.core.classify.names import meant
from app.core.decision import Classification, Finding, Stance
from app.core.policy.wildcard import matches
from app.core.spelling import fold

StopKind = Literal["agent", "tool", "everything"]


class Stop(Struct, frozen=True):
    """One button that is pressed. `name` is an agent, or a wildcard over names of tools; "" for everything."""

    kind: StopKind
    name: str
    reason: str = ""

    @property
    def finding(self) -> Finding:
        what = {"agent": "An operator has suspended this agent", "tool": "An operator has paused this tool"}.get(
            self.kind, "An operator has paused everything"
        )
        reason = f"{what}: {self.reason}" if self.reason else f"{what}."
        return Finding(Stance.DENY, f"stop-{self.kind}", reason, Classification.BLOCKED, firm=True)


class Stops:
    """Everything that is stopped, ready to be asked."""

    def __init__(self, stops: Iterable[Stop] = ()) -> None:
        self._everything: list[Finding] = []
        self._agents: dict[str, Finding] = {}
        self._tools: list[tuple[str, Finding]] = []
        for stop in stops:
            if stop.kind == "agent":
                self._agents[stop.name] = stop.finding
            elif stop.kind == "tool":
                # INVARIANT: a tool is stopped under every name that the button may mean.
                self._tools += [(fold(name), stop.finding) for name in meant(stop.name)]
            else:
                self._everything.append(stop.finding)

    def findings(self, agent: str, names: Sequence[str]) -> list[Finding]:
        """What is stopped of a call: `names` are all that its tool may be called."""
        found = list(self._everything)
        if agent in self._agents:
            found.append(self._agents[agent])
        if self._tools:
            spellings = [fold(name) for name in names]
            found += [stop for tool, stop in self._tools if any(matches(tool, name) for name in spellings)]
        return found


NOTHING_STOPPED = Stops()
