"""A function's call as it is asked about: arguments bound by the signature, and sent whole."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent_sudo_client.call import Call, real_path
from agent_sudo_client.errors import PermissionDenied
from agent_sudo_client.values import encode, plain

# Parameters that name a file, where nothing else says so.
PATHS = ("path", "file_path", "filepath", "filename", "file", "notebook_path")
Check = Callable[[Mapping[str, Any]], Any]
_RECEIVERS = ("self", "cls")
_KEEPS_ITS_TYPE = (str, int, float, bool, type(None), list, dict)


class Binding:
    """How one function's calls are asked about. `target` names a parameter, or is made of the arguments."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        scope: str | None,
        action: str | None,
        target: str | Callable[[Mapping[str, Any]], str] | None,
        source: str | None,
    ) -> None:
        self._signature = inspect.signature(function)
        names = list(self._signature.parameters)
        if isinstance(target, str) and target not in names:
            raise TypeError(f"target={target!r} is no parameter of {function.__qualname__}")
        self._receiver = names[0] if names and names[0] in _RECEIVERS and _is_method(function) else None
        self._target = target if target is not None else next((name for name in PATHS if name in names), None)
        self._call = Call(tool=action or function.__name__, scope=scope, source=source)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Bound:
        """One call. Raises TypeError as the function would, PermissionDenied for what cannot be sent whole."""
        given = self._signature.bind(*args, **kwargs)
        given.apply_defaults()
        return Bound(self, given)

    def arguments(self, given: inspect.BoundArguments) -> dict[str, Any]:
        """What the function is given, by name. Named extras stand among the others."""
        found: dict[str, Any] = {}
        for name, value in given.arguments.items():
            if name == self._receiver:
                continue
            extras = self._signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
            for each, one in value.items() if extras else ((name, value),):
                # INVARIANT: no argument hides another: two of one name are not sent as one.
                if each in found or (extras and each in self._signature.parameters):
                    raise PermissionDenied(f"Two arguments are named {each!r}.", code="not_json")
                found[each] = one
        return found

    def call(self, arguments: Mapping[str, Any]) -> Call:
        """The call, as it is put to the service."""
        more: dict[str, Any] = {}
        if callable(self._target):
            more["target"] = str(self._target(arguments))
        elif self._target is not None:
            more = about(self._target, arguments[self._target])
        return replace(self._call, arguments=arguments, **more)


@dataclass(frozen=True)
class Bound:
    """One call of one function."""

    binding: Binding
    given: inspect.BoundArguments

    @property
    def call(self) -> Call:
        """As it is put to the service; made anew each time, since what was given may change."""
        return self.binding.call(plain_arguments(self.binding.arguments(self.given)))

    def edited(self, arguments: Mapping[str, Any]) -> Bound:
        """The call with other arguments. Raises PermissionDenied where the function cannot take them as they are."""
        before = self.binding.arguments(self.given)
        given = inspect.BoundArguments(self.given.signature, dict(self.given.arguments))
        for name, value in changed(before, arguments).items():
            if value is not before[name]:
                if name not in given.arguments:
                    raise _uneditable()
                given.arguments[name] = value
        return Bound(self.binding, given)


def changed(before: Mapping[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as a person edited them; what they left alone is what it was. Raises PermissionDenied."""
    if set(edited) != set(before):
        raise _uneditable()
    return {name: _changed(before[name], value) for name, value in edited.items()}


def _changed(old: Any, value: Any) -> Any:
    if encode(value) == encode(old):
        return old
    # A function that was given a tuple or a path may not know what to do with JSON in its place.
    if type(old) not in _KEEPS_ITS_TYPE:
        raise _uneditable()
    return value


def checked(check: Check | None, call: Call) -> None:
    """Let a check refuse the call. Raises PermissionDenied; whatever it returns allows nothing."""
    try:
        if check is not None:
            check(call.arguments)
    except PermissionDenied:
        raise
    except Exception as error:  # INVARIANT: a check that fails is a no
        raise PermissionDenied(f"A check of this call failed ({type(error).__name__}).", code="check_failed") from error


def about(name: str, value: Any) -> dict[str, str]:
    """What is said of a call whose target is this argument: of a file also where it leads, links followed."""
    if isinstance(value, os.PathLike) or (name in PATHS and isinstance(value, str)):
        return {"target": str(os.fspath(value)), "resolved_target": real_path(value)}
    return {"target": str(value)}


def plain_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as JSON values. Raises PermissionDenied."""
    try:
        return {name: plain(value) for name, value in arguments.items()}
    except (TypeError, ValueError, RecursionError) as error:
        # INVARIANT: what cannot be shown whole to those who decide does not run.
        raise PermissionDenied(f"This call cannot be sent as it is: {error}", code="not_json") from None


def _is_method(function: Callable[..., Any]) -> bool:
    around = function.__qualname__.rpartition(".")[0]
    return bool(around) and not around.endswith("<locals>")


def _uneditable() -> PermissionDenied:
    return PermissionDenied("The arguments that a person approved do not fit this function.", code="edited")
