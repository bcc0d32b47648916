"""Fetch Fashion-MNIST's four files: a right copy on this machine, else from the mirrors in order.

Nothing is believed but the content's hash: a server may break off, stall, drip, lie about lengths
and ranges or send another file, and what stands under the final name is right or not there.
"""

from __future__ import annotations

import contextlib
import email.utils
import errno
import os
import random
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import http, idx, places, proof, sources
from .http import Broken, Refused, Watch

if TYPE_CHECKING:
    import requests

DEADLINE = 1200.0  # seconds for all four files
CONNECT, STALL = 10.0, 30.0  # seconds for a connection, and between two pieces of an answer
TRIES = 4  # per mirror and file
BACKOFF, LONGEST_WAIT = 0.25, 30.0  # seconds before the first retry; what Retry-After may ask
SLACK = 1 << 16  # bytes that a file may be longer than upstream's
TRANSIENT = (408, 429, 500, 502, 503, 504)


class DownloadError(RuntimeError):
    """A file could not be had: the message lists every URL with its reason and what to do.

    `reasons` holds the (URL, reason) pairs; it is empty when the fault lies on this machine.

    >>> DownloadError("no", [("https://a/b.gz", "HTTP 404")]).reasons
    [('https://a/b.gz', 'HTTP 404')]
    """

    def __init__(self, message: str, reasons: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.reasons = list(reasons)


def fetch(
    root: str | os.PathLike[str] | None = None,
    mirrors: Sequence[str] = sources.MIRRORS,
    deadline: float = DEADLINE,
    quiet: bool = False,
) -> dict[str, Path]:
    """Return where a right copy of each of the four files lies, fetching those that are missing.

    A right copy in any of `places.places(root)` is taken as it is. Others come from `mirrors` (the
    URLs of folders) into ROOT/FashionMNIST/raw or, without a root, into the user's cache folder;
    a wrong file in the root is replaced. `deadline` is in seconds and holds for all together; when
    no mirror answers at all, a twelfth of it ends the matter, 10 s at most.
    `DownloadError` when a file cannot be had; then nothing wrong and nothing half is left.

    >>> import tempfile, unittest.mock
    >>> nowhere = unittest.mock.patch.dict(os.environ, FASHION_DATA="")
    >>> with nowhere, tempfile.TemporaryDirectory() as root:
    ...     try:
    ...         fetch(root, mirrors=["ftp://127.0.0.1/"])
    ...     except DownloadError as error:
    ...         print(error.reasons[0][1])
    expected an http or https URL, found ftp://127.0.0.1/train-images-idx3-ubyte.gz
    """
    ends = time.monotonic() + deadline
    with _terminable():
        return {
            source.name: _obtain(source, root, mirrors, ends, quiet) for source in sources.FILES
        }


def _obtain(
    source: sources.Source,
    root: str | os.PathLike[str] | None,
    mirrors: Sequence[str],
    ends: float,
    quiet: bool,
) -> Path:
    own = places.own_places(root)
    if not own:
        raise DownloadError(
            "no mirror was asked, as $FASHION_DATA is empty: name a folder there, or a root "
            "(--root DIR)"
        )
    wrong = right = None
    for path in places.copies(source, root):
        try:
            proof.prove(path, source)
            right = path
            break
        except (idx.IdxError, OSError):
            if path.parent in own and wrong is None:
                wrong = path
    from minigrad._files import replacing, sweep  # not above: who asks for the names needs none

    for place in own:
        sweep(place / source.name)
    if right and not wrong:
        return right
    target = wrong or own[-1] / source.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, "there is a directory of this name", str(target))
        free = shutil.disk_usage(target.parent).free
        if free < source.gzip_size:
            raise OSError(errno.ENOSPC, f"{free} bytes free, {source.gzip_size} needed")
        with replacing(target) as file:
            if right:
                with open(right, "rb") as original:
                    shutil.copyfileobj(original, file)
                file.flush()
                proof.prove(file.name, source)
            else:
                _from_mirrors(source, mirrors, file, target, ends, quiet)
    except OSError as error:
        raise DownloadError(
            f"cannot write {target}: {error.strerror or error}\n{_by_hand(target)}"
        ) from error
    return target


def _from_mirrors(
    source: sources.Source,
    mirrors: Sequence[str],
    file: BinaryIO,
    target: Path,
    ends: float,
    quiet: bool,
) -> None:
    from tqdm import tqdm  # type: ignore[import-untyped]

    urls = [f"{mirror.rstrip('/')}/{source.name}" for mirror in mirrors]
    # Where there is no network, all mirrors are given up together, and soon.
    left = max(ends - time.monotonic(), 0.01)
    silent = http.why_nobody_answers(urls, min(CONNECT, max(left / 12, 1.0), left))
    reasons = list(zip(urls, silent, strict=True)) if silent else []
    # disable=None: a bar on a terminal and nothing elsewhere.
    with tqdm(
        total=source.gzip_size, desc=source.name, unit="B", unit_scale=True,
        disable=True if quiet else None,
    ) as bar:  # fmt: skip
        part = _Part(file, source, lambda size: bar.update(size - bar.n))
        for number, url in enumerate([] if silent else urls):
            part.restart()
            now = time.monotonic()
            # A server that drips must leave time for the mirrors after it.
            share = now + (ends - now) / (len(urls) - number)
            try:
                with Watch(share, ends, part.expected_end) as watch:
                    _from_mirror(url, part, watch)
                return
            except Refused as refusal:
                reasons.append((url, str(refusal)))
    listed = "".join(f"\n  {url}\n    {reason}" for url, reason in reasons) or "\n  no mirror given"
    raise DownloadError(
        f"could not get {source.name}:{listed}\n"
        f"expected: gzip of about {source.gzip_size} bytes whose content has SHA-256 "
        f"{source.sha256}\n{_by_hand(target)}",
        reasons,
    )


