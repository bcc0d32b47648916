"""Fetching from a server that misbehaves: the right file comes or nothing does, and in time."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import shutil
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import threading
import time
import zlib
from email.utils import formatdate
from pathlib import Path

import full_data
import pytest
from misbehaving_server import Behaviour, Exchange, Server, child_environment, slowly

from fashion import datasets, download, proof, sources

SAMPLE = sources.SAMPLE_TRAIN + sources.SAMPLE_TEST
BODIES = {source.name: (datasets.SAMPLE / source.name).read_bytes() for source in SAMPLE}
ONE = sources.SAMPLE_TEST[0]  # 436 KB: seven blocks
BODY = BODIES[ONE.name]
CHILD = """
import sys
from fashion import __main__, download, sources
sources.FILES = sources.SAMPLE_TRAIN + sources.SAMPLE_TEST
download.BACKOFF = 0.01
sys.exit(__main__.main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    monkeypatch.setenv("FASHION_DATA", str(tmp_path / "nothing here"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(sources, "FILES", SAMPLE)
    monkeypatch.setattr(download, "BACKOFF", 0.01)
    monkeypatch.setattr(download, "STALL", 0.3)
    monkeypatch.setattr(download, "LONGEST_WAIT", 0.2)


def once(first: Behaviour, then: Behaviour = Exchange.answer_range) -> Behaviour:
    """Return a behaviour that is different the first time."""
    return lambda exchange: (first if exchange.number == 1 else then)(exchange)


def status(line: str, **headers: object) -> Behaviour:
    return lambda exchange: exchange.head(line, **{"Content_Length": 0} | headers)


def body(data: bytes, **headers: object) -> Behaviour:
    return lambda exchange: exchange.answer(data, **headers)


def raw(*parts: bytes) -> Behaviour:
    return lambda exchange: exchange.send(b"".join(parts))


def cut(upto: int) -> Behaviour:
    return lambda exchange: exchange.answer_range(upto)


def headless(exchange: Exchange) -> None:
    """Answer without validators, so that nothing can be resumed, and break off."""
    exchange.head(Content_Length=len(exchange.body))
    exchange.send(exchange.body[:200_000])


def cut_without_length(exchange: Exchange) -> None:
    exchange.head(ETag=exchange.tag)
    exchange.send(exchange.body[:200_000])


def whole_without_length(exchange: Exchange) -> None:
    exchange.head()
    exchange.send(exchange.body)


def stalled_body(exchange: Exchange) -> None:
    exchange.answer_range(200_000)
    exchange.stall()


def stalled_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    exchange.stall()


def reset_in_body(exchange: Exchange) -> None:
    exchange.answer_range(200_000)
    exchange.reset()


def dripped_body(exchange: Exchange) -> None:
    exchange.head(Content_Length=len(exchange.body))
    exchange.drip(exchange.body)


def dripped_after_half(exchange: Exchange) -> None:
    exchange.answer_range(len(exchange.body) // 2)
    exchange.drip(b"x")


def dripped_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.drip(b"X-Filler: " + b"x" * 60_000)


def dripped_chunk_size(exchange: Exchange) -> None:
    exchange.head(Transfer_Encoding="chunked")
    exchange.drip(b"5;x")


def endless_continue(exchange: Exchange) -> None:
    while not exchange.stopped.is_set():
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def endless_body(exchange: Exchange) -> None:
    exchange.head()
    exchange.send(exchange.body)
    while not exchange.stopped.is_set():
        exchange.send(bytes(1 << 16))


def endless_chunk(exchange: Exchange) -> None:
    exchange.head(Transfer_Encoding="chunked")
    exchange.send(b"-1\r\n" + exchange.body)
    while not exchange.stopped.is_set():
        exchange.send(bytes(1 << 16))


def chunked(size: bytes | None = None, upto: int | None = None) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.head(Transfer_Encoding="chunked")
        for at in range(0, len(exchange.body[:upto]), 50_000):
            block = exchange.body[at : at + 50_000]
            exchange.send((size or b"%x" % len(block)) + b"\r\n" + block + b"\r\n")
        if upto is None:
            exchange.send(b"0\r\n\r\n")

    return behave


def resumed_with(line: str, shift: int = 0, **headers: object) -> Behaviour:
    """Break off, then answer the resumption with this line and with bytes from elsewhere."""

    def behave(exchange: Exchange) -> None:
        start = exchange.start()
        if exchange.number == 1 or not start:
            exchange.answer_range(200_000 if exchange.number == 1 else None)
            return
        data = exchange.body[max(start - shift, 0) :]
        span = f"bytes {start}-{len(exchange.body) - 1}/{len(exchange.body)}"
        said = {"Content_Range": span, "Content_Length": len(data), "ETag": exchange.tag} | headers
        exchange.head(line, **{name: value for name, value in said.items() if value is not None})
        exchange.send(data)

    return behave


def changed_between_tries(exchange: Exchange) -> None:
    """Break off in one version of the file; from then on there is another version, of its own."""
    if exchange.number == 1:
        exchange.tag = '"old"'
        exchange.body = bytes(len(exchange.body))
        exchange.answer_range(200_000)
    else:
        exchange.answer_range()


def changed_without_a_word(exchange: Exchange) -> None:
    """Break off in one version, and resume with another under the same validator."""
    if exchange.number == 1:
        exchange.body = bytes([31, 139]) + bytes(len(exchange.body) - 2)
        exchange.answer_range(200_000)
    else:
        exchange.answer_range()


def again_and_again(exchange: Exchange) -> None:
    exchange.answer_range(70_000)


def troubles(exchange: Exchange) -> None:
    """Have another trouble at each of the first tries."""
    steps = [
        status("503 Busy", Retry_After="0"),
        cut(150_000),
        reset_in_body,
        Exchange.answer_range,
    ]
    steps[min(exchange.number, len(steps)) - 1](exchange)


def redirects(count: int) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        done = exchange.path.count("/again")
        if done < count:
            exchange.head("302 Found", Location="/again" * (done + 1) + "/" + ONE.name)
        else:
            exchange.answer_range()

    return behave


def redirected_to(url: str | None, line: str = "302 Found") -> Behaviour:
    headers = {} if url is None else {"Location": url}
    return lambda exchange: exchange.head(line, Content_Length=0, **headers)


def redirect_with_endless_body(exchange: Exchange) -> None:
    if "/there/" in exchange.path:
        exchange.answer()
        return
    exchange.head("302 Found", Location=f"/there/{ONE.name}")
    with contextlib.suppress(OSError):
        while not exchange.stopped.is_set():
            exchange.send(bytes(1 << 16))


FLIPPED = bytearray(BODY)
FLIPPED[len(BODY) // 2] ^= 4
OTHER = zlib.compressobj(9, zlib.DEFLATED, 31)
DIGITS = gzip.decompress(BODY)[:16] + gzip.decompress(BODY)[:15:-1]  # the right shape and type
OTHER_GZIP = OTHER.compress(DIGITS) + OTHER.flush()

# These recover by the same mirror alone, for the trouble passes or does not matter.
TRANSIENT: dict[str, Behaviour] = {
    "500 once": once(status("500 Internal Server Error")),
    "502 once": once(status("502 Bad Gateway")),
    "503 with Retry-After 0": once(status("503 Busy", Retry_After="0")),
    "503 with a Retry-After of a day": once(status("503 Busy", Retry_After="86400")),
    "429 with a Retry-After date": once(
        status("429 Slow Down", Retry_After=formatdate(usegmt=True))
    ),
    "429 with nonsense for Retry-After": once(status("429 Slow Down", Retry_After="soon")),
    "408 once": once(status("408 Request Timeout")),
    "closed before a byte": once(lambda exchange: None),
    "reset before a byte": once(Exchange.reset),
    "cut in the status line": once(raw(b"HTTP/1.")),
    "cut in the headers": once(raw(b"HTTP/1.1 200 OK\r\nContent-")),
    "cut after the headers": once(cut(0)),
    "cut in the body": once(cut(200_000)),
    "cut before the last byte": once(cut(len(BODY) - 1)),
    "cut without validators": once(headless),
    "cut without length": once(cut_without_length),
    "cut every 70 KB": again_and_again,
    "reset in the body": once(reset_in_body),
    "stalled before the answer": once(Exchange.stall),
    "stalled in the headers": once(stalled_headers),
    "stalled in the body": once(stalled_body),
    "chunked and cut": once(chunked(upto=200_000)),
    "chunked with wrong sizes": once(chunked(b"zz")),
    "chunk sizes negative": once(chunked(b"-5")),
    "not HTTP": once(raw(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "a header line of 100 KB": once(raw(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 100_000, b"\r\n\r\n")),
    "a thousand headers": once(raw(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000, b"\r\n")),
    "a trouble at each try": troubles,
    "resumption at the wrong byte": resumed_with(
        "206 Partial Content", Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}"
    ),
    "resumption without Content-Range": resumed_with("206 Partial Content", Content_Range=None),
    "resumption with nonsense for a range": resumed_with("206 OK", Content_Range="bytes x-y/z"),
    "resumption with other bytes": resumed_with("206 Partial Content", shift=1000),
    "resumption with another ETag": resumed_with("206 Partial Content", ETag='"v2"'),
    "resumption as multipart": resumed_with(
        "206 Partial Content", Content_Type="multipart/byteranges; boundary=x", Content_Range=None
    ),
    "resumption refused by 416": resumed_with("416 Range Not Satisfiable", shift=1 << 30),
    "resumption answered by 200": resumed_with("200 OK", shift=1 << 30, Content_Range=None),
    "changed between tries": changed_between_tries,
    "changed without a word": changed_without_a_word,
    "Content-Length too long": lambda e: e.answer(Content_Length=len(BODY) + 100),
    "Content-Length is a word": lambda e: e.answer(Content_Length="many"),
    "Content-Length negative": lambda e: e.answer(Content_Length=-5),
    "no Content-Length": whole_without_length,
    "chunked": chunked(),
    "labelled Content-Encoding gzip": lambda e: e.answer(Content_Encoding="gzip"),
    "labelled as nonsense": lambda e: e.answer(Content_Encoding="br, x", Content_Type="text/html"),
    "redirected five times": redirects(5),
    "redirected to a relative path": lambda e: (
        e.answer() if "/x/" in e.path else e.head("307 X", Location="x/" + ONE.name)
    ),
    "redirected with an endless body": redirect_with_endless_body,
    "weak ETag and a cut": once(
        lambda e: (e.head(Content_Length=400_000, ETag='W/"1"'), e.send(b"x"))
    ),
}

# These do not pass: the words must stand in the message when there is no other mirror.
PERMANENT: dict[str, tuple[Behaviour, str]] = {
    "404": (status("404 Not Found"), "HTTP 404 Not Found"),
    "403": (status("403 Forbidden"), "HTTP 403"),
    "401": (status("401 Unauthorized", WWW_Authenticate="Basic"), "HTTP 401"),
    "500 always": (status("500 Oops"), "HTTP 500 Oops"),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "HTTP 204"),
    "206 unasked": (lambda e: e.head("206 Partial", Content_Length=0), "HTTP 206"),
    "304 unasked": (raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "HTTP 304"),
    "416 unasked": (status("416 Range"), "HTTP 416"),
    "600": (status("600 Strange"), "HTTP 600"),
    "always closed": (lambda exchange: None, "no answer"),
    "always cut": (headless, "broken off"),
    "always stalled": (Exchange.stall, "no answer"),
    "an empty body": (body(b""), "an empty file"),
    "html with 200": (body(b"<html>log in here</html>"), "HTML"),
    "another file of the set": (body(BODIES[SAMPLE[1].name]), "expected 3 dimensions"),
    "another content of the shape": (body(OTHER_GZIP), f"SHA-256 {ONE.sha256}"),
    "a flipped bit": (body(bytes(FLIPPED)), "found"),
    "not compressed": (body(gzip.decompress(BODY)[:300_000]), "plain IDX"),
    "compressed twice": (body(gzip.compress(BODY), Content_Encoding="gzip"), "gzip inside gzip"),
    "garbage after it": (body(BODY + b"garbage"), "end of the file or a gzip member"),
    "truncated with a truthful length": (body(BODY[:300_000]), "more deflate data"),
    "Content-Length too short": (lambda e: e.answer(Content_Length=1000), "more deflate data"),
    "Content-Length of 10 GB": (lambda e: e.answer(Content_Length=10**10), "Content-Length 100000"),
    "two Content-Lengths": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", BODY),
        "no answer",
    ),
    "endless body": (endless_body, "found more"),
    "endless chunk of size -1": (endless_chunk, "found more"),
    "endless 100 Continue": (endless_continue, "given up after"),
    "dripped headers": (dripped_headers, "given up after"),
    "dripped body": (dripped_body, "given up after"),
    "dripped after half": (dripped_after_half, "broken off"),
    "dripped status line": (lambda e: e.drip(b"HTTP/1.1 200 " + b"O" * 60_000), "given up after"),
    "dripped chunk size": (dripped_chunk_size, "given up after"),
    "redirected six times": (redirects(6), "more than 5 redirects"),
    "redirected for ever": (redirects(1 << 30), "more than 5 redirects"),
    "redirected to ftp": (redirected_to("ftp://127.0.0.1/x"), "expected an http or https URL"),
    "redirected to a file": (redirected_to("file:///etc/hosts"), "expected an http or https URL"),
    "redirected to nowhere": (redirected_to(None), "HTTP 302"),
    "redirected to no URL": (redirected_to("http://[::1"), "redirected to no URL"),
    "redirected to itself": (redirected_to("http:///x"), "more than 5 redirects"),
    "choices": (status("300 Multiple Choices"), "HTTP 300"),
}


def everything_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())


def check_right(paths: dict[str, Path], root: Path) -> None:
    """Check that all files are right, that nothing else is there, and that modes follow umask."""
    for source in sources.FILES:
        assert proof.prove(paths[source.name], source)
        assert paths[source.name].parent == root / "FashionMNIST" / "raw"
    assert everything_below(root) == sorted(source.name for source in sources.FILES)


@pytest.fixture
def one_file(monkeypatch):
    monkeypatch.setattr(sources, "FILES", (ONE,))


@pytest.mark.parametrize("name", TRANSIENT)
def test_passing_trouble_is_overcome_by_one_mirror(name, one_file, tmp_path):
    with Server(BODIES, TRANSIENT[name]) as server:
        paths = download.fetch(tmp_path / "root", [server.url], deadline=20, quiet=True)
    check_right(paths, tmp_path / "root")


WAITING = ("dripped", "endless 100", "always stalled")  # these last until the deadline


def permanent(*quick: str) -> list:
    """Return the table's rows, with those that wait marked as slow unless they are named."""
    slow = [name for name in PERMANENT if name.startswith(WAITING) and name not in quick]
    return [pytest.param(n, marks=pytest.mark.slow if n in slow else ()) for n in PERMANENT]


@pytest.mark.parametrize("name", permanent("dripped headers", "dripped body"))
def test_lasting_trouble_is_told_and_leaves_nothing(name, one_file, tmp_path):
    behave, words = PERMANENT[name]
    began = time.monotonic()
    with Server(BODIES, behave) as server, pytest.raises(download.DownloadError) as caught:
        download.fetch(tmp_path / "root", [server.url], deadline=0.8, quiet=True)
    assert time.monotonic() - began < 2.8
    message = str(caught.value)
    assert words in message
    url = f"{server.url}/{ONE.name}"
    assert [told for told, _ in caught.value.reasons] == [url] and url in message
    for fact in (ONE.sha256, "What to do by hand", sources.DEBIAN_PACKAGE, str(tmp_path / "root")):
        assert fact in message
    assert everything_below(tmp_path / "root") == []


@pytest.mark.parametrize("name", permanent("dripped after half"))
def test_the_next_mirror_helps(name, one_file, tmp_path):
    with Server(BODIES, PERMANENT[name][0]) as bad, Server(BODIES, Exchange.answer) as good:
        paths = download.fetch(tmp_path / "root", [bad.url, good.url + "/"], 1, quiet=True)
        assert len(good.log) == 1
    check_right(paths, tmp_path / "root")


def test_the_tables_are_as_long_as_promised():
    assert len(TRANSIENT) + len(PERMANENT) >= 80


def test_all_four_files_in_one_request_each(tmp_path):
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
        check_right(paths, tmp_path / "root")
        assert len(server.log) == 4
        assert download.fetch(tmp_path / "root", [server.url], quiet=True) == paths
        assert len(server.log) == 4
    for exchange in server.log:
        assert exchange.headers["accept-encoding"] == "identity"


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_the_mode_follows_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        with Server(BODIES, Exchange.answer) as server:
            paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths.values()} == {0o640}


def test_a_cut_is_resumed_and_not_begun_anew(one_file, tmp_path):
    with Server(BODIES, again_and_again) as server:
        download.fetch(tmp_path / "root", [server.url], deadline=20, quiet=True)
    starts = [exchange.start() for exchange in server.log]
    assert starts[0] == 0 and len(starts) == -(-len(BODY) // 70_000)
    assert starts == sorted(set(starts))
    assert all(exchange.headers["if-range"] == exchange.tag for exchange in server.log[1:])


@pytest.mark.parametrize(
    "name",
    ["resumption at the wrong byte", "resumption without Content-Range",
     "resumption with another ETag", "resumption with nonsense for a range"],
)  # fmt: skip
def test_what_is_not_announced_as_the_continuation_is_not_appended(name, one_file, tmp_path):
    """The bytes would fit, but the server does not say so: a third request begins anew."""
    with Server(BODIES, TRANSIENT[name]) as server:
        download.fetch(tmp_path / "root", [server.url], deadline=20, quiet=True)
    assert [exchange.start() > 0 for exchange in server.log] == [False, True, False]


@pytest.mark.parametrize("name", ["cut without validators", "weak ETag and a cut"])
def test_without_a_strong_validator_nothing_is_resumed(name, one_file, tmp_path):
    with Server(BODIES, TRANSIENT[name]) as server:
        download.fetch(tmp_path / "root", [server.url], deadline=20, quiet=True)
    assert ["range" in exchange.headers for exchange in server.log] == [False, False]


def test_other_answers_go_to_the_next_mirror_at_once(one_file, tmp_path):
    with Server(BODIES, status("404 No")) as bad, Server(BODIES, Exchange.answer) as good:
        download.fetch(tmp_path / "root", [bad.url, good.url], quiet=True)
    assert (len(bad.log), len(good.log)) == (1, 1)


def test_retries_are_counted(one_file, tmp_path):
    with Server(BODIES, status("503 No")) as server, pytest.raises(download.DownloadError):
        download.fetch(tmp_path / "root", [server.url], quiet=True)
    assert len(server.log) == download.TRIES


def test_retry_after_is_honoured_up_to_its_cap(one_file, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LONGEST_WAIT", 0.6)
    with Server(BODIES, once(status("503 No", Retry_After="99"))) as server:
        began = time.monotonic()
        download.fetch(tmp_path / "root", [server.url], quiet=True)
    assert 0.6 <= time.monotonic() - began < 5


def test_never_more_than_the_size_and_64_kib_is_written(one_file, tmp_path):
    largest = 0
    done = threading.Event()

    def look() -> None:
        nonlocal largest
        while not done.wait(0.001):
            for path in (tmp_path / "root").rglob("*.part"):
                with contextlib.suppress(OSError):
                    largest = max(largest, path.stat().st_size)

    watcher = threading.Thread(target=look)
    watcher.start()
    with Server(BODIES, endless_body) as server, pytest.raises(download.DownloadError):
        download.fetch(tmp_path / "root", [server.url], quiet=True)
    done.set()
    watcher.join()
    assert largest <= len(BODY) + (64 << 10)


def test_the_deadline_holds_for_all_mirrors_together(one_file, tmp_path):
    with Server(BODIES, dripped_headers) as a, Server(BODIES, dripped_body) as b:
        began = time.monotonic()
        with pytest.raises(download.DownloadError, match="given up after"):
            download.fetch(tmp_path / "root", [a.url, b.url, a.url], deadline=1.5, quiet=True)
    assert 1.4 < time.monotonic() - began < 3.5


def test_a_slow_mirror_that_will_finish_in_time_is_not_left(one_file, tmp_path):
    with Server(BODIES, slowly(1.3)) as slow, Server(BODIES, Exchange.answer) as other:
        paths = download.fetch(tmp_path / "root", [slow.url, other.url], deadline=2.4, quiet=True)
    check_right(paths, tmp_path / "root")
    assert len(other.log) == 0


@contextlib.contextmanager
def silent_url():
    """A URL where connecting never comes to an end, as behind a firewall that drops packets."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # fill the queue, which nobody empties
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue drops connections there")
def test_where_no_mirror_answers_all_are_given_up_together_and_soon(one_file, tmp_path):
    with silent_url() as one, silent_url() as two:
        began = time.monotonic()
        with pytest.raises(download.DownloadError) as caught:
            download.fetch(tmp_path / "root", [one, two], deadline=13, quiet=True)
        assert 0.9 < time.monotonic() - began < 3
    assert [reason for _, reason in caught.value.reasons] == ["no connection within 1 s"] * 2
    assert everything_below(tmp_path / "root") == []


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue drops connections there")
def test_one_that_answers_is_asked_among_silent_ones(one_file, tmp_path):
    with silent_url() as silent, Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(tmp_path / "root", [silent, server.url], deadline=6, quiet=True)
    assert proof.prove(paths[ONE.name], ONE)


def test_every_url_stands_in_the_message(one_file, tmp_path):
    with Server(BODIES, status("404 No")) as a, Server(BODIES, body(b"<html>")) as b:
        with pytest.raises(download.DownloadError) as caught:
            download.fetch(tmp_path / "root", [a.url, b.url, "ftp://x"], quiet=True)
    assert [reason for _, reason in caught.value.reasons][0] == "HTTP 404 No"
    for url in (a.url, b.url, "ftp://x"):
        assert f"{url}/{ONE.name}" in str(caught.value)


def test_mnist_is_named(one_file, tmp_path, monkeypatch):
    import hashlib

    digest = hashlib.md5(OTHER_GZIP, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(sources, "MNIST_GZIP_MD5", frozenset({digest}))
    with Server(BODIES, body(OTHER_GZIP)) as server:
        with pytest.raises(download.DownloadError, match="MNIST's digits"):
            download.fetch(tmp_path / "root", [server.url], quiet=True)


# --- where a copy lies already ---


def copied(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for source in SAMPLE:
        shutil.copy(datasets.SAMPLE / source.name, folder)
    return folder


@pytest.mark.parametrize("where", ["root", "root/FashionMNIST/raw", "elsewhere"])
def test_a_good_copy_anywhere_means_no_request(where, tmp_path, monkeypatch):
    folder = copied(tmp_path / where)
    monkeypatch.setenv("FASHION_DATA", os.pathsep.join(["nowhere", str(tmp_path / "elsewhere")]))
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert [path.parent for path in paths.values()] == [folder] * 4
        assert server.log == []


def test_a_good_copy_in_the_cache_folder_means_no_request(tmp_path, monkeypatch):
    monkeypatch.delenv("FASHION_DATA")
    folder = copied(tmp_path / "cache" / "minigrad-fashion")
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert {path.parent for path in paths.values()} == {folder}
        assert server.log == []


@pytest.mark.parametrize("place", ["root", "root/FashionMNIST/raw"])
def test_a_wrong_file_in_the_root_is_replaced(place, tmp_path):
    folder = copied(tmp_path / place)
    (folder / ONE.name).write_bytes(b"<html>")
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert len(server.log) == 1
    assert paths[ONE.name] == folder / ONE.name and proof.prove(paths[ONE.name], ONE)


def test_a_wrong_file_is_replaced_by_a_right_copy_from_elsewhere(tmp_path, monkeypatch):
    folder = copied(tmp_path / "root")
    (folder / ONE.name).write_bytes(b"<html>")
    monkeypatch.setenv("FASHION_DATA", str(copied(tmp_path / "elsewhere")))
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(folder, [server.url], quiet=True)
        assert server.log == []
    assert paths[ONE.name] == folder / ONE.name and proof.prove(paths[ONE.name], ONE)


def test_leavings_go_even_when_there_is_nothing_to_fetch(tmp_path):
    folder = copied(tmp_path / "root")
    (folder / f".{ONE.name}.0123456789abcdef.part").write_bytes(b"of a dead process")
    os.utime(folder / f".{ONE.name}.0123456789abcdef.part", (0, 0))
    download.fetch(folder, [], quiet=True)
    assert everything_below(folder) == sorted(BODIES)


def test_without_a_root_files_go_to_the_first_place(tmp_path, monkeypatch):
    with Server(BODIES, Exchange.answer) as server:
        paths = download.fetch(None, [server.url], quiet=True)
        assert {path.parent for path in paths.values()} == {tmp_path / "nothing here"}
        monkeypatch.setenv("FASHION_DATA", "")
        with pytest.raises(download.DownloadError, match="FASHION_DATA is empty"):
            download.fetch(None, [server.url], quiet=True)


# --- this machine's own faults ---


def test_faults_of_the_folder_are_told_before_any_request(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "taken" / "FashionMNIST" / "raw" / SAMPLE[0].name).mkdir(parents=True)
    with Server(BODIES, Exchange.answer) as server:
        for root, words in (("file", "cannot write"), ("taken", "directory of this name")):
            with pytest.raises(download.DownloadError, match=words) as caught:
                download.fetch(tmp_path / root, [server.url], quiet=True)
            assert str(tmp_path / root) in str(caught.value) and not caught.value.reasons
        assert server.log == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_told_before_any_request(tmp_path):
    (tmp_path / "root").mkdir(mode=0o500)
    with Server(BODIES, Exchange.answer) as server:
        with pytest.raises(download.DownloadError, match="cannot write"):
            download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert server.log == []


def test_too_little_room_is_told_before_any_request(one_file, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "FILES", (ONE._replace(gzip_size=1 << 60),))
    with Server(BODIES, Exchange.answer) as server:
        with pytest.raises(download.DownloadError, match="bytes free"):
            download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert server.log == []


def child(*arguments: str, code: str = CHILD, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=child_environment(), **options,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="the limit is set by the module resource")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    """A limit on the size of files stands in for the full disk."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
    with Server(BODIES, Exchange.answer) as server:
        run = child(
            "download", "--root", str(tmp_path / "root"), "--mirror", server.url,
            code=limited + CHILD,
        )  # fmt: skip
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "cannot write" in errors and "Traceback" not in errors
    assert everything_below(tmp_path / "root") == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a tmpfs is Linux's")
def test_a_really_full_disk(tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        # It looks as if there were room, and there is not.
        monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1 << 40}))
        with Server(BODIES, Exchange.answer) as server:
            with pytest.raises(download.DownloadError, match="No space left"):
                download.fetch(disk, [server.url], quiet=True)
        assert everything_below(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- ends by force ---


def started(server: Server, run: subprocess.Popen[str]) -> None:
    """Wait until a child has sent its first request."""
    ends = time.monotonic() + 30
    while not server.log:
        assert run.poll() is None and time.monotonic() < ends, run.communicate()
        time.sleep(0.01)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_nothing(number, code, tmp_path):
    with Server(BODIES, slowly(30)) as server:
        run = child("download", "--root", str(tmp_path / "root"), "--mirror", server.url)
        started(server, run)
        time.sleep(0.3)
        run.send_signal(number)
        _, errors = run.communicate(timeout=10)
    assert run.returncode == code
    assert "Traceback" not in errors
    assert everything_below(tmp_path / "root") == []


def test_kill_9_leaves_nothing_wrong_and_the_next_call_cleans_up(tmp_path):
    check_kills(tmp_path, kills=2)


@pytest.mark.slow
def test_fifty_kills(tmp_path):
    check_kills(tmp_path, kills=50)


def check_kills(tmp_path: Path, kills: int) -> None:
    generator = random.Random(0)
    root = tmp_path / "root"
    with Server(BODIES, slowly(0.15)) as server:
        for _ in range(kills):
            server.log.clear()
            run = child("download", "--root", str(root), "--mirror", server.url)
            started(server, run)
            time.sleep(generator.uniform(0, 0.7))
            run.kill()
            run.communicate()
            for source in SAMPLE:
                path = root / "FashionMNIST" / "raw" / source.name
                if path.exists():
                    assert proof.prove(path, source)
                    if generator.random() < 0.7:
                        path.unlink()  # so that there is something to do
        paths = download.fetch(root, [server.url], quiet=True)
    check_right(paths, root)


@pytest.mark.slow
def test_eight_at_once(tmp_path):
    root = tmp_path / "root"
    with Server(BODIES, slowly(0.3)) as server:
        arguments = ("download", "--root", str(root), "--mirror", server.url)
        runs = [child(*arguments) for _ in range(8)]
        errors = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, errors
    raw_folder = root / "FashionMNIST" / "raw"
    check_right({source.name: raw_folder / source.name for source in SAMPLE}, root)


def test_a_living_process_keeps_its_unfinished_file(one_file, tmp_path):
    """Sweeping must not take the file of another download that is on its way."""
    root = tmp_path / "root"
    with Server(BODIES, slowly(0.5)) as slow, Server(BODIES, Exchange.answer) as fast:
        run = child("download", "--root", str(root), "--mirror", slow.url)
        started(slow, run)
        raw_folder = root / "FashionMNIST" / "raw"
        (raw_folder / f".{ONE.name}.0123456789abcdef.part").write_bytes(b"of a dead process")
        os.utime(raw_folder / f".{ONE.name}.0123456789abcdef.part", (0, 0))
        download.fetch(root, [fast.url], quiet=True)
        _, errors = run.communicate(timeout=30)
    assert run.returncode == 0, errors
    assert [name for name in everything_below(root) if name.endswith(".part")] == []


# --- https ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("this openssl does not make the certificate")
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_https(one_file, tmp_path, certificate, monkeypatch):
    with Server(BODIES, Exchange.answer, tls(certificate)) as server:
        with pytest.raises(download.DownloadError, match="TLS: .*certificate"):
            download.fetch(tmp_path / "root", [server.url], quiet=True)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
    check_right(paths, tmp_path / "root")


def test_never_down_from_https_to_http(one_file, tmp_path, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server(BODIES, Exchange.answer) as plain:
        with Server(BODIES, redirected_to(plain.url), tls(certificate)) as server:
            with pytest.raises(download.DownloadError, match="redirected from https down to"):
                download.fetch(tmp_path / "root", [server.url], quiet=True)
        assert plain.log == []


def test_up_from_http_to_https(one_file, tmp_path, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server(BODIES, Exchange.answer, tls(certificate)) as secure:
        with Server(BODIES, redirected_to(f"{secure.url}/{ONE.name}")) as server:
            paths = download.fetch(tmp_path / "root", [server.url], quiet=True)
    check_right(paths, tmp_path / "root")


@pytest.mark.slow
@pytest.mark.parametrize("part", ["handshake", "headers", "body"])
def test_the_deadline_holds_within_tls(part, one_file, tmp_path, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    drips = {"headers": dripped_headers, "body": dripped_body}
    if part == "handshake":
        # A server without TLS that drips a record: its length of 16 KiB is never reached.
        import socket as sockets

        listener = sockets.create_server(("127.0.0.1", 0))

        def talk() -> None:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError), connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")
                for _ in range(1000):
                    time.sleep(0.02)
                    connection.sendall(b"\x02")

        threading.Thread(target=talk, daemon=True).start()
        server: contextlib.AbstractContextManager = contextlib.closing(listener)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    else:
        server = Server(BODIES, drips[part], tls(certificate))
        url = ""
    began = time.monotonic()
    with server, pytest.raises(download.DownloadError, match="given up|TLS"):
        download.fetch(tmp_path / "root", [url or server.url], deadline=1, quiet=True)
    assert time.monotonic() - began < 3


# --- the real files ---


@pytest.mark.slow
@pytest.mark.full
def test_upstreams_true_files(tmp_path, monkeypatch):
    """Upstream's gzip files, rebuilt from Debian's to their published hashes, cut on the way."""
    import hashlib

    monkeypatch.undo()
    folder = full_data.folder()
    monkeypatch.setenv("FASHION_DATA", "")
    bodies = {}
    for source in sources.FILES:
        old = (folder / source.name).read_bytes()
        written = sources.UPSTREAM_TIMES[source in sources.TEST]
        name = source.name.removesuffix(".gz").encode()
        header = b"\x1f\x8b\x08\x08" + struct.pack("<I", written) + b"\x00\x03" + name + b"\0"
        start = 10 if old[3] == 0 else old.index(0, 10) + 1
        bodies[source.name] = header + old[start:]
        if hashlib.sha256(bodies[source.name]).hexdigest() != source.gzip_sha256:
            pytest.skip("this copy was compressed by others")
        assert len(bodies[source.name]) == source.gzip_size
    with Server(bodies, once(cut(3_000_000))) as server:
        paths = download.fetch(tmp_path / "root", [server.url], deadline=100, quiet=True)
    check_right(paths, tmp_path / "root")
    images, labels = datasets.load_arrays(tmp_path / "root")
    assert images.shape == (60000, 28, 28) and labels[:10].tolist() == [
        9,
        0,
        0,
        3,
        0,
        2,
        7,
        2,
        5,
        5,
    ]
