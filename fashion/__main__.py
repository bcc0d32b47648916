"""`python -m fashion download|verify|info`: get the four files, check them, say where they are."""

from __future__ import annotations

import argparse
import os
import struct
import sys
from pathlib import Path

from . import cache, download, idx, places, proof, sources


def header(path: str | os.PathLike[str]) -> str:
    """Say whose gzip header a file bears, by the name and the time that stand in it.

    >>> from fashion import datasets
    >>> header(datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz")
    'another header (time 0, no name)'
    """
    with open(path, "rb") as file:
        start = file.read(256)
    if len(start) < 10 or start[:2] != b"\x1f\x8b":
        return "no gzip header"
    flags, written = struct.unpack("<BI", start[3:8])
    name = start[10:].split(b"\0")[0].decode("latin-1") if flags == idx.FNAME else ""
    if written in sources.UPSTREAM_TIMES and f"{name}.gz" == Path(path).name:
        return "upstream's header"
    if written == sources.DEBIAN_TIME and not name:
        return "Debian's header"
    return f"another header (time {written}, {f'name {name!r}' if name else 'no name'})"


def verify(root: str | None) -> int:
    """Print of each file whether it is right, whose header it bears and where it lies.

    Returns the exit status: 0 when all four are right, else 1.
    """
    wrong = 0
    for source in sources.FILES:
        paths = places.copies(source, root)
        if not paths:
            print(f"{source.name}: missing")
        for number, path in enumerate(paths):
            note = "" if number == 0 else " (not read: another copy comes first)"
            try:
                proof.prove(path, source)
                print(f"{source.name}: right, {header(path)}, {path}{note}")
            except (idx.IdxError, OSError) as error:
                kind = "WRONG" if isinstance(error, idx.IdxError) else "CANNOT BE READ"
                print(f"{source.name}: {kind}{note}: {error}")
                wrong += number == 0
        wrong += not paths
    if wrong:
        print(f"{wrong} of the four files are not right.\n{places.ADVICE}", file=sys.stderr)
    return 1 if wrong else 0


def info(root: str | None) -> int:
    """Print where the files, their copies and the mirrors are, in the order of asking."""
    print("Files are looked for in:")
    for place in places.places(root):
        there = [source.name for source in sources.FILES if (place / source.name).exists()]
        print(f"  {place}: {', '.join(there) or 'none'}")
    print("Copies that load at once:")
    for source in sources.FILES:
        for path in places.copies(source, root)[:1]:
            for copy in filter(Path.exists, cache.copy_paths(path)):
                print(f"  {copy}: {copy.stat().st_size} bytes")
    own = places.own_places(root)
    print(f"Downloads go to:\n  {own[-1] if own else 'nowhere: $FASHION_DATA is empty'}")
    print("Mirrors:", *sources.MIRRORS, sep="\n  ")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 when a file is not right, 130 on Ctrl-C.

    It is 141, as the shell says it, when the reader of the output leaves, as `head` does.

    >>> main(["info", "--root", "data"])  # doctest: +ELLIPSIS
    Files are looked for in:
    ...
    0
    """
    parser = argparse.ArgumentParser(prog="python -m fashion", description=__doc__)
    parser.add_argument("command", choices=("download", "verify", "info"))
    parser.add_argument("--root", metavar="DIR", help="look here first, and download to here")
    parser.add_argument(
        "--mirror", metavar="URL", action="append", help="instead of the built-in ones; repeatable"
    )
    parser.add_argument(
        "--deadline", metavar="SECONDS", type=float, default=download.DEADLINE,
        help="for a download of all files together (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    options = parser.parse_args(argv)
    if not options.deadline > 0:
        parser.error(f"--deadline must be above 0, and is {options.deadline:g}")
    try:
        if options.command != "download":
            status = (verify if options.command == "verify" else info)(options.root)
        else:
            mirrors = options.mirror or sources.MIRRORS
            found = download.fetch(options.root, mirrors, options.deadline, options.quiet)
            status = 0
            for path in [] if options.quiet else found.values():
                print(f"right: {path}")
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (download.DownloadError, OSError) as error:
        print(f"python -m fashion: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("python -m fashion: stopped; nothing half is left behind", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
