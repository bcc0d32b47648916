"""Requests over HTTP that end when they are told to: the plumbing, without a policy.

A server may drip, stall, redirect for ever or answer nonsense; here each of these becomes one of
two exceptions, `Refused` or `Broken`, and what follows from them is for `download` to decide.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

REDIRECTS = 5
CHUNK = 1 << 16  # bytes of an answer read at a time


class Refused(Exception):
    """This mirror will not do."""


class Broken(Exception):
    """This try failed, and another one may do, after so many seconds if the server said so."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Watch:
    """Shuts the sockets that it was shown when a mirror's share of the time is over.

    `requests` bounds the wait for each piece of an answer and never the whole of it. A mirror that
    is on its way to finish before the deadline may use the shares of those after it.
    """

    def __init__(self, share: float, ends: float, expected_end: Callable[[], float]) -> None:
        self.until, self.ends, self.expected_end = share, ends, expected_end
        self.began = time.monotonic()
        self.over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._arm()

    def _arm(self) -> None:
        self._timer = threading.Timer(max(self.left(), 0), self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        if self.until < self.ends and self.expected_end() < self.ends:
            self.until = self.ends
            self._arm()
            return
        with self._lock:
            self.over = True
            for twin in self._sockets:
                _shut(twin)

    def add(self, connection: socket.socket) -> None:
        # A duplicate, for wrapping a socket in TLS takes its handle away.
        twin = connection.dup()
        with self._lock:
            self._sockets.append(twin)
            if self.over:
                _shut(twin)

    def left(self) -> float:
        return self.until - time.monotonic()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self.over = True
            for twin in self._sockets:
                twin.close()
            self._sockets.clear()


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)


def why_nobody_answers(urls: Sequence[str], seconds: float) -> list[str]:
    """Return an empty list as soon as one of the hosts is there, else a reason for each URL.

    All are tried at once, names looked up included, and after so many seconds no more is waited
    for. A host that refuses the connection is there; behind a proxy every host is taken for there.

    >>> why_nobody_answers(["http://a host without a name/"], seconds=9)[0][:30]
    'the name is not known here: [E'
    """
    found: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()

    def knock(number: int, host: str, port: int) -> None:
        reason = ""
        try:
            socket.create_connection((host, port), seconds).close()
        except (ConnectionRefusedError, ConnectionResetError):
            pass
        except TimeoutError:
            return
        except socket.gaierror as error:
            reason = f"the name is not known here: {error}"
        except (OSError, ValueError) as error:
            reason = f"no connection: {error}"
        found.put((number, reason))

    for number, url in enumerate(urls):
        parts = urllib.parse.urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        host = parts.hostname
        proxied = parts.scheme in urllib.request.getproxies()
        if not host or not port or (proxied and not urllib.request.proxy_bypass(host)):
            return []
        threading.Thread(target=knock, args=(number, host, port), daemon=True).start()
    reasons = [f"no connection within {seconds:.0f} s"] * len(urls)
    ends = time.monotonic() + seconds
    for _ in urls:
        try:
            number, reason = found.get(timeout=max(ends - time.monotonic(), 0))
        except queue.Empty:
            break
        if not reason:
            return []
        reasons[number] = reason
    return reasons


@contextlib.contextmanager
def answer(
    url: str, headers: dict[str, str], watch: Watch, connect: float, stall: float
) -> Iterator[requests.Response]:
    """Send a request and follow redirects; the answer's body is unread, and closed at the end.

    `connect` and `stall` are the seconds for a connection and between two pieces of an answer.
    `Refused` when this server will not do, `Broken` when another try may.
    """
    import requests
    import urllib3

    try:
        response = _ask(url, headers, watch, connect, stall)
    except requests.exceptions.SSLError as error:
        raise Refused(f"TLS: {error}") from error
    except requests.exceptions.ConnectTimeout as error:
        raise Refused(f"no connection within {connect:.0f} s") from error
    except (OSError, urllib3.exceptions.HTTPError) as error:  # OSError: requests' own, too
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            raise Refused(f"the name is not known here: {reason}") from error
        raise Broken(f"no answer: {reason or error}") from error
    with contextlib.closing(response):
        yield response


def blocks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body of an answer as it comes; `Broken` when it breaks off."""
    import urllib3

    # read1 hands out what has come; read would gather a whole chunk, whatever size it claims.
    read = getattr(response.raw, "read1", response.raw.read)
    while True:
        try:
            block = read(CHUNK, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # ValueError: http.client believes a negative chunk size.
            raise Broken(str(error)) from error
        if not block:
            return
        yield block


def says_its_end(response: requests.Response) -> bool:
    """Tell whether the end of the body is announced; a break would look like it if not."""
    stated = response.headers.get("Content-Length", "").isdecimal()
    return bool(stated or response.raw.chunked)


def _ask(
    url: str, headers: dict[str, str], watch: Watch, connect: float, stall: float
) -> requests.Response:
    """Send the request, follow redirects, and return the answer with its body still unread."""
    for _ in range(REDIRECTS + 1):
        scheme = urllib.parse.urlsplit(url).scheme.lower()
        if scheme not in ("https", "http"):
            raise Refused(f"expected an http or https URL, found {url}")
        response = _send(url, headers, watch, connect, stall)
        if not response.is_redirect:
            return response
        response.close()
        try:
            url = urllib.parse.urljoin(url, response.headers["Location"])
            target = urllib.parse.urlsplit(url).scheme.lower()
        except ValueError as error:
            raise Refused(f"redirected to no URL: {error}") from error
        if scheme == "https" and target != "https":
            raise Refused(f"redirected from https down to {url}")
    raise Refused(f"more than {REDIRECTS} redirects, the last to {url}")


def _send(
    url: str, headers: dict[str, str], watch: Watch, connect: float, stall: float
) -> requests.Response:
    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        """Shows every socket to the watch before anything is read from it."""

        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            kind: Any = pool.ConnectionCls

            class Connection(kind):
                def _new_conn(self) -> socket.socket:
                    connection: socket.socket = super()._new_conn()
                    watch.add(connection)
                    return connection

            pool.ConnectionCls = Connection
            return pool

    session = requests.Session()
    request = session.prepare_request(requests.Request("GET", url, headers=headers))
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    left = max(watch.left(), 0.01)
    timeout = (min(connect, left), min(stall, left))
    # Not session.send: it reads the whole body of a redirect, however long, into memory.
    return Adapter().send(request, timeout=timeout, **settings)
