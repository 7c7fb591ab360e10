"""Guardrails: what a call's texts may be about, checked here before the service is asked. They only ever take away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agent_sudo_client.errors import PermissionDenied


class Guardrails:
    """Refuses calls by their texts, for `@sudo(check=…)` and `Gate(check=…)`. What passes is still asked about.

    topics      words of which the call must name at least one
    words       words that it must not name
    patterns    regular expressions that must not be found in it
    validators  functions of the arguments, each of which must return True and nothing else
    longest     how many characters are looked through at most; a longer call is refused
    """

    def __init__(
        self,
        *,
        topics: Sequence[str] = (),
        words: Sequence[str] = (),
        patterns: Sequence[str] = (),
        validators: Sequence[Callable[[Mapping[str, Any]], Any]] = (),
        longest: int = 100_000,
    ) -> None:
        self._topics = _any_of(topics)
        self._words = _any_of(words)
        self._patterns = [re.compile(one, re.IGNORECASE) for one in patterns]
        self._validators = tuple(validators)
        self._longest = longest

    def __call__(self, arguments: Mapping[str, Any]) -> None:
        """Raises PermissionDenied."""
        text = "\n".join(_texts(arguments))
        if len(text) > self._longest:
            raise _refused("it is too long to be looked through")
        # As written, and as it reads: full-width letters, invisible ones and capitals disguise no word.
        spellings = (text, _read(text))
        if self._topics and not self._topics.search(spellings[1]):
            raise _refused("it is about none of the topics that are allowed")
        if self._words and self._words.search(spellings[1]):
            raise _refused("it names what must not be named")
        if any(pattern.search(one) for pattern in self._patterns for one in spellings):
            raise _refused("it has a pattern that is blocked")
        for validator in self._validators:
            self._validate(validator, arguments)

    def _validate(self, validator: Callable[[Mapping[str, Any]], Any], arguments: Mapping[str, Any]) -> None:
        try:
            answer = validator(arguments)
        except Exception as error:
            raise _refused(f"a validator failed ({type(error).__name__})") from error
        # INVARIANT: only a literal True counts: a coroutine, a text, "no" are all truthy.
        if answer is not True:
            raise _refused("a validator did not accept it")


def _any_of(words: Sequence[str]) -> re.Pattern[str] | None:
    if isinstance(words, str):
        raise TypeError("a list of words is wanted")
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(_read(one)) for one in words) + r")(?!\w)") if words else None


def _read(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(one for one in plain if unicodedata.category(one) != "Cf").casefold()


def _texts(value: Any) -> Iterator[str]:
    """All that is text in it, names included."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _refused(why: str) -> PermissionDenied:
    return PermissionDenied(f"Denied by a guardrail: {why}.", code="guardrail")