def _by_hand(target: Path) -> str:
    return (
        f"What to do by hand: bring the four files into {target.parent}\n"
        f"  ({' '.join(source.name for source in sources.FILES)}),\n"
        f"with a browser from {sources.MIRRORS[0]} or from another machine,\n"
        f"or install Debian's package {sources.DEBIAN_PACKAGE}; "
        "then run `python -m fashion verify`."
    )


class _Part:
    """What has been received of a file, and which version of it that is."""

    def __init__(
        self, file: BinaryIO, source: sources.Source, show: Callable[[int], object]
    ) -> None:
        self.file, self.source, self.show = file, source, show
        self.limit = source.gzip_size + SLACK
        self.restart()

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self.version = ""  # an If-Range value; without one nothing can be resumed
        self.resumed = False
        self.began = time.monotonic()
        self.show(0)

    def append(self, block: bytes) -> None:
        if self.size + len(block) > self.limit:
            raise Refused(f"expected at most {self.limit} bytes, found more")
        self.file.write(block)
        self.size += len(block)
        self.show(self.size)

    def prove(self) -> None:
        self.file.flush()
        proof.prove(self.file.name, self.source)

    def expected_end(self) -> float:
        """Return the time at which the file will be whole if it goes on as so far."""
        if not self.size:
            return float("inf")
        now = time.monotonic()
        return now + (now - self.began) * max(self.source.gzip_size - self.size, 0) / self.size


def _from_mirror(url: str, part: _Part, watch: Watch) -> None:
    """Try one mirror until the file is whole and right; `Refused` with all the reasons if not."""
    failures = []
    attempt = 0
    while attempt < TRIES and watch.left() > 0:
        had = part.size
        try:
            complete = _receive(url, part, watch)
            try:
                part.prove()
                return
            except idx.IdxError as error:
                found = f"expected {error.expected}, found {error.found} (byte {error.offset})"
                if complete and not part.resumed:
                    raise Refused(found) from error
                if complete:
                    part.restart()  # it was put together from two answers
                raise Broken(f"broken off after {part.size} bytes: {found}") from error
        except Broken as error:
            failures.append(str(error))
            # A connection that breaks again and again may still bring the whole file.
            attempt = 0 if part.version and part.size - had >= http.CHUNK else attempt + 1
            wait = error.wait
            if wait is None:
                wait = BACKOFF * 2**attempt * random.uniform(0.5, 1.5)
            if attempt < TRIES:
                time.sleep(max(min(wait, watch.left()), 0))
        except Refused as error:
            failures.append(str(error))
            break
    if watch.left() <= 0:
        spent = time.monotonic() - watch.began
        failures.append(f"given up after {spent:.1f} s with {part.size} bytes")
    raise Refused("; then ".join(dict.fromkeys(failures[-TRIES:])))


def _receive(url: str, part: _Part, watch: Watch) -> bool:
    """Append one answer's body to the part; return whether the server has said that it ends there.

    False when the connection ended in a way that a break would, too.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "minigrad-fashion"}
    if part.size and part.version:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.version}
    elif part.size:
        part.restart()
    with http.answer(url, headers, watch, CONNECT, STALL) as response:
        _judge(response, part)
        body = http.blocks(response)
        while True:
            try:
                block = next(body, b"")
            except Broken as error:
                if part.size == 0 or watch.over:
                    raise Broken(f"broken off after {part.size} bytes: {error}") from error
                return False
            if not block:
                return http.says_its_end(response)
            part.append(block)


def _judge(response: requests.Response, part: _Part) -> None:
    """Decide by status and headers whether the body is what is wanted, and prepare the part."""
    status, headers = response.status_code, response.headers
    said = f"HTTP {status} {response.reason or ''}".strip()
    if status in TRANSIENT:
        raise Broken(said, _retry_after(headers.get("Retry-After", "")))
    if status == 416 and part.size:
        part.restart()
        raise Broken(f"{said} to a resumption", 0.0)
    if status == 206 and part.size:
        span = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", headers.get("Content-Range", ""))
        if not span or int(span[1]) != part.size or _version(headers) not in ("", part.version):
            begins = part.size
            part.restart()
            found = f"{headers.get('Content-Range')!r} of version {_version(headers)!r}"
            raise Broken(f"{said}: expected bytes from {begins} on, found {found}", 0.0)
        part.resumed = True
    elif status == 200:
        if part.size:
            part.restart()
        part.version = _version(headers)
    else:
        raise Refused(said)
    length = headers.get("Content-Length", "")
    if length.isdecimal() and part.size + int(length) > part.limit:
        raise Refused(f"expected at most {part.limit} bytes, found Content-Length {length}")


def _version(headers: Any) -> str:
    """Return a validator that If-Range may carry: a strong ETag, else the date, else nothing."""
    tag = str(headers.get("ETag", ""))
    if tag and not tag.startswith("W/"):
        return tag
    return str(headers.get("Last-Modified", ""))


def _retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most `LONGEST_WAIT`."""
    if value.strip().isdecimal():
        seconds = float(value)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that nothing half is left behind."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
