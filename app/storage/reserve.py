"""Room on the disk that is kept for what must be written when nothing else can be: stop buttons."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE = 1_048_576
_BLOCK = 65_536


class Reserve:
    """A file beside an SQLite database that takes up room until it is needed."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}-reserve")

    def keep(self) -> None:
        """Take up the room, or as much of it as there is. Never raises."""
        with suppress(OSError):
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                while os.fstat(file).st_size < _SIZE:
                    # Nothing that a file system could store in less room than it takes.
                    os.write(file, os.urandom(_BLOCK))
            finally:
                os.close(file)

    @contextmanager
    def released(self) -> Iterator[None]:
        """The room is free while the block runs."""
        with suppress(OSError):
            os.truncate(self._path, 0)
        try:
            yield
        finally:
            self.keep()
