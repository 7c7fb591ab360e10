"""The running service, spoken to as an operator. The passphrase goes out with each request and is kept nowhere."""

import ipaddress
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from app.cli.environment import settings
from app.cli.failure import Failure

if TYPE_CHECKING:
    import httpx2

    from app.settings import Settings

_PATIENCE_S = 30.0
# How long to wait before a stream that broke off is taken up again.
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0
# What a service says that may answer in a moment.
_LATER = (429, 502, 503, 504)


def default_url(found: "Settings") -> str:
    """Where the settings say that the service is, as seen from this machine."""
    host = found.host if found.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - compared, not bound
    scheme = "https" if found.tls_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{found.port}"


def quoted(segment: str) -> str:
    """A name as one segment of a path."""
    return quote(segment, safe="")


class Service:
    """One operator's conversation with the service."""

    def __init__(self, url: str, operator: str, *, passphrase_stdin: bool) -> None:
        """Ask for what was not given: the name, the passphrase. Raises Failure."""
        from app.cli.passphrase import ask, passphrase

        found = settings()
        self._url = (url or default_url(found)).rstrip("/")
        self._found = found
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Failure(f"{self._url} is no address of a service.", "Write it as https://host:port.")
        # INVARIANT: a passphrase never crosses a network in the clear.
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise Failure(f"{self._url} would carry your passphrase in the clear.", "Use https://.")
        name = operator or ask("Operator", "--operator NAME")
        self.sign_in = (name, passphrase(name, from_stdin=passphrase_stdin))

    def get(self, path: str) -> Any:
        return self._request("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        return self._request("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._request("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._request("PATCH", path, body)

    def delete(self, path: str) -> None:
        self._request("DELETE", path, None)

    def follow(self, path: str, after: int) -> Iterator[Any]:
        """The events of a stream that come after the entry `after`, for ever; where it breaks off it is taken up again.

        Raises Failure where the service refuses.
        """
        import httpx2

        pause = 0.0
        while True:
            try:
                with (
                    self._client() as client,
                    client.stream("GET", f"{self._url}{path}", headers={"Last-Event-ID": str(after)}) as answer,
                ):
                    if not answer.is_success and answer.status_code not in _LATER:
                        answer.read()
                        raise Failure(_detail(answer))
                    for line in answer.iter_lines() if answer.is_success else ():
                        pause = 0.0
                        field, _, value = line.partition(": ")
                        if field == "id":
                            after = int(value)
                        elif field == "data":
                            yield json.loads(value)
            except httpx2.HTTPError:
                pass
            pause = min(2 * pause + _SHORTEST_PAUSE_S, _LONGEST_PAUSE_S)
            time.sleep(pause)

    def _client(self) -> "httpx2.Client":
        import httpx2

        # No proxy: what is meant for this service is nobody else's to read.
        return httpx2.Client(auth=self.sign_in, timeout=_PATIENCE_S, trust_env=False, verify=trusted(self._found))

    def _request(self, method: str, path: str, body: Any) -> Any:
        import httpx2

        try:
            with self._client() as client:
                answer = client.request(method, f"{self._url}{path}", json=body)
        except httpx2.HTTPError as error:
            raise Failure(
                f"No answer from {self._url}: {str(error) or type(error).__name__}.",
                "Is the service running? Start it with `agent-sudo serve`, or name another with --url.",
            ) from None
        if answer.is_success:
            return answer.json() if answer.content else None
        raise Failure(_detail(answer))


def trusted(found: "Settings") -> Any:
    """Whom we believe to be the service: those the system trusts, and the certificate that the settings name."""
    import ssl

    context = ssl.create_default_context()
    if found.tls_certificate is not None:
        try:
            context.load_verify_locations(found.tls_certificate)
        except OSError as error:
            raise Failure(f"AGENT_SUDO_TLS_CERTIFICATE cannot be read: {error}.") from None
    return context


def _detail(answer: Any) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The service answered {answer.status_code}; is it agent-sudo that listens there?"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
