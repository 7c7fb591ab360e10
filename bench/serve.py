"""The processes that are measured: `python -m bench.serve {floor ANSWER | service} FD CORES`.

Both run on the same server with the same settings, on a socket that the parent has opened, on the cores that it named.
"""

import asyncio
import os
import signal
import socket
import sys
from threading import Thread

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def floor(answer: bytes) -> ASGIApp:
    """The least that an ASGI application can do: always the same answer."""
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(answer)),
    ]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    body = {"type": "http.response.body", "body": answer}

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        await send(body)

    return application


def service() -> tuple[ASGIApp, type[asyncio.Protocol]]:
    """The service, and the connections that it is served on."""
    from app.api.connection import connections  # noqa: PLC0415 - the floor does not carry what it does not use
    from app.main import build  # noqa: PLC0415 - the floor does without
    from app.settings import Settings  # noqa: PLC0415 - as above

    front = build(Settings()).asgi
    return front, connections(front)


def _end_with_parent() -> None:
    """However the parent ends, its end of our standard input is closed, and we end too."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main(what: str, answer: str, descriptor: str, cores: str) -> None:
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    Thread(target=_end_with_parent, daemon=True).start()
    application, http = (floor(answer.encode()), HttpToolsProtocol) if what == "floor" else service()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=http,
        ws="none",
        lifespan="off" if what == "floor" else "on",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
