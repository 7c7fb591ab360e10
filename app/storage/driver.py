"""What is done by the driver itself: SQLAlchemy's own way to it costs more than most statements do."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import DBAPIError


def by_driver(connection: Connection, work: Callable[[Any], Any]) -> Any:
    """Work done by the driver. Raises what SQLAlchemy would raise."""
    dbapi: Any = connection.dialect.loaded_dbapi
    driver: Any = connection.connection.driver_connection
    try:
        return work(driver)
    except dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, driver, None)
        raise DBAPIError.instance(
            None, None, error, dbapi.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error


class _Words(Struct, frozen=True):
    """A statement in one driver's words; `order` are the names of its values where it counts them."""

    sql: str
    constants: dict[str, Any]
    order: tuple[str, ...] | None


class Prepared:
    """A statement that is put into the driver's words once, for many to run in one batch."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._words: dict[str, _Words] = {}

    def run(self, connection: Connection, values: Mapping[str, Any], *, fetch: bool = False) -> Any:
        """Run it; the first row, if one is to be fetched and there is one."""
        words = self._words.get(connection.dialect.name) or self._put(connection)
        given: Any = {**words.constants, **values}
        if words.order is not None:
            given = [given[name] for name in words.order]

        def work(driver: Any) -> Any:
            cursor = driver.execute(words.sql, given)
            return cursor.fetchone() if fetch else None

        return by_driver(connection, work)

    def _put(self, connection: Connection) -> _Words:
        compiled: Any = self._statement.compile(dialect=connection.dialect)
        order = tuple(compiled.positiontup) if compiled.positional else None
        found = self._words[connection.dialect.name] = _Words(str(compiled), dict(compiled.params), order)
        return found
