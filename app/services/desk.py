"""The desk where changes are handed in: by operators, and by agents' keys where those may; through the ledger."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from app.audit_log.commitment import SALT_BYTES
from app.audit_log.entry import Draft, draft
from app.services.configuration import Configurations
from app.services.errors import ConflictError, UnauthenticatedError
from app.storage.command import Change, Command, EpochIs, Guard, NotAfter, RaiseEpoch, Receipt, Stale
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
        for _ in range(_TRIES):
            configuration = self.configurations.refresh()
            # INVARIANT: the key lives in the configuration whose epoch guards the entry; it was looked up in an older.
            live = configuration.keys.get(key.digest)
            if live is None:
                raise UnauthenticatedError("unknown_key", "This key is not known, has expired or was revoked.")
            epoch = EpochIs(configuration.epoch)
            expiry = () if live.expires_at is None else (NotAfter(live.expires_at),)
            result = self._ledger.write(Command(entries, (epoch, *expiry, *guards), changes))
            if not isinstance(result, Stale):
                return result[0]
            if isinstance(result.guard, NotAfter):
                raise UnauthenticatedError("expired_key", "This key has expired.")
            if result.guard is not epoch:
                return result
        raise ConflictError("configuration_changed", "The configuration changed just now; report again.")

    def _stands(self, by: str) -> tuple[OperatorStands, ...]:
        # INVARIANT: nothing is written in the name of an operator who was disabled, or is no longer what they were.
        if by == SYSTEM:
            return ()
        operator = self.configurations.current.operators.get(by)
        if operator is None:
            raise _gone()
        return (OperatorStands(by, operator.role, operator.passphrase),)


def _gone() -> UnauthenticatedError:
    return UnauthenticatedError("operator_changed", "This operator was changed or disabled just now; sign in again.")
