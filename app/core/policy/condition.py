"""`when:` in CEL (https://cel.dev): the one importer of the CEL library.

The library checks types when a policy is loaded and stops long loops by itself. What it does not bound is bounded
here before it is called: the length and nesting of an expression (deep ones crash it). The depth of the data is
bounded where a request is parsed.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from cel_expr_python import cel

LONGEST = 2_000
DEEPEST = 50

_STRINGS = cel.Type.List(cel.Type.STRING)
_VARIABLES = {
    "args": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    "vars": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    "agent": cel.Type.STRING,
    "tool": cel.Type.STRING,
    "target": cel.Type.STRING,
    "cwd": cel.Type.STRING,
    "trust": cel.Type.STRING,
    "commands": _STRINGS,
    "effects": _STRINGS,
    "resources": _STRINGS,
}
_ENVIRONMENT = cel.NewEnv(variables=_VARIABLES)


class ConditionError(ValueError):
    """An expression that cannot be a condition."""


class Facts:
    """What conditions of one request may refer to; gathered once, when the first condition asks."""

    def __init__(self, gather: Callable[[], Mapping[str, Any]], arguments: Mapping[str, Any]) -> None:
        """`gather` gives a value for each of the variables above but `vars`, which are the policy's."""
        self._gather = gather
        self._arguments = arguments
        self._known: Mapping[str, Any] | None = None

    @cached_property
    def cost(self) -> int:
        """The steps that one condition takes at most on these arguments.

        The library counts iterations but not what each of them does, so a loop over all values that searches all the
        text decides: that is their product.
        """
        values, characters = _size(self._arguments)
        return 1 + values + values * characters // 1_000

    def activation(self, variables: Mapping[str, Any]) -> cel.Activation:
        """The library's form of the facts, which converts a value when an expression first looks at it."""
        if self._known is None:
            self._known = self._gather()
        return _ENVIRONMENT.Activation({**self._known, "vars": variables})


def unfit(value: Any) -> str:
    """Why the library cannot hold `value` as one of `vars`; "" when it can."""
    try:
        held = _ENVIRONMENT.compile("vars.x == vars.x").eval(_ENVIRONMENT.Activation({"vars": {"x": value}})).value()
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        return _first_line(error)
    return "" if held is True or held is False else "cannot be used in conditions"


def _size(value: Any) -> tuple[int, int]:
    """How many values there are inside `value`, and how many characters of text."""
    values = characters = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        values += 1
        if isinstance(one, str):
            characters += len(one)
        elif isinstance(one, Mapping):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return values, characters


class Condition:
    """One compiled expression."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        """Raises ConditionError with the library's explanation when `text` is no boolean expression."""
        if len(text) > LONGEST or _nesting(text) > DEEPEST:
            raise ConditionError(f"longer than {LONGEST} characters or nested deeper than {DEEPEST}")
        if not _is_unicode(text):
            raise ConditionError("holds text that nobody can write")
        try:
            self._expression = _ENVIRONMENT.compile(text)
        except RuntimeError as error:
            raise ConditionError(_first_line(error)) from None
        if self._expression.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
            raise ConditionError("is not true or false")
        self._variables = variables

    def holds(self, facts: Facts) -> bool | None:
        """True or False; None when it cannot be evaluated (a missing argument, another type, too long a loop)."""
        try:
            # INVARIANT: the library hands errors back as truthy values, so only a literal True or False counts.
            value = self._expression.eval(facts.activation(self._variables)).value()
        except (RuntimeError, TypeError, ValueError, OverflowError):
            return None
        return value if value is True or value is False else None


def _nesting(text: str) -> int:
    """An upper bound for the depth of the parsed expression: brackets, and runs of unary and ternary operators."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest + max(text.count("!"), text.count("-"), text.count("?"))


def _is_unicode(text: str) -> bool:
    """False for halves of characters, which YAML's escapes can write and nothing else can."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _first_line(error: Exception) -> str:
    return str(error).removeprefix("INVALID_ARGUMENT: ").split("\n", 1)[0].removeprefix("ERROR: <input>:")
