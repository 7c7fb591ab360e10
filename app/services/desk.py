"""The desk where operators' changes are handed in: one entry each, named after the operator, through the ledger."""

from collections.abc import Mapping
from typing import Any

from app.audit_log.entry import draft
from app.services.configuration import Configurations
from app.storage.command import Change, Command, Guard, RaiseEpoch, Receipt, Stale
from app.storage.ledger import Ledger


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
