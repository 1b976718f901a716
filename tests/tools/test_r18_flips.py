"""R18: a single changed byte of a posted ledger's data is never called 一致, by the tool nor by the verify page."""

from __future__ import annotations

import importlib.util
import json
import os
import random
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

from fees import verdicts
from fees.models import Ledger
from tests import factories

pytestmark = pytest.mark.once

SCRIPT = Path(settings.BASE_DIR) / "tools" / "verify_ledger.py"
SEED = int(os.environ.get("FAULT_SEED", "18"))
FLIPS, PAGE_FLIPS = 1_000, 150


@pytest.fixture(scope="module")
def posted(module_db: Path) -> bytes:
    """The stored JSON of a month with both books, a transfer and held money."""
    factories.full_books(factories.compound())
    return Ledger.objects.get(code="2026-09").document.data.encode()


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_ledger", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hashed_part(posted: bytes) -> list[int]:
    """Return the places that the 校验码 covers or is: all but the inside of ``verify_url``."""
    start = posted.index(b'"verify_url":"') + len(b'"verify_url":"')
    end = posted.index(b'"', start)
    return [at for at in range(len(posted)) if not start <= at < end]


def flipped(posted: bytes, chance: random.Random) -> bytes:
    """Change one byte: any byte to any other, or more often a figure to a figure and a letter to a letter."""
    while True:
        at = chance.choice(hashed_part(posted))
        old = bytes([posted[at]])
        for alphabet in (b"0123456789", b"abcdefghijklmnopqrstuvwxyz"):
            if old in alphabet:
                new = chance.choice([letter for letter in alphabet if letter != posted[at]])
                return posted[:at] + bytes([new]) + posted[at + 1 :]
        if chance.random() < 0.3:
            return posted[:at] + bytes([posted[at] ^ chance.randrange(1, 256)]) + posted[at + 1 :]


def test_a_thousand_single_bytes(posted: bytes, tool: ModuleType, tmp_path: Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = tmp_path / "ledger.json"
    path.write_bytes(posted)
    assert tool.main(["verify_ledger.py", str(path)]) == 0, "genuine"
    chance = random.Random(SEED)
    codes = Counter[int]()
    for _ in range(FLIPS):
        path.write_bytes(flipped(posted, chance))
        codes[tool.main(["verify_ledger.py", str(path)])] += 1
    with capsys.disabled():
        print(f"\nR18 seed {SEED}: {FLIPS} flips, 不一致 {codes[1]}, unreadable {codes[2]}, 一致 {codes[0]}")
    assert codes[0] == 0 and sum(codes.values()) == FLIPS


def test_the_verify_page_sees_them_too(posted: bytes) -> None:
    assert verdicts.compare_file(posted).is_genuine
    chance = random.Random(SEED + 1)
    passed = [at for at in range(PAGE_FLIPS) if verdicts.compare_file(flipped(posted, chance)).is_genuine]
    assert not passed


def test_control_believing_the_stored_hash_lets_them_pass(
    posted: bytes, tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who compares with the hash that the file brings, and adds nothing up, takes every changed summary for genuine."""
    monkeypatch.setattr(tool, "canonical_hash", lambda data: data["sha256"])
    monkeypatch.setattr(tool, "check_book", lambda book: 0)
    path = tmp_path / "ledger.json"
    data = json.loads(posted)
    data["books"][1]["lines"][0]["summary"] = "别的事"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    assert tool.main(["verify_ledger.py", str(path)]) == 0
    monkeypatch.undo()
    assert tool.main(["verify_ledger.py", str(path)]) == 1


def test_heads_of_both_books_stand_in_ledger_paper_and_anchors_file(posted: bytes) -> None:
    """Outside the database, what a ledger vouches for can be compared: data, anchors.jsonl, and the chain agree."""
    anchors = [json.loads(line) for line in settings.ANCHORS_FILE.read_text().splitlines()]
    for anchor in json.loads(posted)["anchors"]:
        noted = [
            a
            for a in anchors
            if a.get("book") == anchor["book"] and a["count"] == anchor["count"] and "ledger" not in a
        ]
        assert noted and noted[-1]["hash"] == anchor["hash"]
    issued = [a for a in anchors if a.get("ledger") == "2026-09"]
    assert issued and issued[0]["hash"] == json.loads(posted)["sha256"]
