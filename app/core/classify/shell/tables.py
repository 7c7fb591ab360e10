"""The tables of programs: `programs/*.yaml`, each entry made ready. The schema is in `programs/README.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One program or subcommand as the data spells it."""

    flags: str = ""
    like: str = ""
    takes: dict[str, str] = {}
    pairs: dict[str, str] = {}
    adds: dict[str, str] = {}
    operands: str = ""
    deep: str = ""
    instead: str = ""
    matching: str = ""
    default: str = ""
    does: list[str] = []
    tells: str = ""
    fetches: str = ""
    numeric: bool = False
    inert: bool = False
    prose: bool = False
    stops: bool = False
    whole: bool = False
    colon: bool = False
    ends: str = ""
    behind: str = ""
    tame: bool = False
    names: bool = False
    needs: int = 0
    reads: str = "code"
    any: bool = False
    dashless: bool = False
    shared: bool = False
    modes: dict[str, Entry] = {}
    subcommands: dict[str, Entry] = {}


class Program(Struct, frozen=True):
    """An `Entry` made ready: each flag with its role, operands split at the one that repeats."""

    flags: frozenset[str]
    like: re.Pattern[str] | None
    takes: dict[str, str]
    pairs: dict[str, str]
    adds: dict[str, tuple[str, str]]
    roles: tuple[str, ...]
    repeats: int
    deep: frozenset[str]
    instead: frozenset[str]
    matching: frozenset[str]
    tells: frozenset[str]
    entry: Entry
    does: tuple[tuple[str, str], ...]
    modes: dict[str, Program]
    subcommands: dict[str, Program]

    def chosen(self, text: str) -> list[Program]:
        """The modes that a word chooses, if it is a flag: `-xf` may choose two."""
        if text[:1] != "-" or text[:2] == "--":
            name = text.partition("=")[0]
            return [self.modes[name]] if name in self.modes and name else []
        if text in self.modes:
            return [self.modes[text]]
        if self.entry.whole:
            return []
        # What stands behind a flag with a value is no flag.
        if "" in self.modes and text[:2] in self.modes[""].takes and text[:2] not in self.modes:
            return []
        return [self.modes[flag] for letter in text[1:] if (flag := f"-{letter}") in self.modes]

    def assigned(self, count: int, taken: set[str]) -> Iterator[str]:
        """The role of each operand: leading roles, then the one that repeats, then trailing roles."""
        roles = self.roles
        if taken & self.matching:
            # `git branch --list PATTERN…` only looks.
            yield from ("text" for _ in range(count))
            return
        if taken & self.instead:
            # `grep -e PATTERN FILE…`: the flag stands for the first operand.
            yield from (roles[-1] for _ in range(count))
            return
        if self.repeats < 0:
            yield from (roles[at] if at < len(roles) else "" for at in range(count))
            return
        trailing = roles[self.repeats + 1 :]
        if count == 1 and trailing:
            # A lone operand may be either.
            yield f"{roles[0]}+{trailing[-1]}"
            return
        for at in range(count):
            if at < self.repeats:
                yield roles[at]
            elif at >= count - len(trailing):
                yield trailing[at - count]
            else:
                yield roles[self.repeats]


class _Shared(Struct, frozen=True):
    """Flags that a program takes behind its subcommands, too."""

    flags: frozenset[str] = frozenset()
    takes: dict[str, str] = {}


def _program(entry: Entry, shared: _Shared = _Shared()) -> Program:  # noqa: B008 (it is frozen)
    roles = entry.operands.split()
    repeats = next((at for at, role in enumerate(roles) if role.endswith("*")), -1)
    deep = frozenset(entry.deep.split()) - {"always"}
    own = frozenset([*entry.flags.split(), *entry.matching.split(), *entry.adds, *deep])
    taken = {flag: role for role, flags in entry.takes.items() for flag in flags.split()}
    # What the subcommand itself says about a flag is what holds.
    flags = own | (shared.flags - taken.keys())
    takes = {flag: role for flag, role in shared.takes.items() if flag not in own} | taken
    below = _Shared(flags, takes) if entry.shared else shared
    return Program(
        like=re.compile(entry.like.replace(" ", ""), re.ASCII) if entry.like else None,
        flags=flags,
        takes=takes,
        pairs={flag: role for role, flags in entry.pairs.items() for flag in flags.split()},
        adds={flag: _effect(text) for flag, text in entry.adds.items()},
        roles=tuple(role.removesuffix("*") for role in roles),
        repeats=repeats,
        deep=deep,
        instead=frozenset(entry.instead.split()),
        matching=frozenset(entry.matching.split()),
        tells=frozenset(entry.tells.split()),
        entry=entry,
        does=tuple(_effect(text) for text in entry.does),
        modes=_programs(entry.modes, below),
        subcommands=_programs(entry.subcommands, below),
    )


def _programs(entries: dict[str, Entry], shared: _Shared) -> dict[str, Program]:
    return {
        name: program
        for names, entry in entries.items()
        for program in (_program(entry, shared),)
        for name in names.split() or [""]
    }


def _effect(text: str) -> tuple[str, str]:
    kind, _, resource = text.partition(" ")
    return kind, resource


def _load() -> tuple[dict[str, Program], dict[str, str]]:
    found: dict[str, Program] = {}
    homes: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / "programs").glob("*.yaml")):
        # ruamel.yaml, which refuses a key that stands twice, takes ten times as long; a test reads with both.
        for names, entry in msgspec.yaml.decode(file.read_bytes(), type=dict[str, Entry]).items():
            program = _program(entry)
            for name in names.split():
                found[name] = program
                homes[name] = file.stem
    return found, homes


_LOADED = _load()
# Every program by name, and the file that it stands in; read once, at import, so that deciding does no I/O.
PROGRAMS: Final = _LOADED[0]
HOMES: Final = _LOADED[1]
