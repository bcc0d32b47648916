"""An HTTP server on the loopback, of raw sockets, that does to its clients whatever a test wants.

A behaviour is a function of one `Exchange`: it may answer rightly (`exchange.answer()`), wrongly,
slowly, or not at all. The connection closes when it returns.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import fashion

Behaviour = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request, the right content for it, and the means to answer."""

    connection: socket.socket
    stopped: threading.Event
    path: str
    headers: dict[str, str]
    body: bytes
    number: int  # of the request for this path: 1, 2 ...
    tag: str = '"v1"'

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def head(self, status: str = "200 OK", **headers: object) -> None:
        """Send the status line and the headers; `Content_Length=3` becomes Content-Length: 3."""
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def answer(self, body: bytes | None = None, **headers: object) -> None:
        """Answer 200 with a whole body, by default the right one."""
        body = self.body if body is None else body
        self.head(**{"Content_Length": len(body), "ETag": self.tag} | headers)
        self.send(body)

    def start(self) -> int:
        """Return from which byte on the client wants the body."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else 0

    def answer_range(self, upto: int | None = None) -> None:
        """Answer as a server that knows ranges does, and break off after `upto` bytes of body."""
        start, total = self.start(), len(self.body)
        if start and self.headers.get("if-range") == self.tag:
            self.head(
                "206 Partial Content",
                Content_Range=f"bytes {start}-{total - 1}/{total}",
                Content_Length=total - start,
                ETag=self.tag,
            )
        else:
            start = 0
            self.head(Content_Length=total, ETag=self.tag, Accept_Ranges="bytes")
        self.send(self.body[start : None if upto is None else start + upto])

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def stall(self) -> None:
        """Say nothing until the client or the test has had enough."""
        self.stopped.wait(60)

    def drip(self, data: bytes = b"x", pause: float = 0.02) -> None:
        """Send byte after byte for as long as the client bears it."""
        for byte in data:
            if self.stopped.wait(pause):
                return
            self.send(bytes([byte]))
        while not self.stopped.wait(pause):
            self.send(data[-1:])


@dataclass
class Server:
    """Answers by `behave` at `url`, and keeps the requests in `log`; a context manager."""

    bodies: dict[str, bytes]
    behave: Behaviour
    tls: ssl.SSLContext | None = None
    log: list[Exchange] = field(default_factory=list)

    def __enter__(self) -> Server:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._stopped = threading.Event()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), 1).close()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        # The client may leave at any moment, which is what the tests are about.
        with (
            connection,
            contextlib.suppress(OSError, ValueError, StopIteration),
            contextlib.ExitStack() as stack,
        ):
            connection.settimeout(60)
            if self.tls:
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
            lines = self._lines(connection)
            path = next(lines).split(" ")[1]
            headers = dict(line.lower().split(": ", 1) for line in lines)
            with self._lock:
                self._counts[path] += 1
                number = self._counts[path]
                body = self.bodies.get(path.rsplit("/", 1)[-1], b"")
                exchange = Exchange(connection, self._stopped, path, headers, body, number)
                self.log.append(exchange)
            self.behave(exchange)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                while connection.recv(4096):  # else unread bytes turn the FIN into an RST
                    pass

    @staticmethod
    def _lines(connection: socket.socket) -> Iterator[str]:
        held = b""
        while b"\r\n\r\n" not in held:
            block = connection.recv(4096)
            if not block:
                return
            held += block
        yield from held.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


def child_environment() -> dict[str, str]:
    """Return this process's environment, in which children find this very `fashion`."""
    paths = [str(Path(fashion.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def slowly(seconds: float) -> Behaviour:
    """Return a behaviour that answers rightly, in about so many seconds."""

    def behave(exchange: Exchange) -> None:
        exchange.head(Content_Length=len(exchange.body), ETag=exchange.tag)
        for part in range(50):
            time.sleep(seconds / 50)
            step = -(-len(exchange.body) // 50)
            exchange.send(exchange.body[part * step : (part + 1) * step])

    return behave
