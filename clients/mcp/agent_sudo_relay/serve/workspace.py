"""The files of one folder. Each is reached from the folder's own descriptor, name by name, and no link is followed."""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import itertools
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent_sudo_relay.serve.places import parts

MOST_BYTES = 1024 * 1024
_MOST_ENTRIES = 1_000
# What one search looks at, reads, and finds at most, and for how long.
_MOST_SEEN, _MOST_READ, _MOST_FOUND, _SEARCH_S = 20_000, 64 * 1024 * 1024, 200, 10.0
_DEEPEST = 64
_LONGEST_LINE = 300
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without blocking: what looked like a file may have become a pipe.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


class Refused(Exception):
    """What is not done, and why."""


class Workspace:
    """The folder at `root`, an absolute path without links."""

    def __init__(self, root: str) -> None:
        """Raises OSError."""
        self.root = root
        self._fd = os.open(root, _FOLDER)

    def enter(self) -> None:
        """Make it the working directory of this process, and of what this process starts."""
        os.fchdir(self._fd)

    def read(self, path: str) -> str:
        """A text. Raises Refused, OSError."""
        with self._parent(path) as (folder, name):
            content, _ = _content(folder, name)
        return _text(content)

    def write(self, path: str, text: str) -> int:
        """Put a text in a file, and make the folders that lead to it; how many bytes. Raises Refused, OSError."""
        with self._parent(path, make=True) as (folder, name):
            return _replace(folder, name, _encoded(text), _regular(folder, name))

    def edit(self, path: str, old: str, new: str, *, everywhere: bool) -> int:
        """Put `new` in place of `old`, which stands there once, or anywhere; how often. Raises Refused, OSError."""
        with self._parent(path) as (folder, name):
            content, before = _content(folder, name)
            text = _text(content)
            count = text.count(old) if old else 0
            if not count or (count > 1 and not everywhere):
                raise Refused(
                    "The text does not stand there." if not count else f"The text stands there {count} times."
                )
            now = _regular(folder, name)
            if now is None or _version(now) != _version(before):
                raise Refused("The file changed meanwhile: read it again.")
            _replace(folder, name, _encoded(text.replace(old, new)), now)
            return count

    def entries(self, path: str) -> list[str]:
        """What lies in a folder, a line for each. Raises Refused, OSError."""
        folder = self._folder(parts(self.root, path))
        try:
            with os.scandir(folder) as found:
                seen = list(itertools.islice(found, _MOST_ENTRIES + 1))
                lines = [_line(entry) for entry in sorted(seen[:_MOST_ENTRIES], key=lambda entry: entry.name)]
        finally:
            os.close(folder)
        return [*lines, "… and more"] if len(seen) > _MOST_ENTRIES else lines

    def search(self, path: str, text: str, glob: str) -> list[str]:
        """The lines that hold `text` in files whose names fit, hidden ones left out. Raises Refused, OSError."""
        found: list[str] = []
        read, until = 0, time.monotonic() + _SEARCH_S
        start = parts(self.root, path)
        for seen, (where, folder, name) in enumerate(self._files(start)):
            if seen >= _MOST_SEEN or read >= _MOST_READ or time.monotonic() > until:
                return [*found, "… and more that was not looked at"]
            if not fnmatch.fnmatchcase(name, glob):
                continue
            with contextlib.suppress(OSError, Refused):
                content, _ = _content(folder, name)
                read += len(content)
                for number, line in enumerate(_text(content).splitlines(), 1):
                    if text in line:
                        found.append(f"{where}:{number}: {line.strip()[:_LONGEST_LINE]}")
                        if len(found) == _MOST_FOUND:
                            return [*found, "… and more"]
        return found

    def _files(self, start: tuple[str, ...]) -> Iterator[tuple[str, int, str]]:
        """Every file below a folder: its path, its folder's descriptor while it lasts, and its name."""
        waiting = [start]
        while waiting:
            at = waiting.pop()
            try:
                folder = self._folder(at)
            except (OSError, Refused):
                if at == start:
                    raise
                continue
            try:
                with os.scandir(folder) as found:
                    entries = sorted(itertools.islice(found, _MOST_SEEN), key=lambda entry: entry.name)
                for entry in entries:
                    # INVARIANT: who searches a folder opens no hidden file: there lie the credentials.
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False) and len(at) < _DEEPEST:
                        waiting.append((*at, entry.name))
                    elif entry.is_file(follow_symlinks=False):
                        yield _shown("/".join((*at, entry.name))), folder, entry.name
            finally:
                os.close(folder)

    @contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder that a file lies in, and its name there."""
        found = parts(self.root, path)
        if not found:
            raise Refused("This is the workspace itself, and no file.")
        folder = self._folder(found[:-1], make=make)
        try:
            yield folder, found[-1]
        finally:
            os.close(folder)

    def _folder(self, names: tuple[str, ...], *, make: bool = False) -> int:
        # INVARIANT: each name is looked up in the folder that was opened before it, and none may be a link: what is
        # opened is what the path says, whatever is moved or swapped meanwhile.
        at, name = os.dup(self._fd), "."
        try:
            for name in names:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, 0o777, dir_fd=at)
                below = os.open(name, _FOLDER, dir_fd=at)
                os.close(at)
                at = below
        except OSError as error:
            os.close(at)
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise Refused(f"{_shown(name)!r} on the way is no folder; links are not followed.") from None
            raise
        return at


def _regular(folder: int, name: str) -> os.stat_result | None:
    """What is known of a file; None where there is none. Raises Refused for what is none."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise Refused("This is no ordinary file; links are not followed.")
    # INVARIANT: a file with a second name may be one from outside of the workspace.
    if found.st_nlink > 1:
        raise Refused("This file has another name, too, which may lie outside of the workspace (a hard link).")
    return found


def _content(folder: int, name: str) -> tuple[bytes, os.stat_result]:
    if _regular(folder, name) is None:
        raise Refused("There is no such file.")
    try:
        handle = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused("This is no ordinary file; links are not followed.") from None
        raise
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        # INVARIANT: what was opened is judged, and not what stood there before.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise Refused("This is no ordinary file.")
        content = file.read(MOST_BYTES + 1) if found.st_size <= MOST_BYTES else b""
    if found.st_size > MOST_BYTES or len(content) > MOST_BYTES:
        raise Refused(f"The file is longer than {MOST_BYTES} bytes.")
    return content, found


def _replace(folder: int, name: str, content: bytes, before: os.stat_result | None) -> int:
    """Put a whole file in its place: nobody sees half of it, and nothing is written through a link."""
    made = f".{secrets.token_hex(8)}.new"
    handle = os.open(made, _NEW, 0o666, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            if before is not None:
                os.fchmod(handle, before.st_mode & 0o777)
            file.write(content)
        os.rename(made, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(made, dir_fd=folder)
        raise
    return len(content)


def _version(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _encoded(text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise Refused("The text holds halves of characters.") from None
    if len(content) > MOST_BYTES:
        raise Refused(f"The text is longer than {MOST_BYTES} bytes.")
    return content


def _text(content: bytes) -> str:
    try:
        if b"\0" not in content:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise Refused("This is no text in UTF-8.")


def _line(entry: os.DirEntry[str]) -> str:
    found = entry.stat(follow_symlinks=False)
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), "other")
    size = f" {found.st_size}" if kind == "file" else ""
    return f"{kind} {_shown(entry.name)}{size}"


def _shown(name: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in name)
