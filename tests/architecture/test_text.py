"""What stands in files: nothing left to do, nothing of the machines it was written on, the words people are shown."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
APPS = ("config", "core", "compounds", "ballots", "fees", "portal")
TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".yml", ".yaml", ".txt", ".sh", ".svg", ".csv", ".in", ""}
LEFT_OVER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
# Of the machines and helpers that code is written on, nothing belongs into the code.
WORKPLACE = re.compile(
    r"/work/|/home/[a-z]|/Users/|\b(?:chat"
    + r"gpt|open"
    + r"ai|anthro"
    + r"pic|clau"
    + r"de|co"
    + r"pilot)\b|\bLL"
    + r"M\b",
    re.I,
)


def tracked() -> Iterator[Path]:
    """Yield the files of the project: what git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix in TEXT and path.is_file() and not path.is_symlink():
            yield path


def hits(pattern: re.Pattern[str]) -> list[str]:
    me = Path(__file__).resolve()
    found = []
    for path in tracked():
        if path == me or path.name.startswith("requirements"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    return found


def test_nothing_is_left_to_do() -> None:
    assert hits(LEFT_OVER) == []


def test_nothing_tells_of_the_workplace() -> None:
    assert hits(WORKPLACE) == []


def sources() -> list[Path]:
    return [p for app in APPS for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts]


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    """One sentence first; an empty package file needs none."""
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        return
    said = ast.get_docstring(ast.parse(text))
    assert said, "no docstring"
    first = said.split("\n\n")[0]
    assert first.endswith("."), first
    assert len(first) < 250


@pytest.mark.parametrize("name", ["rules", "operations", "documents"], ids=["rules", "operations", "documents"])
def test_public_functions_say_what_they_do(name: str) -> None:
    """Rules, operations and documents are read by people who were not there."""
    silent = []
    for app in ("core", "compounds", "ballots", "fees", "portal"):
        for path in [ROOT / app / f"{name}.py", *sorted((ROOT / app / name).glob("*.py"))]:
            if not path.exists():
                continue
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
                if public and not ast.get_docstring(node):  # type: ignore[arg-type]
                    silent.append(f"{path.relative_to(ROOT)}: {node.name}")  # type: ignore[union-attr]
    assert silent == []


# look.md, Words: what no page says.
NOT_SAID = re.compile(r"提交|操作成功|操作失败|非法|[！]|点击此处|敬请|贵小区")


def shown_texts() -> Iterator[tuple[Path, str]]:
    for app in APPS:
        for path in sorted((ROOT / app / "templates").rglob("*.html")):
            yield (
                path,
                re.sub(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", "", path.read_text(encoding="utf-8"), flags=re.S),
            )
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 2:
                yield path, node.value


def test_words_that_no_page_says() -> None:
    found = [f"{path.relative_to(ROOT)}: {m.group()}" for path, text in shown_texts() for m in NOT_SAID.finditer(text)]
    assert found == []
