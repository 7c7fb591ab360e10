"""A server that answers everything with the same, be it nonsense."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status, content = 200, b""
    delay = 0.0
    ended = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.ended.wait(self.delay)
        self.send_response(self.status)
        self.send_header("location", "/evaluate")
        if self.status != 204:
            self.send_header("content-length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(status: int, content: bytes, delay: float = 0.0) -> Iterator[str]:
    """Its address. Answers take `delay` seconds, or until the block ends."""
    ended = threading.Event()
    handler = type("Answer", (_Answering,), {"status": status, "content": content, "delay": delay, "ended": ended})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who gave up waiting has hung up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
