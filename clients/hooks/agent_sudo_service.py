"""The service as the command hook reaches it: one request, and an answer that surely is one, over HTTP/1.1."""

import _socket  # `socket` is made of it, and takes as long to import as Python to start
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket

LARGEST_ANSWER = 262_144
_HERE = ("127.0.0.1", "::1", "localhost")


class Failed(Exception):
    """Why there is no answer, in a few words."""


class Service:
    """The service at `url`; where `owner` is given, only what that user id has opened there. Raises Failed."""

    def __init__(self, url: str, owner: str) -> None:
        scheme, _, self._named = url.rstrip("/").partition("://")
        rest = self._named
        host, _, port = rest.rpartition(":") if not rest.endswith("]") and ":" in rest else (rest, "", "")
        host = host[1:-1] if host.startswith("[") else host
        # INVARIANT: the key never crosses a network in the clear.
        if scheme != "https" and (scheme != "http" or host not in _HERE):
            raise Failed("the service's address must be https://, or http:// on this machine")
        if not host or not host.isascii() or any(one in rest for one in "/?#@ ") or (port and not port.isdigit()):
            raise Failed("the service's address is no address")
        self._host, self._tls, self._owner = host, scheme == "https", owner
        self._port = int(port or (443 if self._tls else 80))

    def answer(self, target: str, key: str, body: bytes, until: float) -> bytes:
        """The body of the answer to a POST, whole, with status 200."""
        head = (
            f"POST {target} HTTP/1.1\r\nHost: {self._named}\r\n"
            f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        try:
            return _body(self._exchanged(head.encode("ascii") + body, until))
        except (OSError, ValueError) as error:
            # The kind only: its text may hold anything.
            raise Failed(f"agent-sudo does not answer ({type(error).__name__})") from None

    def _exchanged(self, request: bytes, until: float) -> bytes:
        """All that the service sends until it hangs up."""
        connection = self._connected(until)
        connection.sendall(request)
        chunks: list[bytes] = []
        size = 0
        while True:
            connection.settimeout(_left(until))
            chunk = connection.recv(65_536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise Failed("the answer is too long")

    def _connected(self, until: float) -> "socket":
        """A connection to the service; it ends when we do."""
        # As bytes: for the same name as text a codec is imported, and much with it.
        found = _socket.getaddrinfo(self._host.encode("ascii"), self._port, 0, _socket.SOCK_STREAM)
        for at, (family, kind, protocol, _, address) in enumerate(found, 1):
            plain = _socket.socket(family, kind, protocol)
            plain.settimeout(_left(until))
            before = listening(family, address[:2]) if self._owner else set()
            try:
                plain.connect(address)
            except OSError:
                if at == len(found):
                    raise
            else:
                # INVARIANT: who has taken the port while the service is down does not hear the key. The same socket
                # listens before and after, so it is the one that we are connected to.
                if self._owner:
                    after = listening(family, address[:2])
                    if before != after or {uid for uid, _ in after} != {self._owner}:
                        raise Failed("another user's program listens in place of agent-sudo; see `agent-sudo doctor`")
                return self._secured(plain, until) if self._tls else plain  # type: ignore[return-value] # all of it that is used
        raise OSError

    def _secured(self, plain: "_socket.socket", until: float) -> "socket":
        import socket
        import ssl

        whole = socket.socket(fileno=plain.detach())
        whole.settimeout(_left(until))
        return ssl.create_default_context().wrap_socket(whole, server_hostname=self._host)


def listening(family: int, address: "tuple[str | bytes | int, ...]") -> "set[tuple[str, int]]":
    """What listens where a connection to this address ends: user ids and inodes, as Linux tells. Raises OSError."""
    import struct

    wanted = _socket.inet_pton(family, str(address[0]))
    places = {family: {wanted, bytes(len(wanted))}}
    # Also what listens for IPv6 gets what comes by IPv4, if nothing else does.
    places.setdefault(_socket.AF_INET6, {b"\0" * 10 + b"\xff\xff" + wanted, bytes(16)})
    asking = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, 4)  # NETLINK_SOCK_DIAG
    asking.settimeout(1)
    found = set()
    for kind, ours in places.items():
        size = 4 if kind == _socket.AF_INET else 16
        # All of TCP (6) that listens (10) at this port.
        port = _socket.htons(int(address[1]))
        asking.send(struct.pack("=IHHIIBBHIH46x", 72, 20, 0x301, 0, 0, kind, 6, 0, 1 << 10, port))
        over = False
        while not over:
            said = asking.recv(65_536)
            while said:
                length, what = struct.unpack_from("=IH", said)
                over = what != 20
                if what == 2:  # NLMSG_ERROR
                    raise OSError
                if not over and said[24 : 24 + size] in ours:
                    uid, inode = struct.unpack_from("=II", said, 80)
                    found.add((str(uid), inode))
                said = said[(length + 3) // 4 * 4 :]
        if found:
            break
    asking.close()
    return found


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise Failed("agent-sudo has not answered in time")
    return left


def _body(answer: bytes) -> bytes:
    """The body of exactly one whole answer with status 200."""
    head, found, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    status, _, _ = rest.partition(b" ")
    if not found or version not in (b"HTTP/1.1", b"HTTP/1.0") or len(status) != 3 or not status.isdigit():
        raise Failed("what answers is not agent-sudo")
    if status != b"200":
        raise Failed(f"agent-sudo answered with status {status.decode('ascii')}")
    lengths = []
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        # INVARIANT: an answer that somebody else could read otherwise is none: no folded or half lines, one length.
        if not colon or not name.replace(b"-", b"").isalnum() or any(one in value for one in b"\r\n\0"):
            raise Failed("what answers is not agent-sudo")
        if name == b"transfer-encoding":
            raise Failed("the answer does not say how long it is")
        if name == b"content-length":
            lengths.append(value.strip(b" \t"))
    if len(lengths) != 1 or not lengths[0].isdigit() or len(lengths[0]) > 9 or int(lengths[0]) != len(body):
        raise Failed("the answer is not whole")
    return body
