"""An answer of HTTP is read the same however its bytes come, and what is not exactly one is none."""

import io
from http.client import HTTPException, HTTPResponse
from typing import Any

import pytest
from agent_sudo_client.reply import Malformed, Reply
from hypothesis import example, given
from hypothesis import strategies as st

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\ntr\r\n002;x=y\r\nue\r\n0\r\n\r\n"

GOOD: dict[str, tuple[bytes, int, bytes, bool]] = {
    "plain": (PLAIN, 200, b"true", True),
    "in chunks": (CHUNKED, 200, b"true", True),
    "without a reason": (PLAIN.replace(b" OK", b""), 200, b"true", True),
    "with an empty reason": (PLAIN.replace(b"OK", b""), 200, b"true", True),
    "nothing": (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b"", True),
    "nothing in chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 200, b"", True),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "after notes": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nx: y\r\n\r\n" + PLAIN, 200, b"true", True),
    "that closes": (PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: x, Close\r\n\r\n"), 200, b"true", False),
    "that closes, told in two lines": (
        PLAIN.replace(b"\r\n\r\n", b"\r\nconnection: close\r\nconnection: keep-alive\r\n\r\n"),
        200,
        b"true",
        False,
    ),
    "of HTTP/1.0": (PLAIN.replace(b"1.1", b"1.0"), 200, b"true", False),
    "with more behind it": (PLAIN + b"H", 200, b"true", False),
    "two": (PLAIN + PLAIN, 200, b"true", False),
}
BAD: dict[str, bytes] = {
    "no HTTP": b'{"allowed": true}\r\n\r\n',
    "another version": PLAIN.replace(b"1.1", b"2.0"),
    "no status": PLAIN.replace(b"200", b"two"),
    "a status of two digits": PLAIN.replace(b"200", b"20"),
    "a status beyond all": PLAIN.replace(b"200", b"600"),
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + PLAIN,
    "notes without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 9 + PLAIN,
    "no length": PLAIN.replace(b"Content-Length: 4\r\n", b""),
    "a negative length": PLAIN.replace(b": 4", b": -4"),
    "a length with a sign": PLAIN.replace(b": 4", b": +4"),
    "two lengths": PLAIN.replace(b"\r\n\r\n", b"\r\ncontent-length: 4\r\n\r\n"),
    "a list of lengths": PLAIN.replace(b": 4", b": 4, 4"),
    "a length beyond all": PLAIN.replace(b": 4", b": 999999999999"),
    "a length of a thousand digits": PLAIN.replace(b": 4", b": " + b"9" * 1_000),
    "length and chunks": PLAIN.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n"),
    "a coding that nobody knows": CHUNKED.replace(b"Chunked", b"gzip, chunked"),
    "a header that goes on": PLAIN.replace(b"\r\n\r\n", b"\r\n goes-on\r\n\r\n"),
    "a header without a name": PLAIN.replace(b"\r\n\r\n", b"\r\n: x\r\n\r\n"),
    "a space before the colon": PLAIN.replace(b"Length:", b"Length :"),
    "a lone line feed": PLAIN.replace(b"\r\nContent-Length", b"\nContent-Length"),
    "a lone return": PLAIN.replace(b"\r\n\r\n", b"\r\nx: a\rb\r\n\r\n"),
    "a null in a header": PLAIN.replace(b"\r\n\r\n", b"\r\nx: \0\r\n\r\n"),
    "a head without end": b"HTTP/1.1 200 OK\r\nx: " + b"x" * 40_000,
    "a chunk without a size": CHUNKED.replace(b"2\r\ntr", b"\r\ntr"),
    "a chunk with a sign": CHUNKED.replace(b"2\r\ntr", b"+2\r\ntr"),
    "a chunk longer than it says": CHUNKED.replace(b"tr\r\n", b"tru\r\n"),
    "a chunk beyond all": CHUNKED.replace(b"2\r\ntr", b"ffffffff\r\ntr"),
    "headers behind the content": CHUNKED.replace(b"0\r\n", b"0\r\nx: y\r\n"),
}


def read(*pieces: bytes) -> Reply:
    reply = Reply()
    for piece in pieces:
        if reply.feed(piece):
            return reply
    reply.feed(b"")
    raise AssertionError("an end is no answer")


@pytest.mark.parametrize("kind", GOOD)
def test_an_answer_is_read(kind: str) -> None:
    came, status, content, keeps = GOOD[kind]
    reply = read(came)
    assert (reply.status, reply.content, reply.keeps) == (status, content, keeps)


@pytest.mark.parametrize("kind", GOOD)
def test_a_byte_at_a_time_is_the_same(kind: str) -> None:
    came, status, content, _ = GOOD[kind]
    reply = read(*(came[at : at + 1] for at in range(len(came))))
    assert (reply.status, reply.content) == (status, content)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_not_exactly_one_answer_is_none(kind: str) -> None:
    with pytest.raises(Malformed):
        read(BAD[kind])


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED])
def test_a_part_of_an_answer_is_none(whole: bytes) -> None:
    for at in range(len(whole)):
        with pytest.raises(Malformed):
            read(*filter(None, [whole[:at]]))


def test_content_beyond_all_is_not_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_sudo_client.reply._MOST_CONTENT", 3)
    for whole in (PLAIN, CHUNKED):
        with pytest.raises(Malformed, match="too long"):
            read(whole)


class _Bytes:
    """What http.client takes for a socket."""

    def __init__(self, came: bytes) -> None:
        self._came = came

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._came)


WORDS = b"200 OK content-length transfer-encoding chunked close connection 4 0 2 -1 x true : \0 \t"
PIECES = [*WORDS.split(b" "), b" ", b"\r", b"\n", b"\r\n", b"HTTP/1.1 ", b"HTTP/1.1 100\r\n\r\n", PLAIN, CHUNKED]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join) | st.binary(max_size=200))
@example(PLAIN)
def test_what_is_read_is_what_the_standard_library_reads(came: bytes) -> None:
    try:
        reply = read(*filter(None, [came]))
    except Malformed:
        return
    theirs = HTTPResponse(_Bytes(came))  # type: ignore[arg-type]  # all of a socket that it uses
    try:
        theirs.begin()
        content = theirs.read()
    except HTTPException as error:  # pragma: no cover - what a failure shows
        raise AssertionError(came) from error
    assert (reply.status, reply.content) == (theirs.status, content)
