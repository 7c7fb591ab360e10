"""One answer of HTTP/1.1, read from its bytes as they come, whoever brings them. What is not exactly one is refused."""

from __future__ import annotations

import re
from collections.abc import Generator

_MOST_HEAD = 32_768
_MOST_CONTENT = 64 << 20
# Before the answer itself a server may tell that it works on it.
_MOST_NOTES = 8
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n\0]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_LENGTH = re.compile(rb"\d{1,12}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n\0]*)?")
_EMPTY = (204, 304)

_Reading = Generator[None, None, None]


class Malformed(Exception):
    """What came is no answer, or only a part of one."""


class Lost(Malformed):
    """The connection ended before the answer did: nobody knows what became of the question."""


class Reply:
    """Give it what came until it says that this was all; then `status` and `content` are there.

    `keeps`: whether the connection is good for another request.
    """

    def __init__(self) -> None:
        self.status = 0
        self.content = b""
        self.keeps = False
        self._came = bytearray()
        self._fields: dict[bytes, bytes] = {}
        self._reading = self._read()
        next(self._reading)

    def feed(self, data: bytes) -> bool:
        """Whether the answer is whole with this. Raises Malformed, also at the connection's end: `data` is empty."""
        if not data:
            raise Lost("the connection ended before the answer did")
        self._came += data
        try:
            next(self._reading)
        except StopIteration:
            # INVARIANT: where more came than was asked for, the connection is not used again.
            self.keeps = self.keeps and not self._came
            return True
        return False

    def _read(self) -> _Reading:
        yield
        for _ in range(_MOST_NOTES):
            yield from self._head()
            if self.status >= 200:
                break
            if self.status == 101:
                raise Malformed("another protocol")
        else:
            raise Malformed("notes without end")
        if self.status in _EMPTY:
            return
        length, coding = self._fields.get(b"content-length"), self._fields.get(b"transfer-encoding")
        if coding is None and length is not None and _LENGTH.fullmatch(length):
            self.content = yield from self._exactly(int(length))
        elif length is None and coding is not None and coding.lower() == b"chunked":
            yield from self._chunks()
        else:
            # INVARIANT: an answer says, in one way, where it ends. What lasts as long as the connection may be a half.
            raise Malformed("no telling where the answer ends")

    def _head(self) -> _Reading:
        first, *lines = (yield from self._until(b"\r\n\r\n")).split(b"\r\n")
        found = _STATUS.fullmatch(first)
        if found is None:
            raise Malformed("no status")
        self.status = int(found[2])
        fields: dict[bytes, bytes] = {}
        for line in lines:
            field = _FIELD.fullmatch(line)
            if field is None:
                raise Malformed("no header")
            name = field[1].lower()
            if name in fields and name in (b"content-length", b"transfer-encoding"):
                raise Malformed("told twice how long it is")
            fields[name] = field[2] if name not in fields else fields[name] + b"," + field[2]
        self._fields = fields
        closes = b"close" in [one.strip().lower() for one in fields.get(b"connection", b"").split(b",")]
        self.keeps = found[1] == b"1" and not closes

    def _chunks(self) -> _Reading:
        parts: list[bytes] = []
        total = 0
        while True:
            size = _CHUNK.fullmatch((yield from self._until(b"\r\n")))
            if size is None:
                raise Malformed("no chunk")
            count = int(size[1], 16)
            if not count:
                break
            total += count
            if total > _MOST_CONTENT:
                raise Malformed("too long")
            parts.append((yield from self._exactly(count)))
            if (yield from self._exactly(2)) != b"\r\n":
                raise Malformed("a chunk of another length than it says")
        if (yield from self._until(b"\r\n")):
            raise Malformed("headers behind the content")
        self.content = b"".join(parts)

    def _until(self, end: bytes) -> Generator[None, None, bytes]:
        """What stands before `end`, which is taken too."""
        while (at := self._came.find(end, 0, _MOST_HEAD)) < 0:
            if len(self._came) >= _MOST_HEAD:
                raise Malformed("a head without end")
            yield
        found = bytes(self._came[:at])
        del self._came[: at + len(end)]
        return found

    def _exactly(self, count: int) -> Generator[None, None, bytes]:
        if count > _MOST_CONTENT:
            raise Malformed("too long")
        while len(self._came) < count:
            yield
        found = bytes(self._came[:count])
        del self._came[:count]
        return found
