"""The tables of programs: `programs/*.yaml`, each entry made ready. The schema is in `programs/README.md`."""

from __future__ import annotations

import re
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
    tame: bool = False
    names: bool = False
    needs: int = 0
    any: bool = False
    dashless: bool = False
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


def _program(entry: Entry) -> Program:
    roles = entry.operands.split()
    repeats = next((at for at, role in enumerate(roles) if role.endswith("*")), -1)
    deep = frozenset(entry.deep.split()) - {"always"}
    return Program(
        flags=frozenset([*entry.flags.split(), *entry.matching.split(), *entry.adds, *deep]),
        like=re.compile(entry.like, re.ASCII) if entry.like else None,
        takes={flag: role for role, flags in entry.takes.items() for flag in flags.split()},
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
        modes=_programs(entry.modes),
        subcommands=_programs(entry.subcommands),
    )


def _programs(entries: dict[str, Entry]) -> dict[str, Program]:
    return {
        name: program
        for names, entry in entries.items()
        for program in (_program(entry),)
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
