"""Random shell lines through everything that a line goes through, and what must hold for each (`scripts/fuzz`)."""

import atexit
import random
import sys
import time
from collections.abc import Callable
from importlib import import_module

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.decision import Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import EffectKind
from app.core.tree import tree
from tests.core.classify.shell.ran import PIECES, Recorded, read, unread
from tests.core.classify.shell.test_disguises import collected
from tests.policies.dialects import by_user, shipped

# What a line may take, many times over: a busy machine is slow, and what hangs takes longer.
SLOWEST = 20.0
STEPS = 20_000
RULES = shipped("default")
FACTS = Facts(Caller("coder", "fuzz", "pep"), ("/workspace",))
WORDS = """
    ls cat rm sudo env xargs find bash -c -exec {} ; | && || & > >> < <<< $( ) ` " ' \\ $ ${ } [[ ]] if then fi for in
    do done while case esac function eval . ~ * ? # ! = git log push -rf /etc/shadow .env x $x 2>&1 <<EOF
""".split()  # noqa: SIM905 (a column of them reads worse)
BREAKS = ("\nEOF\n", "\n", "\r", "\t")


class Tally:
    """What was tried so far."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.lines = self.allowed = self.opaque = self.ran = 0
        self.slowest = 0.0

    def check(self, line: str) -> None:
        """Raises AssertionError when what must hold for every line does not hold for this one."""
        begun = time.monotonic()
        commands, effects = read_line(line, Place("/workspace", "/home/user"), Budget(STEPS))
        asked = structs.replace(by_user(line), cwd="/workspace", home="/home/user")
        decision = decide(asked, FACTS, RULES, Budget(STEPS))
        tree(commands, effects)
        took = time.monotonic() - begun
        is_opaque = any(effect.kind is EffectKind.OPAQUE for effect in effects)
        assert not (is_opaque and decision.verdict is Verdict.ALLOW), f"allowed, though opaque: {line!r}"
        assert all(effect.command < len(commands) for effect in effects), f"an effect of no command: {line!r}"
        assert took < SLOWEST, f"took {took:.0f} s: {line!r}"
        self.lines += 1
        self.allowed += decision.verdict is Verdict.ALLOW
        self.opaque += is_opaque
        self.slowest = max(self.slowest, took)

    def told(self) -> str:
        seconds = time.monotonic() - self.begun
        return (
            f"{self.lines} lines in {seconds:.0f} s, {self.opaque} of them opaque, {self.allowed} allowed, "
            f"{self.ran} run; the slowest took {self.slowest * 1000:.0f} ms"
        )


def by_hypothesis(tally: Tally, seconds: float) -> None:
    """Collected lines, cut, joined and strewn with what means something to a shell."""
    known = collected()
    pieces = st.one_of(st.sampled_from(known), st.sampled_from([*WORDS, *BREAKS]), st.text(max_size=12))
    lines = st.lists(pieces, min_size=1, max_size=8).map(" ".join)

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(lines, st.randoms(use_true_random=False))
    def holds(line: str, chance: random.Random) -> None:
        start = chance.randrange(len(line) + 1)
        tally.check(line[start:] if chance.random() < 0.3 else line)

    while time.monotonic() - tally.begun < seconds:
        holds()


def by_bash(tally: Tally, seconds: float) -> None:
    """Pieces of lines, run by bash with one program that records what it is given: nothing else than we read is run."""
    chance, recorded = random.Random(seconds), Recorded()
    while time.monotonic() - tally.begun < seconds:
        line = "rec " + "".join(chance.choices(PIECES, k=chance.randrange(12)))
        tally.check(line)
        if (told := read(line)) is not None:
            tally.ran += 1
            found = unread(recorded.ran(line), told)
            assert found is None, f"ran {found}, and we read {told}: {line!r}"
    recorded.close()


def by_atheris(tally: Tally, seconds: float) -> None:
    """Texts that are changed towards those that reach new code."""
    atheris = import_module("atheris")
    for name in (
        "parse",
        "words",
        "cursor",
        "commands",
        "pieces",
        "expand",
        "braces",
        "read",
        "program",
        "roles",
        "find",
    ):
        module = import_module(f"app.core.classify.shell.{name}")
        for holder in (module, *[one for one in vars(module).values() if isinstance(one, type)]):
            for said, one in list(vars(holder).items()):
                if callable(one) and getattr(one, "__module__", "") == module.__name__ and hasattr(one, "__code__"):
                    setattr(holder, said, atheris.instrument_func(one))
    known = [line.encode() for line in collected()]

    def tried(data: bytes) -> None:
        tally.check(data.decode(errors="replace"))

    def changed(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            data = chance.choice(known) + chance.choice((b" ", b"; ", b" | ", b" && ", b"\n")) + data
        return bytes(atheris.Mutate(data[:longest], longest))

    atexit.register(lambda: sys.stdout.write(f"{tally.told()}\n"))
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds:.0f}", "-max_len=400", "-timeout=60", "-print_final_stats=1"],
        tried,
        custom_mutator=changed,
    )
    atheris.Fuzz()


WAYS: dict[str, Callable[[Tally, float], None]] = {"hypothesis": by_hypothesis, "atheris": by_atheris, "bash": by_bash}


def main() -> None:
    """`hypothesis|atheris|bash [SECONDS]`."""
    way, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 600.0
    tally = Tally()
    WAYS[way](tally, seconds)
    sys.stdout.write(f"{way}: {tally.told()}; nothing that must hold was broken\n")


if __name__ == "__main__":
    main()
