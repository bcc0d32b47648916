"""The figures as a table, for a terminal or in Markdown, with the facts above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .figures import Figure
from .peers import COMPILED, MINIGRAD
from .workers import ONE_THREAD

HEAD = ("row", "what", "against", "ratio", "quartiles", "ours", "theirs", "bar", "")


def cells(one: Figure) -> tuple[str, ...]:
    """One figure as the words of the table.

    >>> cells(Figure("epoch", "an epoch", "B", [0.5, 0.4, 0.6], 1.0, 2.0, bar=0.45))[3:]
    ('0.50', '0.45 - 0.55', '1.00 ms', '2.00 ms', '0.45', 'missed')
    """

    def amount(value: float | None) -> str:
        return "" if value is None else f"{short(value)} {one.unit}"

    ratio = "" if one.ratio is None else short(one.ratio)
    spread = " - ".join(map(short, one.spread)) if len(one.ratios) > 1 else ""
    absolute = one.absolute or one.ratio is None
    bar = "" if one.bar is None else short(one.bar) + (f" {one.unit}" if absolute else "")
    met = {True: "met", False: "missed", None: ""}[one.met]
    return (
        one.row, one.what, one.against, ratio, spread, amount(one.ours), amount(one.theirs), bar,
        met,
    )  # fmt: skip


def short(value: float) -> str:
    """A number with three figures at most, and two decimals at least where it is small.

    >>> short(0.01234), short(1.234), short(123.4)
    ('0.012', '1.23', '123')
    """
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def table(figures: Sequence[Figure], markdown: bool = False) -> str:
    """The figures as a table: for a terminal, or in Markdown."""
    lines = [HEAD, *map(cells, figures)]
    if markdown:
        rule = ("---",) * 3 + ("--:",) * 5 + ("---",)
        return "\n".join("| " + " | ".join(line) + " |" for line in [HEAD, rule, *lines[1:]])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 3 <= i <= 7 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def nets_table(figures: Sequence[Figure]) -> str:
    """The rows of nets in Markdown: a line for each net and kind, a column for each contestant.

    minigrad has its costs, the others the ratio to them; behind the bar / that of the compiled one.

    >>> one = Figure("cnn", "CNN, time", "B", [0.5], 1.0, 2.0, "ms", 0.4,
    ...              settings={"net": "CNN", "kind": "time", "us": "minigrad", "them": "b"})
    >>> print(nets_table([one]))
    | net | measured | minigrad | B |
    | --- | --- | --: | --: |
    | CNN | time | 1.00 ms | 0.50 |
    <BLANKLINE>
    - CNN, time: 0.50 of B, the bar is 0.40: missed
    """
    labels = {f.settings["them"]: f.against for f in figures}
    labels.pop(MINIGRAD, None)
    compiled = [COMPILED] if any(f.settings["us"] == COMPILED for f in figures) else []
    found = {tuple(f.settings[k] for k in ("net", "kind", "us", "them")): f for f in figures}
    lines: list[tuple[str, ...]] = [
        ("net", "measured", MINIGRAD, *compiled, *labels.values()),
        ("---", "---", *("--:" for _ in (MINIGRAD, *compiled, *labels))),
    ]
    for net, kind in dict.fromkeys(key[:2] for key in found):
        costs, ratios = {}, {them: [] for them in labels}
        for us in (MINIGRAD, *compiled):
            for them in labels:
                one = found.get((net, kind, us, them))
                if one is not None and one.ratio is not None:
                    costs[us] = f"{short(one.ours or 0)} {one.unit}"
                    ratios[them].append(short(one.ratio))
        own = [costs.get(us, "") for us in (MINIGRAD, *compiled)]
        lines.append((net, kind, *own, *(" / ".join(words) for words in ratios.values())))
    bars = [
        f"- {f.what}: {short(f.ratio)} of {f.against}, the bar is {short(f.bar)}: {cells(f)[-1]}"
        for f in figures
        if f.bar is not None and f.ratio is not None
    ]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + [""] * bool(bars) + bars)


def header(facts: dict[str, Any]) -> str:
    """The facts in a few lines."""
    blas = facts["blas"]
    kernels_ = f", {blas['kernels']} kernels" if "kernels" in blas else ""
    environment_ = ", ".join(f"{k}={v}" for k, v in facts["environment"].items()) or "nothing set"
    return "\n".join(
        [
            f"machine: {facts['machine']}; Python {facts['python']}",
            "versions: " + ", ".join(f"{k} {v}" for k, v in facts["versions"].items()),
            f"BLAS: {blas['name']} {blas['version']}, {blas['threads']} threads{kernels_}; "
            f"environment: {environment_}; OPENBLAS_NUM_THREADS="
            f"{ONE_THREAD['OPENBLAS_NUM_THREADS']} in all rows of softmax regression",
            f"data: {facts['data']}; rounds: {facts['rounds']}; ratio: ours / theirs, the median "
            "of paired runs; below 1 is better for minigrad",
        ]
    )
