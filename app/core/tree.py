"""A call as a tree: each command with what it does, under the command that runs it."""

from collections.abc import Sequence

from msgspec import Struct

from app.core.model import Command, Effect


class Branch(Struct, frozen=True, kw_only=True):
    """One command, or the words of an argument, with their effects. Without words: what no words stand for.

    `inner` is what a wrapper (`sudo`, `xargs`, `bash -c`) runs.
    """

    words: str = ""
    effects: tuple[Effect, ...] = ()
    inner: "tuple[Branch, ...]" = ()


def tree(commands: Sequence[Command], effects: Sequence[Effect]) -> tuple[Branch, ...]:
    """The tree of a call. Every command and every effect stands in it once, in the order of the call."""
    by_command: dict[int, list[Effect]] = {}
    by_words: dict[str, list[Effect]] = {}
    for effect in effects:
        if effect.command >= 0:
            by_command.setdefault(effect.command, []).append(effect)
        else:
            by_words.setdefault(effect.via, []).append(effect)
    found = [Branch(words=words, effects=tuple(each)) for words, each in by_words.items()]
    inner: dict[int, list[Branch]] = {}
    # A command stands after the one that runs it, so the last ones are whole first.
    for at in range(len(commands) - 1, -1, -1):
        own = Branch(
            words=commands[at].text, effects=tuple(by_command.get(at, ())), inner=tuple(reversed(inner.get(at, ())))
        )
        inner.setdefault(commands[at].under, []).append(own)
    return (*found, *reversed(inner.get(-1, ())))
