"""What bash runs of a line, by a program that records what it is given, beside what we read of the line."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import EffectKind

_RECORDER = """#!/bin/sh
printf '%s\\0' "$#" "$@" >> "$RECORD"
"""
_UNKNOWN = "rec: unknown program"
# What we leave as it is written: nobody knows what it becomes.
_NOT_TOLD = ("$", "`", "~", "*", "?", "[", "{", "/dev/fd/")
# Pieces of lines that mean something beside each other, with `rec` for every program.
_MARKS = """
    < <& > >& &> &>> >> <<< <> >| 0 1 2 9 - -- -x a f {f} 1- -1 | & |& ; && || ! ( ) # = x=1 &- &1 1>&2 0>f 3<f %
    { } [[ ]] if then else fi for in do done case esac function time select {a,b} {1..3} a{b,c}d '' $'a' $'\\'' $"a" \\;
    \\\\ "\\""    "\\$x" a'b'c '-' #a a#b rec <(rec) >(rec) x+=1 ~x
""".split()  # noqa: SIM905 (a column of them reads worse)
_BLANKS = (" ", " ", " ", " ", " ", "\t", "\n", "\\\n", "\\ ")
_LONGER = (
    *(
        "'a b'",
        '"a b"',
        "<<E\nx\nE\n",
        "<< 'E'\nx\nE\n",
        "<<-E\n\tx\n\tE\n",
        "x=(a b)",
        "$(rec j)",
        '"$(rec k)"',
        "`rec i`",
    ),
    *("rec ", "; rec ", "| rec ", "&& rec ", "\nrec ", "( rec a )", "{ rec a; }", "for x in a b; do rec ", "; done"),
    *("if rec a; then rec ", "; fi", "case a in a) rec ", ";; esac"),
)
_VARIABLES = (
    "x=b; ",
    "; x= ",
    "; local x=c",
    "; unset x",
    "; f() { x=d; }; f",
    "; (x=e)",
    "; rec $x",
    '; rec "$x"',
    "| x=f",
)
PIECES = (*_MARKS, *_BLANKS * 6, *_LONGER, *_VARIABLES)


class Recorded:
    """A folder in which lines are run that name no program but `rec`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        (self._folder / "bin").mkdir()
        recorder = self._folder / "bin/rec"
        recorder.write_text(_RECORDER)
        recorder.chmod(0o755)
        self._bash = shutil.which("bash") or "bash"
        self._count = 0

    def close(self) -> None:
        shutil.rmtree(self._folder)

    def ran(self, line: str) -> list[tuple[str, ...]]:
        """What `rec` was given, call by call; nothing of a line that takes too long."""
        self._count += 1
        work, record = self._folder / f"work{self._count}", self._folder / f"record{self._count}"
        work.mkdir()
        (work / "f").touch()
        record.touch()
        told = {"PATH": str(self._folder / "bin"), "HOME": str(work), "RECORD": str(record), "LC_ALL": "C.UTF-8"}
        command = [self._bash, "--noprofile", "--norc", "-c", f"{line}\nwait"]
        silent = subprocess.DEVNULL
        try:
            subprocess.run(
                command, cwd=work, env=told, stdin=silent, stdout=silent, stderr=silent, timeout=5, check=False
            )
        except subprocess.TimeoutExpired:
            return []
        finally:
            words = iter(os.fsdecode(record.read_bytes()).split("\0")[:-1])
            shutil.rmtree(work)
            record.unlink()
        return [tuple([next(words) for _ in range(int(count))]) for count in words]


def read(line: str) -> list[tuple[str, ...]] | None:
    """What we say that `rec` is given; None where more of the line is opaque than that nobody knows the program."""
    commands, effects = read_line(line, Place("/w", "/w"), Budget(100_000))
    if any(effect.kind is EffectKind.OPAQUE and effect.resource != _UNKNOWN for effect in effects):
        return None
    return [tuple(command.words[1:]) for command in commands if command.words[:1] == ("rec",)]


def unread(ran: list[tuple[str, ...]], told: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """A call that nothing of what we say stands for."""
    return next((call for call in ran if not any(_stands_for(one, call) for one in told)), None)


def _stands_for(told: tuple[str, ...], call: tuple[str, ...]) -> bool:
    if any(mark in word for word in told for mark in _NOT_TOLD):
        return True
    return told == call
