"""Who has the port of a service on this machine, seen as the command hook sees it: by the hook's own code."""

import pwd
import runpy
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from app.data import data


class Listener(Struct, frozen=True):
    """A socket that listens; `program` is "" where only its user may see which it is."""

    uid: int
    program: str

    @property
    def user(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"user {self.uid}"

    def __str__(self) -> str:
        return f"{self.program} of {self.user}" if self.program else f"a program of {self.user}"


def listener_at(url: str) -> Listener | None:
    """What listens at the address of a service; None where that is not one user's, or cannot be told."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        return None
    seen = runpy.run_path(str(data("clients") / "hooks" / "agent_sudo_service.py"))
    # Other systems have no way to tell, and some sandboxes keep it from us.
    with suppress(OSError, AttributeError, ValueError):
        for family, _, _, _, address in socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM):
            found: set[tuple[str, int]] = seen["listening"](family, address)
            if len({uid for uid, _ in found}) == 1:
                uid, inode = min(found)
                return Listener(int(uid), _program(inode))
    return None


def _program(inode: int) -> str:
    """The name and number of the first process that holds a socket."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(one.readlink()) == f"socket:[{inode}]" for one in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text('utf-8', 'replace').strip()} (pid {process.name})"
    return ""
