"""tools/verify_ledger.py: 一致 for what was posted, never for anything else; it needs and trusts nothing of ours."""

from __future__ import annotations

import ast
import importlib.util
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from fees.documents import data_hash
from fees.models import Ledger
from tests import factories

pytestmark = pytest.mark.once

SCRIPT = Path(settings.BASE_DIR) / "tools" / "verify_ledger.py"
SEED, FLIPS = 18, 300


@pytest.fixture(scope="module")
def posted(module_db: Path) -> str:
    """The exact JSON of a ledger with both books, a transfer, held money and a reversal of nothing."""
    factories.full_books(factories.compound())
    return Ledger.objects.get(code="2026-09").document.data


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_ledger", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def says(tool: ModuleType, tmp_path: Path) -> Callable[[str | bytes], int]:
    """Return the exit code for a file with this content."""

    def run(content: str | bytes) -> int:
        path = tmp_path / "ledger.json"
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        code: int = tool.main(["verify_ledger.py", str(path)])
        return code

    return run


def rehashed(data: dict[str, Any]) -> str:
    return json.dumps(data | {"sha256": data_hash(data)}, ensure_ascii=False)


def test_what_was_posted_is_consistent(posted: str, tmp_path: Path) -> None:
    """As anyone runs it: another program, an empty folder, no environment of ours."""
    path = tmp_path / "下载.json"
    path.write_text(posted, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), path.name], cwd=tmp_path, env={"PYTHONIOENCODING": "utf-8"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "一致" in done.stdout.decode() and "不一致" not in done.stdout.decode()
    path.write_text(posted.replace('"income":"', '"income":"1', 1), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), str(path)], env={"PYTHONIOENCODING": "utf-8"},
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 1 and "不一致" in done.stdout.decode()


def test_a_missing_file_and_no_file_at_all(tool: ModuleType, tmp_path: Path) -> None:
    assert tool.main(["verify_ledger.py", str(tmp_path / "none.json")]) == 2
    assert tool.main(["verify_ledger.py"]) == 2
    assert tool.main(["verify_ledger.py", str(tmp_path)]) == 2


def test_the_same_data_saved_otherwise_is_consistent(posted: str, says: Callable[[str], int]) -> None:
    """Key order, spaces, escapes and a byte order mark are no change of the data."""
    data = json.loads(posted)
    assert says(posted) == 0
    assert says(json.dumps(data, indent=2)) == 0
    assert says("\ufeff" + json.dumps(dict(reversed(data.items())), ensure_ascii=False)) == 0


def test_no_single_changed_character_passes(posted: str, says: Callable[[str], int]) -> None:
    """300 random ones: 1 or 2, never 0 - but inside ``verify_url``, which the hash leaves out by contract."""
    chance = random.Random(SEED)
    start = posted.index('"verify_url":"') + len('"verify_url":"')
    end = posted.index('"', start)
    passed = []
    alphabet = '0123456789.-"{}[],:abcZ甲乙 \\'
    for _ in range(FLIPS):
        at = chance.randrange(len(posted))
        other = chance.choice([c for c in alphabet if c != posted[at]])
        changed = posted[:at] + other + posted[at + 1 :]
        code = says(changed)
        assert code in (0, 1, 2)
        if code == 0 and not start <= at < end:
            passed.append((at, posted[at - 20 : at + 20], other))
    assert not passed


def test_no_single_added_or_missing_character_passes(posted: str, says: Callable[[str], int]) -> None:
    """But for spaces and the like between the parts, which are no data."""
    chance = random.Random(SEED + 1)
    start = posted.index('"verify_url":"') + len('"verify_url":"')
    end = posted.index('"', start)
    for _ in range(FLIPS // 3):
        at = chance.randrange(len(posted))
        if start <= at <= end:
            continue
        assert says(posted[:at] + posted[at + 1 :]) != 0, posted[at - 20 : at + 20]
        assert says(posted[:at] + chance.choice("179甲") + posted[at:]) != 0, posted[at - 20 : at + 20]


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "an amount": lambda d: d["books"][1]["lines"][0].update(amount="1.00"),
    "a balance": lambda d: d["books"][1]["lines"][0].update(balance="1.00"),
    "a line taken out": lambda d: d["books"][1]["lines"].pop(1),
    "a line twice": lambda d: d["books"][1]["lines"].append(d["books"][1]["lines"][-1]),
    "two lines exchanged": lambda d: d["books"][1]["lines"].reverse(),
    "the income": lambda d: d["books"][1].update(income="1.00"),
    "the closing": lambda d: d["books"][1].update(closing="1.00"),
    "the opening": lambda d: d["books"][1].update(opening="1.00"),
    "where the money lies": lambda d: d["books"][1].update(cash="1.00"),
    "a source": lambda d: d["sources"]["residents"].update(received="1.00"),
    "a service line": lambda d: d["service_lines"]["repair"].update(spent="1.00"),
    "an amount of three decimals": lambda d: d["books"][0].update(held_in="0.000"),
    "an amount as a number": lambda d: d["books"][0].update(income=450.0),
    "no amount": lambda d: d["books"][0].update(income=None),
    "an infinite amount": lambda d: d["books"][0].update(income="Infinity"),
    "an amount as a list": lambda d: d["books"][0].update(income=[]),
    "an amount of a thousand million digits": lambda d: d["books"][0].update(income="1E+999999999"),
    "no books": lambda d: d.pop("books"),
    "books of another kind": lambda d: d.update(books={"service": []}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_figures_that_do_not_add_up_are_found_behind_a_right_hash(
    name: str, posted: str, says: Callable[[str], int]
) -> None:
    """Whoever changes a figure may compute the hash anew; the sums give it away, or the shape does."""
    data = json.loads(posted)
    CHANGES[name](data)
    text = json.dumps(data | {"sha256": tool_hash(data)}, ensure_ascii=False)
    assert says(text) == 1


def tool_hash(data: dict[str, Any]) -> str:
    """Return the hash of data that need not be a ledger's (a float is none of ours)."""
    import hashlib

    rest = {k: v for k, v in data.items() if k not in ("sha256", "verify_url")}
    return hashlib.sha256(
        json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def test_a_key_that_stands_twice_is_refused(posted: str, says: Callable[[str], int]) -> None:
    """One reader sees the first, another the last."""
    assert says(posted.replace('"version":1', '"version":1,"version":1', 1)) == 1
    assert says(posted.replace('"period":"2026-09"', '"period":"2026-08","period":"2026-09"', 1)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"PK\x03\x04", b'{"schema":"ballot/1"}', b'{"schema":1}',
     b"[" * 100_000, b'{"schema":"ledger/1"'],
)  # fmt: skip
def test_what_is_no_ledger_is_unreadable(content: bytes, says: Callable[[bytes], int]) -> None:
    assert says(content) == 2


@pytest.mark.parametrize(
    "content",
    ['{"schema":"ledger/1"}', '{"schema":"ledger/1","x":"\\ud800"}', '{"schema":"ledger/1","x":NaN}',
     '{"schema":"ledger/1","sha256":null,"books":[]}'],
)  # fmt: skip
def test_a_ledger_with_nothing_in_it_is_inconsistent(content: str, says: Callable[[str], int]) -> None:
    assert says(content) == 1


@pytest.mark.parametrize("name", ["verify_ledger.py"])
def test_it_stands_alone(name: str) -> None:
    """Standard library only, at most 150 lines, nothing of ours imported."""
    text = (SCRIPT.parent / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert imported <= sys.stdlib_module_names
    assert not imported & {"importlib", "runpy", "subprocess", "urllib", "socket", "http"}
