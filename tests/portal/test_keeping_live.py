"""Backups of books that go on: taken while people post (R19), and what the anchors say after restoring (D12)."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from compounds.models import Compound
from core.operations import machine
from fees.models import Voucher
from fees.operations import issue_ledger
from fees.verification import verify_books
from portal.keeping import NotKept, backup, make_backup
from tests import factories
from tests.factories import AT
from tests.keeping import new_place, run
from tests.together import run_together

pytestmark = pytest.mark.usefixtures("real_db")


def test_what_was_posted_after_the_backup_is_explained_and_nothing_else(tmp_path: Path, quick_pdf: None) -> None:
    """D12: with the newest anchors at hand, the verification tells what was lost instead of finding damage for ever."""
    home = factories.compound()
    factories.issued(home)
    assert run("backup", tmp_path / "backup")[0] == 0
    factories.close(home, date(2026, 11, 1), AT + timedelta(days=30))
    issue_ledger(home, date(2026, 11, 1), actor=machine("system"), at=AT + timedelta(days=30))
    lost = next_number_in_december(home)
    newest = Path(shutil.copyfile(settings.ANCHORS_FILE, tmp_path / "newest"))
    with new_place(tmp_path / "new", newest):
        code, result = run("restore", tmp_path / "backup")
        assert code == 0, result
        report = verify_books()
        assert report.bad == []
        assert any("从备份恢复过" in w and "凭证有1张、公示有1份" in w for w in report.warnings), report.warnings
        assert next_number_in_december(home) == lost, "the number is given again, and another voucher bears it"
        assert verify_books().bad == []
        anchors = settings.ANCHORS_FILE
        lines = anchors.read_text().splitlines(keepends=True)
        anchors.write_text("".join(line for line in lines if "restored" not in line))
        assert verify_books().bad, "control: without its line the restoring looks like damage"
        forged = [line.replace('"hash":"', '"hash":"0') if '"count":3' in line else line for line in lines]
        anchors.write_text("".join(forged))
        assert verify_books().bad, "what the backup held is not explained away"


def next_number_in_december(home: Compound) -> int:
    (voucher,) = factories.post(
        home, [factories.data(home, date(2026, 12, 3), "101", "8.00")], at=AT + timedelta(days=30)
    )
    return voucher.number


def test_backup_taken_while_people_post(tmp_path: Path) -> None:
    home = factories.compound()
    factories.some_month(home)

    def post() -> int:
        for n in range(12):
            factories.post(home, [factories.data(home, date(2026, 10, 20), "101", f"{n + 1}.00")])
        return 0

    def back_up() -> dict[str, Any]:
        return make_backup(tmp_path / "backup", actor=machine("system"), at=AT)

    results = run_together([post, post, back_up])
    assert results[:2] == [0, 0] and isinstance(results[2], dict), results
    assert Voucher.objects.count() == 5 + 24
    code, result = run("restore", tmp_path / "backup", "--drill")
    assert code == 0, result


def test_files_before_rows_would_miss_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control of the order: the files first, and a paper handed in meanwhile is a row without its file."""
    home = factories.compound()
    factories.some_month(home)
    plain = backup.dump_database

    def later(target: Path) -> Any:
        factories.paper(home)
        return plain(target)

    monkeypatch.setattr(backup, "dump_database", later)
    make_backup(tmp_path / "right", actor=machine("system"), at=AT)
    assert run("restore", tmp_path / "right", "--drill")[0] == 0
    early = list(backup.stored_names(default_storage))
    monkeypatch.setattr(backup, "stored_names", lambda _: iter(early))
    monkeypatch.setattr(backup, "dump_database", lambda target: (factories.paper(home, "1", "red"), plain(target))[1])
    with pytest.raises(NotKept):
        make_backup(tmp_path / "wrong", actor=machine("system"), at=AT)
