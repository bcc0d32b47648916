"""The files that a run leaves: JSON for other programs, and the pages of the documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .figures import Figure
from .rows import nets
from .table import header, nets_table, table
from .workers import ROOT

DOCS = ROOT / "docs" / "performance.md"


def write_docs(figures: Sequence[Figure], facts: dict[str, Any], out: Path) -> list[Path]:
    """Put tables between the marks in docs/performance.md, and the pictures beside it."""
    text = DOCS.read_text(encoding="utf-8")
    written = [DOCS]
    for part, picture in (("scaling", "scaling.svg"), ("table", "benchmark.svg"), ("nets", "")):
        chosen = [f for f in figures if part_of(f) == part]
        if not chosen:
            continue
        begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{DOCS} has no {begin} ... {end} to write between")
        written_out = nets_table(chosen) if part == "nets" else table(chosen, markdown=True)
        body = f"```\n{header(facts)}\n```\n\n{written_out}"
        text = f"{before}{begin}\n{body}\n{end}{after}"
        if picture:
            target = DOCS.parent / f"performance-{picture}"
            target.write_bytes((out / picture).read_bytes())
            written.append(target)
    DOCS.write_text(text, encoding="utf-8")
    return written


def part_of(figure: Figure) -> str:
    """Which table of the page it belongs to."""
    return "nets" if figure.row in nets.NETS else "scaling" if figure.row == "scaling" else "table"


def write_json(
    figures: Sequence[Figure], facts: dict[str, Any], gone: list[str], path: Path
) -> None:
    """All that was measured, for other programs."""
    rows = [{**asdict(f), "ratio": f.ratio, "met": f.met} for f in figures]
    whole = {"about": facts, "missing": gone, "figures": rows}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
