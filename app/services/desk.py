"""The desk where changes are handed in: by operators, and by agents' keys where those may; through the ledger."""

from collections.abc import Mapping
from typing import Any

from app.audit_log.entry import Draft, draft
from app.services.configuration import Configurations
from app.services.errors import ConflictError, UnauthenticatedError
from app.storage.command import Change, Command, EpochIs, Guard, NotAfter, RaiseEpoch, Receipt, Stale
from app.storage.keys import Key
from app.storage.ledger import Ledger

_TRIES = 5


class Desk:
    """Writes changes of the configuration. Every one raises the epoch, so that no decision outlives what it used."""

    def __init__(self, ledger: Ledger, configurations: Configurations) -> None:
        self._ledger = ledger
        self.configurations = configurations

    def change(
        self,
        type: str,
        by: str,
        data: Mapping[str, Any],
        changes: tuple[Change, ...],
        guards: tuple[Guard, ...] = (),
        *,
        raises_epoch: bool = True,
    ) -> Receipt | Stale:
        """Commit `changes` with one entry. Blocks; raises UnavailableError. Stale names the guard that failed."""
        # INVARIANT: a change of state and the entry that tells of it are one command.
        entry = draft(type, {"actor": {"operator": by}, "data": dict(data)}, log=self.configurations.current.log)
        if raises_epoch:
            changes += (RaiseEpoch(),)
        result = self._ledger.write(Command((entry,), guards, changes))
        if isinstance(result, Stale):
            return result
        self.configurations.refresh()
        return result[0]

    def change_by_key(
        self, key: Key, entries: tuple[Draft, ...], changes: tuple[Change, ...], guards: tuple[Guard, ...]
    ) -> Receipt | Stale:
        """The same for a key, which must live; the receipt is of the first entry. Raises UnauthenticatedError too."""
        expiry = () if key.expires_at is None else (NotAfter(key.expires_at),)
        for _ in range(_TRIES):
            configuration = self.configurations.refresh()
            # INVARIANT: the key lives in the configuration whose epoch guards the entry; it was looked up in an older.
            if key.digest not in configuration.keys:
                raise UnauthenticatedError("unknown_key", "This key is not known, has expired or was revoked.")
            epoch = EpochIs(configuration.epoch)
            result = self._ledger.write(Command(entries, (epoch, *expiry, *guards), changes))
            if not isinstance(result, Stale):
                return result[0]
            if isinstance(result.guard, NotAfter):
                raise UnauthenticatedError("expired_key", "This key has expired.")
            if result.guard is not epoch:
                return result
        raise ConflictError("configuration_changed", "The configuration changed just now; report again.")
