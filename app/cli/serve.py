"""`agent-sudo serve`: the service, one process, until it is told to stop."""

import os
import shlex
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.failure import Failure
from app.cli.options import AsJson

if TYPE_CHECKING:
    from uvicorn import Server

    from app.main import Service
    from app.settings import Settings

_KEEP_ALIVE_S = 75
# How long requests that have begun may take when the service stops; the ledger is drained after them.
_LAST_REQUESTS_S = 10


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of AGENT_SUDO_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port, instead of AGENT_SUDO_PORT; 0 takes a free one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve decisions over HTTP until SIGTERM or Ctrl-C."""
    from app.cli import terminal
    from app.cli.environment import settings
    from app.cli.home import opening
    from app.cli.logs import configure

    configure()
    found = settings(host=host, port=port)
    listening = _listen(found)
    # Links to approvals name the port that was found.
    found = found.model_copy(update={"port": listening.getsockname()[1]})
    with opening():
        from app.main import build

        service = build(found)
    server = _server(service, found)
    scheme = "https" if found.tls_certificate else "http"
    address = listening.getsockname()
    name = f"[{address[0]}]" if ":" in address[0] else address[0]
    url = f"{scheme}://{name}:{address[1]}"
    if as_json:
        terminal.document({"url": url, "home": str(found.home_path)})
    else:
        terminal.output().print(f"agent-sudo decides at {url}", soft_wrap=True)
        terminal.output().print(f"Its home is {terminal.safe(found.home_path)}", soft_wrap=True)
        _welcome(service)
    sys.stdout.flush()
    server.run(sockets=[listening])


def _listen(found: "Settings") -> socket.socket:
    """Bind before anything is built: whoever comes second hears of it at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(found.host, found.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(socket.SOMAXCONN)
    except OSError as error:
        raise Failure(
            f"Cannot listen on {found.host} port {found.port}: {error.strerror}.",
            "Stop what listens there, or choose another address: AGENT_SUDO_HOST, AGENT_SUDO_PORT.",
        ) from None
    return bound


def _server(service: "Service", found: "Settings") -> "Server":
    import uvicorn

    from app.api.connection import connections

    config = uvicorn.Config(
        service.asgi,
        loop="uvloop",
        http=connections(service.asgi),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # INVARIANT: X-Forwarded-For is believed only where the operator said that a proxy writes it.
        proxy_headers=found.behind_proxy,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_REQUESTS_S,
        ssl_certfile=found.tls_certificate,
        ssl_keyfile=found.tls_key,
    )
    try:
        config.load()
    except OSError as error:  # the certificate and its key are read here
        reason = f"{error.filename or ''} {error.strerror or error}".strip()
        raise Failure(f"TLS: {reason}.", "Look at AGENT_SUDO_TLS_CERTIFICATE and AGENT_SUDO_TLS_KEY.") from None

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Whoever waits for people or for news would be waited for.
            service.ending()
            await super().shutdown(sockets)

    server = Server(config)

    # uvicorn takes over while it runs, and raises the signal once more afterwards: being asked to stop is no failure.
    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return server


def _welcome(service: "Service") -> None:
    """On a first start at a terminal: what to do next."""
    from app.cli import terminal
    from app.services.home import has_operator

    if not terminal.is_interactive() or has_operator(service.database):
        return
    program = str(Path(sys.executable).parent / "agent-sudo")
    # The other terminal does not know what this one was told. An address of a database may hold a password.
    told = f"AGENT_SUDO_HOME={shlex.quote(os.environ['AGENT_SUDO_HOME'])} " if "AGENT_SUDO_HOME" in os.environ else ""
    same = ", with the same AGENT_SUDO_DATABASE_URL" if "AGENT_SUDO_DATABASE_URL" in os.environ else ""
    message = f"Nobody administers this home yet. In another terminal{same}:\n  {told}{program} init"
    terminal.output().print(message, soft_wrap=True)
