"""One program called with some flags and operands: what each of them does, by its entry in the tables.

INVARIANT: a closed world. A flag or operand that the data does not name makes the command opaque.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import length_hint
from typing import Final

from app.core.classify.shell.act import KIND_OF_FILES, Act
from app.core.classify.shell.host_roles import is_form
from app.core.classify.shell.jq_roles import is_expression
from app.core.classify.shell.roles import ROLES
from app.core.classify.shell.state import Arg, State
from app.core.classify.shell.switches import is_switch
from app.core.classify.shell.tables import Program
from app.core.model import ON_PATHS, EffectKind

_LONGEST_PART: Final = 80
_MANY: Final = re.compile(r"[*?{]|/")
# The files of the data that hold formatters, linters and compilers.
_SHAPERS: Final = frozenset(("build", "python", "javascript", "lint"))
# A program that a flag tells what to do, and what it does then.
Told = tuple[Program, Program]


class Use:
    """One program called with some flags and operands."""

    __slots__ = ("act", "adds", "deep", "ended", "name", "operands", "program", "taken", "told", "unknown", "writes")

    def __init__(self, act: Act, program: Program, name: str, told: Told | None = None) -> None:
        self.act = act
        self.program = program
        self.name = name
        self.told = told
        self.deep = program.entry.deep == "always"
        self.ended = False
        self.unknown = False
        # Each with whether `--` stood before it, and with the state in which it stood.
        self.operands: list[tuple[Arg, bool, State]] = []
        self.taken: set[str] = set()
        # The flag by which the program changes what it otherwise reads.
        self.writes = ""

    def is_flag(self, arg: Arg) -> bool:
        return (
            not self.ended
            and len(arg.text) > 1
            and (arg.text[0] == "-" or self._is_like(arg) or self._named(arg.text) != "")
        )

    def _is_like(self, arg: Arg) -> bool:
        return self.program.like is not None and self.program.like.fullmatch(arg.text) is not None

    def _named(self, text: str) -> str:
        """The flag in `/p:NAME=VALUE` or `--logger:trx`, where the program takes these."""
        name, colon, _ = text.partition(":")
        return name if self.program.entry.colon and colon and name in self.program.takes else ""

    def flag(self, arg: Arg, words: Iterator[Arg]) -> None:
        program, text = self.program, arg.text
        if text == "--":
            self.ended = True
        elif arg.why:
            self._not_known(text, arg.why)
        elif text in program.flags or self._is_like(arg):
            self._plain(text)
        elif text in program.takes:
            self._take(text, next(words, None))
        elif named := self._named(text):
            self._take(named, Arg(text[len(named) + 1 :]))
        elif text in program.pairs:
            self._take(text, next(words, None) and next(words, None), program.pairs)
        elif text[:2] == "--":
            name, equals, value = text.partition("=")
            if equals and name in program.takes:
                self._take(name, Arg(value))
            elif program.entry.prose:
                self.operands.append((arg, True, self.act.state))
            elif not self._is_prefix(text) and not self._switches(text, words):
                self._not_known(text)
        elif "=" in text and text.partition("=")[0] in program.takes:
            name, _, value = text.partition("=")
            self._take(name, Arg(value))
        else:
            self._cluster(text, words)

    def _is_prefix(self, text: str) -> bool:
        """Whether the data allows any value behind it: `--color=always`, `--external:react`."""
        found = [text.partition(mark)[0] for mark in "=:" if mark in text]
        known = [name for name in found if not self.program.flags.isdisjoint((f"{name}=", f"{name}:"))]
        self.taken.update(known)
        return bool(known)

    def _switches(self, text: str, words: Iterator[Arg]) -> bool:
        """Whether a flag that the data does not name only tells a runner of the project's code how to go about it.

        INVARIANT: what stands behind such a flag is another one, for it could be the file that the flag writes.
        """
        left = length_hint(words)
        following = self.act.args[-left].text if left else "-"
        alone = following[:1] == "-" or following in ("true", "false")
        runs = any(kind == EffectKind.RUN for kind, _ in self.program.does)
        return runs and alone and self.act.home in _SHAPERS and is_switch(text)

    def _cluster(self, text: str, words: Iterator[Arg]) -> None:
        """`-abc`, `-n5`, `-5`."""
        if self.program.entry.whole:
            # INVARIANT: `-overlay=F` is no `-o verlay=F`.
            self._not_known(text)
            return
        if self.program.entry.numeric and text[1:].isdecimal() and "-N" not in self.taken:
            self.taken.add("-N")  # a second one is no flag: `kill -9 -1` means every process
            return
        for at in range(1, len(text)):
            flag = "-" + text[at]
            if flag in self.program.flags:
                self._plain(flag)
            elif flag in self.program.takes:
                rest = text[at + 1 :]
                self._take(flag, Arg(rest) if rest else next(words, None))
                return
            elif self.program.entry.prose:
                self.operands.append((Arg(text), True, self.act.state))
                return
            else:
                self._not_known(text)
                return

    def _plain(self, flag: str) -> None:
        self.deep = self.deep or flag in self.program.deep
        self.taken.add(flag)
        if added := self.program.adds.get(flag):
            if added[1] == "operands":
                self.writes = flag
            else:
                self._does(*added, flag)

    def _take(self, flag: str, value: Arg | None, roles: dict[str, str] | None = None) -> None:
        role = (roles or self.program.takes)[flag]
        if role != "header" or value is None or not is_form(value.text):
            self.taken.add(flag)
        self.ended = self.ended or flag == self.program.entry.ends
        if value is None or value.glob:
            self._not_known(flag)
        else:
            ROLES[role](self.act, value, flag)

    def _not_known(self, flag: str, why: str = "") -> None:
        self.unknown = True
        self.act.opaque(f"{self.name} {flag[:_LONGEST_PART]}: flag not known", flag[:_LONGEST_PART])
        self.act.access((Arg(flag, why),))

    def effects(self) -> None:
        for kind, resource in self.program.does:
            self._does(kind, resource, "")

    def finish(self) -> None:
        self.effects()
        program, operands = self.program, self.operands
        self.act.sources = tuple([arg for arg, _, _ in operands[:-1]])
        entry = program.entry
        if entry.fetches:
            self.act.sends = not self.taken & program.takes.keys() <= set(entry.fetches.split())
        leading = 0 if self.taken & program.instead else max(program.repeats, 0)
        searches = bool(entry.default) and self.deep and len(operands) <= leading
        if entry.default and not operands and not searches:
            operands = [(Arg(entry.default), True, self.act.state)]
        short = entry.needs - len(operands)
        if entry.needs == 1 and self.taken & program.instead:
            short = 0
        handed = [arg for arg, ended, _ in operands if ended] if entry.behind else []
        for arg in handed:
            ROLES[entry.behind](self.act, arg, "--")
        operands = operands[: len(operands) - len(handed)]
        roles = list(program.assigned(len(operands), self.taken))
        repeated = program.roles[program.repeats] if program.repeats >= 0 else ""
        if searches:
            # Whatever stands before it, it is the place to be searched.
            operands = [*operands, (Arg(entry.default), True, self.act.state)]
            roles.append(repeated or program.roles[-1])
        if self.writes and not operands:
            self._does("write", ".", self.writes)
        for (arg, ended, state), role in zip(operands, roles, strict=True):
            self.act.state = state
            if arg.glob and role == "text" and repeated == "read" and entry.tame and not _MANY.search(arg.text):
                # `grep [n]ode`: at most a few names, of which all but the first are opened.
                self._operand(arg, repeated, ended=ended)
            elif role != repeated and arg.glob:
                self.act.opaque(f"{arg.text[:_LONGEST_PART]}: may be several words")
            self._operand(arg, role, ended=ended)
        if short > 0:
            self._runs_what_it_reads()
        if self.unknown:
            # Which words are operands is no longer certain.
            self.act.access(tuple(arg for arg, _, _ in operands))

    def is_swallowed(self) -> bool:
        """Whether the flag that chose what is done has not been met as one."""
        if self.told is None:
            return False
        chooser, mode = self.told
        return not any(one is mode for text in self.taken for one in chooser.chosen(text))

    def check_told(self) -> None:
        # INVARIANT: what is the value of another flag says nothing: `duckdb -separator -c x` runs what it reads.
        if self.is_swallowed():
            self.act.opaque(f"{self.name}: what says what to do may be another flag's value")

    def _runs_what_it_reads(self) -> None:
        """What comes in stands for the operands that are missing."""
        given, entry = self.act.given, self.program.entry
        # (Where it is code, a flag could say that something else is run.)
        if given is not None and (entry.reads != "code" or (entry.needs == 1 and not self.taken)):
            ROLES[entry.reads](self.act, given, "<<")
        else:
            self.act.opaque(f"{self.name}: runs what it reads")

    def _operand(self, arg: Arg, role: str, *, ended: bool) -> None:
        inert = self.program.entry.inert
        if (
            not ended
            and not (inert or (self.program.entry.tame and not arg.why))
            and (arg.loose or (arg.why and not arg.revision and not arg.text[0].isalnum()))
        ):
            # INVARIANT: what may turn out to be a flag is no operand, unless no flag of the program does harm.
            self.act.opaque(arg.why or f"{arg.text[:_LONGEST_PART]}: a file's name could be read as a flag")
        if self.act.home in _SHAPERS and KIND_OF_FILES.search(arg.text) and not arg.why:
            # They do the same to each file, so whatever else lies there may be meant as well.
            folder = arg.text.rpartition("/")[0].removesuffix("**").rstrip("/")
            arg = Arg(f"{folder or '.'}/**", glob=arg.glob)
        if role == "":
            self.act.opaque(f"{self.name} {arg.text[:_LONGEST_PART]}: operand not known")
            self.act.access((arg,))
        elif role != "text" or not inert or not arg.free:
            self.act.deep = self.deep
            if self.writes and not arg.why and not (role[:2] == "yq" and is_expression(self.act, arg)):
                self.act.path(EffectKind.WRITE, arg, self.writes, deep=self.deep)
            for each in role.split("+"):
                if self.program.entry.names and each == "read":
                    self.act.noticed(arg)
                    continue
                ROLES[each](self.act, arg, "")

    def _does(self, kind: str, resource: str, added_by: str) -> None:
        found = EffectKind(kind)
        if found in ON_PATHS:
            self.act.path(found, Arg(resource), added_by)
        elif found is EffectKind.OPAQUE:
            self.act.opaque(resource, added_by)
        else:
            self.act.add(found, resource, added_by)
