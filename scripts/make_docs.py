"""Write what the documents are made of: included code, figures, notebooks, the lecture's pages.

`make_docs.py` renews code, figures and notebooks from their sources; the notebooks keep the outputs
of cells that are unchanged. `make_docs.py --run` also runs the notebooks, which needs nbclient and
ipykernel (pip install -e '.[dev]'), and writes the lecture's pages from what they show.

A notebook is written as docs/notebooks/NAME.py. A line `# %%` begins a cell of code, and
`# %% [markdown] en` or `zh` a cell of prose in one of the two languages. `# %% from FILE` is a cell
with that file's code. NAME.ipynb and NAME.zh-CN.ipynb are made of it.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NOTEBOOKS = DOCS / "notebooks"
ENDS = {"en": "", "zh": ".zh-CN"}
INCLUDED = re.compile(r"(<!-- code: (\S+) (.+?) -->\n```python\n).*?(^```$)", re.S | re.M)
DRAWN = {"en": "What this cell draws", "zh": "这一格画出的图"}
SWITCH = {"en": "English | [简体中文]({}.zh-CN{})", "zh": "[English]({}{}) | 简体中文"}


# -- code that a page includes ---------------------------------------------------------------------
def part(path: str, name: str) -> str:
    """The source of a function, class or method `a.b`; or of the lines `first ... last`."""
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    if " ... " in name:
        first, last = name.split(" ... ")
        begins = [i for i, line in enumerate(lines) if line.strip().startswith(first)]
        ends = [i for i, line in enumerate(lines) if last in line and begins and i >= begins[0]]
        if not ends:
            raise ValueError(f"{path} has no lines from {first!r} to {last!r}: mend the page")
        begin, end = begins[0], ends[0]
        return "\n".join(lines[begin : end + 1])
    body: Any = ast.parse(text).body
    for word in name.split("."):
        found = [node for node in body if getattr(node, "name", None) == word]
        if not found:
            raise ValueError(f"{path} has no {name}")
        body = found[0].body
    begin = min([found[0].lineno, *(d.lineno for d in found[0].decorator_list)])
    return "\n".join(lines[begin - 1 : found[0].end_lineno])


def with_code(page: str) -> str:
    """A page with the code that it names, as it stands in the files today."""
    return INCLUDED.sub(lambda m: f"{m[1]}{part(m[2], m[3])}\n{m[4]}", page)


def figures() -> dict[str, str]:
    """The figures of how-it-works.md, by file name, as the project draws them."""
    import minigrad
    from minigrad.study import draw

    w = minigrad.tensor([1.0, 2.0], requires_grad=True)
    x = minigrad.tensor([3.0, 4.0])
    loss = (w * x).exp().mean().log()
    forward = draw(loss, w=w, x=x, loss=loss)
    pictures = {"how-it-works-forward.svg": forward.svg()}
    loss.backward(retain_graph=True)
    pictures["how-it-works-backward.svg"] = draw(loss, w=w, x=x, loss=loss).svg()
    a = minigrad.tensor(2.0, requires_grad=True)
    b = a * a
    c = b + b
    c.backward(retain_graph=True)
    pictures["how-it-works-diamond.svg"] = draw(c, a=a, b=b, c=c).svg()
    t = minigrad.tensor(0.5, requires_grad=True)
    (first,) = minigrad.autograd.grad(t.sin(), t, create_graph=True)
    pictures["how-it-works-second.svg"] = draw(first, t=t, first=first).svg()
    return pictures


# -- notebooks -------------------------------------------------------------------------------------
def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a text file: pairs of "code", "en" or "zh" and the source."""
    found = []
    for head, body in re.findall(r"^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", text, re.S | re.M):
        head, body = head.strip(), body.strip("\n")
        if head.startswith("[markdown]"):
            prose = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.split("\n"))
            found.append((head.split()[1], prose))
        elif head.startswith("from "):
            found.append(("code", (NOTEBOOKS / head[5:]).read_text(encoding="utf-8").rstrip()))
        else:
            found.append(("code", body))
    return found


