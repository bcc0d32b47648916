"""What is sent out is whole: the packages and their data, the sources, the names."""

from __future__ import annotations

import configparser
import importlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def test_the_wheel_has_every_package() -> None:
    named = set(SETUP["options"]["packages"].split())
    there = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("minigrad", "fashion")
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert named == there


def test_the_wheel_has_every_data_file() -> None:
    named = {
        path
        for package, listed in SETUP["options.package_data"].items()
        for pattern in listed.split(",")
        for path in ROOT.joinpath(*package.split(".")).glob(pattern.strip())
    }
    missing = [
        path
        for package in ("minigrad", "fashion")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path not in named and path.suffix not in (".py", ".pyc")
    ]
    assert missing == [], "put them under [options.package_data] in setup.cfg"


def test_commands_that_an_installation_brings_are_there() -> None:
    lines = SETUP["options.entry_points"]["console_scripts"].strip().splitlines()
    for _, _, place in (line.partition(" = ") for line in lines):
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_the_source_distribution_has_every_folder() -> None:
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    for folder in (".ci", ".github", "docs", "fashion", "minigrad", "scripts", "tests"):
        assert re.search(rf"^recursive-include {re.escape(folder)} ", manifest, re.M), folder
        assert (ROOT / folder).is_dir()
    for name in re.findall(r"^include (.*)$", manifest, re.M):
        for file in name.split():
            assert (ROOT / file).is_file(), file


def test_the_citation_says_what_the_package_says() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    said = dict(re.findall(r"^([\w-]+): (.*)$", citation, re.M))
    assert said["version"] == SETUP["metadata"]["version"]
    assert said["license"] == SETUP["metadata"]["license"]
    assert said["cff-version"] == "1.2.0"


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## ([\d.]+)", changelog, re.M)[1] == SETUP["metadata"]["version"]


def test_other_systems_run_the_same_checks() -> None:
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    commands = re.findall(r"run: (.*)$", workflow, re.M)
    assert commands and all(command.startswith("bash .ci/run") for command in commands)
    oldest = SETUP["options"]["python_requires"].removeprefix(">=")
    assert f'python: ["{oldest}"' in workflow
