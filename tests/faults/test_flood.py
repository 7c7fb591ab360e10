"""A flood of wrong passphrases takes neither the processors nor the evaluations."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.homes import Home, basic, prepare
from tests.processes import Process

_ATTACKERS = 8
_ASKED = 60
_ARGON2_KB = 65_536  # what one computation takes, which can be seen from outside


def test_while_strangers_flood_basic_evaluations_are_answered_and_two_argon2_run_at_most(
    tmp_path: Path, sqlite_url: str, serve: Callable[[Home], Process]
) -> None:
    home = prepare(tmp_path, sqlite_url)
    process = serve(home)
    assert process.ask("GET", "/agents", basic())[0] == 200
    before = _memory(process.pid, "VmRSS")
    ended = threading.Event()
    answered: Counter[int] = Counter()

    def floods(number: int) -> None:
        tries = 0
        while not ended.is_set():
            tries += 1
            # A name that is new each time: nothing that counts failures of one name slows this down.
            stranger = basic("wrong passphrase", f"stranger-{number}-{tries}")
            answered[process.ask("GET", "/agents", stranger)[0]] += 1

    threads = [threading.Thread(target=floods, args=(number,)) for number in range(_ATTACKERS)]
    for thread in threads:
        thread.start()
    for _ in range(_ASKED):
        status, answer = process.evaluate(home.key)
        assert (status, answer["allowed"]) == (200, True)
    ended.set()
    for thread in threads:
        thread.join()
    # Whoever was right before is served through the flood; strangers are wrong (401), or one too many (429).
    assert process.ask("GET", "/agents", basic())[0] == 200
    assert set(answered) <= {401, 429}
    assert answered[401] > 0
    assert _memory(process.pid, "VmHWM") - before < 2.9 * _ARGON2_KB


def test_guessing_from_one_address_slows_down_that_address_and_not_the_operator_at_another(
    tmp_path: Path, sqlite_url: str, serve: Callable[[Home], Process]
) -> None:
    home = prepare(tmp_path, sqlite_url)
    process = serve(home)
    answers = [process.ask("GET", "/agents", basic("wrong passphrase"), source="127.0.0.2") for _ in range(4)]
    assert [status for status, _ in answers] == [401, 401, 401, 429]
    assert process.ask("GET", "/agents", basic(), source="127.0.0.2")[0] == 429
    assert process.ask("GET", "/agents", basic(), source="127.0.0.3")[0] == 200


def _memory(pid: int, name: str) -> int:
    """Kilobytes that a process has in memory now (VmRSS), or had at most (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
