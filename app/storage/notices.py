"""How far people were notified. What waits for that is no list of its own: it is the approvals opened since."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from app.storage.command import Transaction
from app.storage.tables import notice


def told(connection: Connection, channel: str) -> int:
    """The entry that opened the last approval of which this channel is through; -1: of none."""
    found = connection.execute(select(notice.c.told).where(notice.c.channel == channel)).scalar()
    return -1 if found is None else found


class ToldUpTo(Struct, frozen=True):
    """Guard: the channel has come as far as `told`, and no replica has gone on with it meanwhile."""

    channel: str
    told: int

    def holds(self, transaction: Transaction) -> bool:
        query = select(notice.c.channel).where(notice.c.channel == self.channel)
        if self.told < 0:
            return not transaction.finds(query)
        return transaction.finds(query.where(notice.c.told == self.told))


class Tell(Struct, frozen=True):
    """The channel is through with the approval that the entry `told` opened."""

    channel: str
    told: int

    def apply(self, transaction: Transaction) -> None:
        query = select(notice.c.channel).where(notice.c.channel == self.channel)
        if transaction.finds(query):
            transaction.execute(update(notice).where(notice.c.channel == self.channel).values(told=self.told))
        else:
            transaction.execute(insert(notice), {"channel": self.channel, "told": self.told})
