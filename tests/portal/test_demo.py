"""The demo: what went wrong in it and was mended, what proves that sheets hang, and that a second run adds nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Model
from PIL import Image

from compounds.models import Compound
from core.choices import EvidenceKind
from core.models import Attachment, Entry
from core.operations import read_bytes
from fees.choices import ClosingStep
from fees.documents import read_ledger
from fees.models import Closing, Ledger, PostingProof, Voucher, VoucherEvidence
from fees.verification import verify_books
from portal.demo.pictures import notice_photograph, slip_photograph
from portal.demo.places import SHAPES
from portal.management.commands import demo
from tests.portal.office import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdf")]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[Compound]:
    """Two of the demo's compounds with fourteen months, so that there is an earlier year; the second is the one mended."""
    monkeypatch.setattr(demo, "SHAPES", SHAPES[:2])
    monkeypatch.setattr(demo, "MONTHS", 14)
    settings.VAR = tmp_path
    with time_machine.travel(NOW, tick=False):
        call_command("demo", verbosity=0)
        yield Compound.objects.get(name=SHAPES[1].name)


def test_what_went_wrong_was_mended_as_the_law_wants(made: Compound) -> None:
    own = Voucher.objects.of(made)
    red = own.get(reverses__isnull=False)
    assert red.reverses is not None and red.reverses.remaining > 0 and red.amount < 0, "a part, not the whole"
    correcting = own.get(corrects__isnull=False)
    assert correcting.corrects is not None and correcting.corrects.year == correcting.year - 1
    assert (correcting.lines.get().account_id, bool(correcting.decision)) == ("119", True)
    typed = own.get(entered_for__gt="")
    assert typed.entered_for not in (typed.entered_by.name, typed.reviewed_by.name)
    assert VoucherEvidence.objects.get(voucher=typed).attachment.kind == EvidenceKind.TYPED_SLIP
    approved = Closing.objects.filter(period__compound=made, step=ClosingStep.APPROVED).order_by("-seq").first()
    assert approved is not None and all(row["reason"] for row in json.loads(approved.told)) and approved.told != "[]"
    assert verify_books().bad == []


def test_the_last_month_was_corrected_once_and_hangs_at_two_places(made: Compound) -> None:
    second = Ledger.objects.of(made).get(version=2)
    (row,) = read_ledger(second.document.data).corrections
    assert row.text and row.text != row.was and second.code == "2026-10"
    assert set(PostingProof.objects.values_list("ledger__compound__name", "ledger__version", "place")) == {
        (shape.name, version, place)
        for shape, version in ((SHAPES[0], 1), (SHAPES[1], 1), (SHAPES[1], 2))
        for place in ("东门公示栏", "3号楼门厅")
    }
    for proof in PostingProof.objects.select_related("attachment"):
        kept = Image.open(io.BytesIO(read_bytes(proof.attachment.sha256)))
        assert kept.size == (1200, 900) and proof.on == date(2026, 11, 5)  # the demo's today: nothing hangs later


def test_again_it_changes_nothing(made: Compound) -> None:
    tables: list[type[Model]] = [Voucher, Ledger, PostingProof, Attachment, Closing, Entry]
    before = [table._default_manager.count() for table in tables]
    call_command("demo", verbosity=0)
    assert [table._default_manager.count() for table in tables] == before


def test_pictures_are_the_same_for_the_same_words_and_differ_by_place() -> None:
    lines = ["收入合计 3,412.50元", "支出合计 435.00元"]
    first = notice_photograph("槐荫里小区2026年10月收支公示表", lines, "东门公示栏")
    assert Image.open(io.BytesIO(first)).getbbox() and first != notice_photograph("同一张", lines, "3号楼门厅")
    assert Image.open(io.BytesIO(slip_photograph(lines, "赵瑞芝"))).size == (1200, 900)
