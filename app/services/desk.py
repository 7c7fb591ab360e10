"""The desk where changes are handed in: by operators, and by agents' keys where those may; through the ledger."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from app.audit_log.commitment import SALT_BYTES
from app.audit_log.entry import Draft, draft
from app.services.configuration import Configuration, Configurations
from app.services.errors import ConflictError, UnauthenticatedError
from app.storage.command import Change, Command, EpochIs, Guard, NotAfter, RaiseEpoch, Receipt, Result, Stale
from app.storage.keys import Key
from app.storage.ledger import Ledger
from app.storage.operators import OperatorStands

# Who does what nobody asked for.
SYSTEM = "system"
Told = tuple[str, Mapping[str, Any]]

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
        urgent: bool = False,
        payload: bytes | None = None,
    ) -> Receipt | Stale:
        """Commit `changes` with one entry. Blocks; raises UnavailableError. Stale names the guard that failed.

        `payload` stands beside the entry and may be erased.
        """
        told = ((type, data),)
        return self.change_all(by, told, changes, guards, raises_epoch=raises_epoch, urgent=urgent, payload=payload)

    def change_all(
        self,
        by: str,
        told: Sequence[Told],
        changes: tuple[Change, ...],
        guards: tuple[Guard, ...] = (),
        *,
        raises_epoch: bool = True,
        urgent: bool = False,
        payload: bytes | None = None,
    ) -> Receipt | Stale:
        """The same with several entries, each its type and data, as one; receipt and payload are the first one's.

        What is `urgent` waits behind nothing, and is written also where there is no room left for anything else.
        """
        stands = self._stands(by)
        # INVARIANT: a change of state and the entry that tells of it are one command.
        log = self.configurations.current.log
        entries = tuple(
            draft(
                kind,
                {"actor": {"operator": by}, "data": dict(data)},
                log=log,
                payload=payload if at == 0 else None,
                salt=secrets.token_bytes(SALT_BYTES) if at == 0 and payload is not None else None,
            )
            for at, (kind, data) in enumerate(told)
        )
        if raises_epoch:
            changes += (RaiseEpoch(),)
        result = self._ledger.write(Command(entries, (*stands, *guards), changes, urgent))
        if isinstance(result, Stale):
            if isinstance(result.guard, OperatorStands):
                raise _gone()
            return result
        self.configurations.refresh()
        return result[0]

    def change_by_key(
        self, key: Key, entries: tuple[Draft, ...], changes: tuple[Change, ...], guards: tuple[Guard, ...]
    ) -> Receipt | Stale:
        """The same for a key, which must live; the receipt is of the first entry. Raises UnauthenticatedError too."""
        by = _ByKey(key, entries, changes, guards)
        result = self._ledger.write(by.command(self.configurations.current))
        while by.was_late(result):
            result = self._ledger.write(by.command(self.configurations.refresh()))
        return result if isinstance(result, Stale) else result[0]

    async def changed_by_key(
        self, key: Key, entries: tuple[Draft, ...], changes: tuple[Change, ...], guards: tuple[Guard, ...]
    ) -> Receipt | Stale:
        """The same on the event loop, where it blocks nothing."""
        by = _ByKey(key, entries, changes, guards)
        result = await self._ledger.submit(by.command(self.configurations.current))
        while by.was_late(result):
            result = await self._ledger.submit(by.command(await self.configurations.refreshed()))
        return result if isinstance(result, Stale) else result[0]

    def _stands(self, by: str) -> tuple[OperatorStands, ...]:
        # INVARIANT: nothing is written in the name of an operator who was disabled, or is no longer what they were.
        if by == SYSTEM:
            return ()
        operator = self.configurations.current.operators.get(by)
        if operator is None:
            raise _gone()
        return (OperatorStands(by, operator.role, operator.passphrase),)


class _ByKey:
    """A change in the name of a key, tried upon one configuration after the other."""

    def __init__(
        self, key: Key, entries: tuple[Draft, ...], changes: tuple[Change, ...], guards: tuple[Guard, ...]
    ) -> None:
        self._digest = key.digest
        self._entries = entries
        self._changes = changes
        self._guards = guards
        self._tries = 0

    def command(self, configuration: Configuration) -> Command:
        """The change upon this configuration. Raises UnauthenticatedError, ConflictError."""
        # INVARIANT: the key lives in the configuration whose epoch guards the entry; it was looked up in an older.
        live = configuration.keys.get(self._digest)
        if live is None:
            raise UnauthenticatedError("unknown_key", "This key is not known, has expired or was revoked.")
        if self._tries == _TRIES:
            raise ConflictError("configuration_changed", "The configuration changed just now; report again.")
        self._tries += 1
        expiry = () if live.expires_at is None else (NotAfter(live.expires_at),)
        return Command(self._entries, (EpochIs(configuration.epoch), *expiry, *self._guards), self._changes)

    def was_late(self, result: Result) -> bool:
        """Whether only the configuration had changed. Raises UnauthenticatedError."""
        if isinstance(result, Stale) and isinstance(result.guard, NotAfter):
            raise UnauthenticatedError("expired_key", "This key has expired.")
        return isinstance(result, Stale) and isinstance(result.guard, EpochIs)


def _gone() -> UnauthenticatedError:
    return UnauthenticatedError("operator_changed", "This operator was changed or disabled just now; sign in again.")
