"""Stop buttons."""

from typing import Literal

from app.audit_log.export.bodies.parts import Change, Part


class PressedData(Part, frozen=True):
    """`name`: an agent, a wildcard over tools; empty for everything."""

    kind: Literal["agent", "tool", "everything"]
    name: str
    reason: str
    stop: str


class StopPressed(Change, frozen=True, tag="stop.pressed"):
    data: PressedData


class LiftedData(Part, frozen=True):
    stop: str


class StopLifted(Change, frozen=True, tag="stop.lifted"):
    data: LiftedData