def notebook(text: str, language: str, old: dict[str, Any] | None = None) -> dict[str, Any]:
    """The notebook in one language, with an old one's outputs where the code is the same."""
    known = {"".join(c["source"]): c for c in (old or {"cells": []})["cells"]}
    made: list[dict[str, Any]] = []
    for kind, source in cells(text):
        if kind not in ("code", language):
            continue
        cell: dict[str, Any] = {"id": f"cell-{len(made)}", "metadata": {}}
        cell["cell_type"] = "code" if kind == "code" else "markdown"
        cell["source"] = source.splitlines(keepends=True)
        if kind == "code":
            cell["execution_count"] = None
            cell["outputs"] = known[source]["outputs"] if source in known else []
        made.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def run(made: dict[str, Any]) -> dict[str, Any]:
    """A notebook with what its cells show when they run one after another."""
    import nbclient
    import nbformat

    live = nbformat.reads(json.dumps(made), as_version=4)
    place = {"metadata": {"path": str(NOTEBOOKS)}}
    nbclient.NotebookClient(live, timeout=600, resources=place).execute()
    for cell, done in zip(made["cells"], live.cells, strict=True):
        if cell["cell_type"] == "code":
            cell["outputs"] = [plain(dict(output)) for output in done["outputs"]]
    return made


def plain(output: dict[str, Any]) -> dict[str, Any]:
    """An output without what changes from run to run, and with one form of each picture."""
    if output["output_type"] in ("execute_result", "display_data"):
        data = dict(output["data"])
        if "image/svg+xml" in data or "image/png" in data:
            data.pop("text/plain", None)
        kept = {"data": data, "metadata": {}, "output_type": output["output_type"]}
        if output["output_type"] == "execute_result":
            kept["execution_count"] = None
        return kept
    return output


def written(made: dict[str, Any]) -> str:
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


# -- the lecture's pages ---------------------------------------------------------------------------
def page(made: dict[str, Any], name: str, language: str) -> str:
    """A notebook as a Markdown page: prose, code, and what it shows."""
    parts, drawn = [SWITCH[language].format(name, ".md")], 0
    for cell in made["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        shown = "".join(map(text_of, cell["outputs"])).rstrip()
        if shown:
            parts.append(f"```text\n{shown}\n```")
        for _ in pictures({"cells": [cell]}):
            drawn += 1
            parts.append(f"![{DRAWN[language]}]({name}-{drawn}.svg)")
    return "\n\n".join(parts) + "\n"


def pictures(made: dict[str, Any]) -> list[str]:
    """The pictures in a notebook's outputs, as SVG."""
    outputs = [output for cell in made["cells"] for output in cell.get("outputs", ())]
    drawn = [output.get("data", {}).get("image/svg+xml") for output in outputs]
    return ["".join(picture) for picture in drawn if picture]


def text_of(output: dict[str, Any]) -> str:
    """What an output says, without pictures."""
    said = output.get("text") or output.get("data", {}).get("text/plain") or ""
    said = said if isinstance(said, str) else "".join(said)
    return said if said.endswith("\n") or not said else said + "\n"


def main(argv: list[str] | None = None) -> int:
    """Renew the documents."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", action="store_true", help="run the notebooks, too")
    parser.add_argument("names", nargs="*", help="notebooks (default: all)")
    options = parser.parse_args(argv)
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        path.write_text(with_code(text), encoding="utf-8")
    for name, picture in figures().items():
        (DOCS / name).write_text(picture, encoding="utf-8")
    for source in sorted(NOTEBOOKS.glob("*.py")):
        if options.names and source.stem not in options.names:
            continue
        text, outputs = source.read_text(encoding="utf-8"), None
        for language, end in ENDS.items():
            path = NOTEBOOKS / f"{source.stem}{end}.ipynb"
            old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
            made = notebook(text, language, outputs or old)
            if options.run and outputs is None:
                made = run(made)
            outputs = made  # the other language shows the same
            path.write_text(written(made), encoding="utf-8")
            if source.stem == "lecture":
                (DOCS / f"lecture{end}.md").write_text(page(made, "lecture", language), "utf-8")
                for i, picture in enumerate(pictures(made), 1):
                    (DOCS / f"lecture-{i}.svg").write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
