"""Operators: who may approve and administer."""

from app.services.agents import checked_name
from app.services.desk import SYSTEM, Desk
from app.services.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from app.services.passphrases import Passphrases
from app.storage import operators
from app.storage.command import Change, Guard, Stale
from app.storage.database import Database
from app.storage.delegations import RevokeDelegationsBy
from app.storage.operators import (
    AddOperator,
    AnotherAdmin,
    Operator,
    OperatorExists,
    Role,
    SetDisabled,
    SetPassphrase,
    SetRole,
)
from app.storage.sign_ins import ForgetFailures


class Operators:
    """The use cases around operators."""

    def __init__(self, database: Database, desk: Desk, passphrases: Passphrases) -> None:
        self._database = database
        self._desk = desk
        self._passphrases = passphrases

    def all(self) -> list[Operator]:
        with self._database.read() as connection:
            return operators.all_operators(connection)

    def create(self, by: str, name: str, role: Role, passphrase: str) -> None:
        """Raises InvalidError, ConflictError."""
        if checked_name(name) == SYSTEM:
            raise InvalidError("invalid_name", f"{SYSTEM!r} is the service itself.")
        change = AddOperator(name, role, self._passphrases.hash(passphrase))
        data = {"operator": name, "role": role}
        if isinstance(
            self._desk.change("operator.created", by, data, (change,), (OperatorExists(name, False),)), Stale
        ):
            raise ConflictError("operator_exists", f"There is an operator {name!r} already.")

    def set_role(self, by: str, name: str, role: Role) -> None:
        """Raises NotFoundError, ConflictError."""
        guards: tuple[Guard, ...] = () if role == "admin" else (AnotherAdmin(name),)
        self._change("operator.role_set", by, name, (SetRole(name, role),), guards, role=role)

    def change_passphrase(self, operator: Operator, old: str, new: str, source: str) -> None:
        """An operator's own; needs the old one. Raises UnauthenticatedError, TooManyError, InvalidError."""
        self._passphrases.verify(operator.name, operator, old, source)
        self._set_passphrase("operator.passphrase_changed", operator.name, operator.name, new)

    def reset(self, by: str, name: str, new: str) -> None:
        """Give somebody else a new passphrase. Raises as above.

        Whoever signed in with the old one no longer is, and what that operator had delegated is revoked: it may have
        been somebody else.
        """
        if name == by:
            raise RefusedError("own_passphrase", "Your own passphrase is changed with the old one, not reset.")
        self._set_passphrase("operator.passphrase_reset", by, name, new, RevokeDelegationsBy(name, by))

    def set_disabled(self, by: str, name: str, *, disabled: bool) -> None:
        """Raises NotFoundError, ConflictError."""
        guards: tuple[Guard, ...] = (AnotherAdmin(name),) if disabled else ()
        told = "operator.disabled" if disabled else "operator.enabled"
        self._change(told, by, name, (SetDisabled(name, disabled),), guards)

    def _set_passphrase(self, type: str, by: str, name: str, new: str, *more: Change) -> None:
        changes: tuple[Change, ...] = (
            SetPassphrase(name, self._passphrases.hash(new)),
            ForgetFailures(name, None),
            *more,
        )
        self._change(type, by, name, changes)

    def _change(
        self, type: str, by: str, name: str, changes: tuple[Change, ...], guards: tuple[Guard, ...] = (), **more: str
    ) -> None:
        result = self._desk.change(type, by, {"operator": name, **more}, changes, (OperatorExists(name, True), *guards))
        if isinstance(result, Stale) and isinstance(result.guard, AnotherAdmin):
            raise ConflictError("last_admin", "Nobody could administer this home any more; make another admin first.")
        if isinstance(result, Stale):
            raise NotFoundError("no_such_operator", f"There is no operator {name!r}.")
