"""Stop buttons that are pressed."""

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from app.core.stops import StopKind
from app.storage.command import Transaction
from app.storage.tables import stop


class PressedStop(Struct, frozen=True):
    """`name` is an agent, or a wildcard over names of tools; "" for everything."""

    id: str
    kind: StopKind
    name: str
    reason: str
    pressed_by: str
    pressed_at: int


def all_stops(connection: Connection) -> list[PressedStop]:
    """Every button that is pressed, the oldest first."""
    rows = connection.execute(select(stop).order_by(stop.c.pressed_at, stop.c.id))
    return [PressedStop(row.id, row.kind, row.name, row.reason, row.pressed_by, row.pressed_at) for row in rows]


class NotStopped(Struct, frozen=True):
    """Guard: this button is not pressed yet."""

    kind: StopKind
    name: str

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(select(stop.c.id).where(stop.c.kind == self.kind, stop.c.name == self.name))


class StopStands(Struct, frozen=True):
    """Guard: this button is still pressed."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(stop.c.id).where(stop.c.id == self.id))


class PressStop(Struct, frozen=True):
    id: str
    kind: StopKind
    name: str
    reason: str
    by: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(stop).values(
                id=self.id,
                kind=self.kind,
                name=self.name,
                reason=self.reason,
                pressed_by=self.by,
                pressed_at=transaction.now,
            )
        )


class LiftStop(Struct, frozen=True):
    id: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(delete(stop).where(stop.c.id == self.id))
