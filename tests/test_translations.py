"""A page and its Chinese edition correspond: headings, tables, code, links and pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("**/*.zh-CN.md"))]
CODE = re.compile(r"^```[\s\S]*?^```$|(?:^    .*\n)+", re.M)


def read(name: str) -> tuple[str, str]:
    """The English page and the Chinese one."""
    chinese = ROOT / name
    english = chinese.with_name(chinese.name.replace(".zh-CN", ""))
    return english.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")


def code(page: str) -> list[str]:
    return [block.rstrip("\n") for block in CODE.findall(page)]


def headings(page: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", CODE.sub("", page), re.M)]


def tables(page: str) -> list[list[tuple[int, list[str]]]]:
    """Of each table, of each row: how many cells, and what in it needs no translation."""
    found = []
    for table in re.findall(r"(?:^\|.*\n?)+", CODE.sub("", page), re.M):
        rows = table.splitlines()
        found.append(
            [(row.count("|"), sorted(re.findall(r"`[^`]+`|\d[\d.]+", row))) for row in rows]
        )
    return found


def targets(page: str) -> list[str]:
    """Where the links lead and which pictures are shown; other pages in their own language."""
    found = re.findall(r"\]\(([^)]+)\)", CODE.sub("", page))
    return [re.sub(r"\.zh-CN|//zh\.", lambda m: "" if m[0][0] == "." else "//", t) for t in found]


def test_the_readme_has_a_chinese_edition() -> None:
    assert "README.zh-CN.md" in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_headings_tables_code_and_links_correspond(name: str) -> None:
    english, chinese = read(name)
    assert code(chinese) == code(english)
    assert headings(chinese) == headings(english)
    assert tables(chinese) == tables(english)
    assert targets(chinese)[1:] == targets(english)[1:]


@pytest.mark.parametrize("name", PAGES)
def test_the_first_line_leads_to_the_other_language(name: str) -> None:
    english, chinese = read(name)
    own = Path(name).name
    assert english.splitlines()[0] == f"English | [简体中文]({own})"
    assert chinese.splitlines()[0] == f"[English]({own.replace('.zh-CN', '')}) | 简体中文"


@pytest.mark.parametrize("name", PAGES)
def test_links_of_both_languages_lead_to_files(name: str) -> None:
    folder = (ROOT / name).parent
    for page in read(name):
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", CODE.sub("", page)):
            assert (folder / target).exists(), target


def test_terms_are_the_books() -> None:
    page = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    for term in ("张量", "梯度", "反向传播", "计算图", "叶子节点", "广播"):
        assert re.search(rf"{term}\**（[a-z ]+）", page), f"{term}: the English word at first use"
