"""A PostgreSQL server and replicas of the service on it, as processes on free ports: `scripts/topology [N]`."""

import atexit
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.json import encode

from tests.homes import OPERATOR, PASSPHRASE, Home, prepare
from tests.postgres import Postgres, fresh, leave, prepare_run
from tests.processes import Process, start


class Topology(Struct, frozen=True):
    """Replicas of one service, and the home on which all of them stand."""

    home: Home
    replicas: tuple[Process, ...]


@contextmanager
def topology(folder: Path, server: Postgres, replicas: int) -> Iterator[Topology]:
    """So many replicas on a new database of `server`; all have ended when the block has."""
    with ExitStack() as stack:
        home = prepare(folder, stack.enter_context(fresh(server)))
        running: list[Process] = []
        for number in range(replicas):
            process = start(home, folder / f"replica-{number}.log")
            stack.callback(process.kill)
            running.append(process)
        yield Topology(home, tuple(running))


def main() -> None:
    """Run a topology until SIGTERM or Ctrl-C, and say where it is: one line of JSON."""
    replicas = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    # An exception, so that everything that was started ends on its way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    prepare_run()
    # Registered before the server's library is there, and so done after it has stopped the server.
    atexit.register(leave)
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory() as folder,
        topology(Path(folder), Postgres(), replicas) as made,
    ):
        shown = {
            "replicas": [process.url for process in made.replicas],
            "database": made.home.url,
            "operator": OPERATOR,
            "passphrase": PASSPHRASE,
            "agent_key": made.home.key,
        }
        sys.stdout.write(f"{encode(shown).decode()}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
