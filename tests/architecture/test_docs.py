"""What the pages beside the code say of it is there: paths, commands, words, and the length that can be read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md")]
    + list((ROOT / "docs").rglob("*.md"))
)
# Made when the product is set up or runs.
MADE = ("var/", "staticfiles/", ".venv/")


@cache
def sources() -> str:
    folders = ("core", "compounds", "ballots", "fees", "portal", "config", "tools")
    return "\n".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".js", ".sh", ".sql")
    )


def quoted(page: Path) -> list[str]:
    """Return what stands between backticks on a page, blocks of commands left out."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.name)
def test_paths_that_are_named_exist(document: Path) -> None:
    named = [word for word in quoted(document) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+\.(md|yml|toml)", word)]
    missing = []
    for word in named:
        places = [ROOT / word, document.parent / word, ROOT / "portal" / word]
        if not word.startswith(MADE) and not any(place.exists() for place in places):
            missing.append(word)
    assert not missing


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_the_words_of_the_glossary_are_the_codes_own() -> None:
    words = {
        part
        for quote in quoted(ROOT / "GLOSSARY.md")
        for part in re.findall(r"[A-Za-z_][A-Za-z_0-9]{2,}", quote)
        if "/" not in quote and "*" not in quote
    }
    assert len(words) > 60
    unknown = {word for word in words if not re.search(rf"\b{word}\b", sources())}
    assert not unknown


def test_commands_that_are_named_exist() -> None:
    """Every ``manage.py …`` of the pages, and every command of ours is told to somebody."""
    ours = {name for name, app in get_commands().items() if app in ("core", "compounds", "ballots", "fees", "portal")}
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert all(re.search(rf"\b{name}\b", told) for name in ours), ours
    for name in re.findall(r"manage\.py ([a-z_]+)", told):
        assert name in get_commands() or name == "help", name


def test_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {name for page in PAGES for name in re.findall(r"`?make ([a-z-]+)`", page.read_text(encoding="utf-8"))}
    assert told and told <= targets


def test_the_architecture_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {int(path.name[:4])}. "), path.name
