"""R17: with all triggers off, whatever was changed in the books is found and named; a clean book gives nothing."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction

from compounds.models import Compound
from core.insert_only import insert_only_models, sync_triggers, trigger_names
from core.models import Attachment, Document, DocumentFile, Installation
from core.operations import file_name
from fees.models import Account, Book, Ledger, Opening, Voucher, VoucherLine
from fees.rules import LINE_COLUMNS, VOUCHER_COLUMNS, voucher_hash
from fees.verification import verify_books
from tests import factories
from tests.fees.tampers import (
    ACTS,
    HOME,
    delete,
    drop_triggers,
    home,
    other_value,
    rechain,
    service,
    undone,
    update,
    without_anchors,
)

SEED = 17


@pytest.fixture(scope="module")
def filled(module_db: Path) -> Path:
    """Two compounds with openings, papers, two closed months and their ledgers; afterwards every trigger is gone."""
    factories.full_books(factories.compound(HOME))
    other = factories.compound(f"{factories.COMMUNITY}02", "柳荫里小区（演示）")
    factories.some_month(other)
    # What comes after the last ledger: the anchors file alone vouches for it.
    factories.some_month(Compound.objects.get(code=HOME), date(2026, 11, 1))
    drop_triggers()
    return module_db


pytestmark = pytest.mark.usefixtures("filled")


# --- A clean book -------------------------------------------------------------------------------------------------


def test_a_clean_book_gives_nothing() -> None:
    report = verify_books()
    assert report.bad == []
    assert report.checked == Voucher.objects.count()
    newest = {f"{b.compound.code}/{b.kind}": b.vouchers.count() for b in Book.objects.select_related("compound")}
    assert report.anchored == {key: count for key, count in newest.items() if count}


def test_the_command_judges_rows_not_triggers() -> None:
    """Missing triggers are a warning; a clean book exits 0 all the same."""
    out = io.StringIO()
    call_command("verify_books", json=True, stdout=out)
    result = json.loads(out.getvalue())
    assert result["bad"] == [] and result["checked"] == Voucher.objects.count()
    assert len(result["warnings"]) == sum(len(trigger_names(m, connection.vendor)) for m in insert_only_models())


def test_the_command_names_the_first_bad_row() -> None:
    with undone():
        service().filter(seq=3).update(payee="别人")
        out, said = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_books", json=True, stdout=out)
        assert ended.value.code == 1
        (first, *_) = json.loads(out.getvalue())["bad"]
        assert (first["compound"], first["book"], first["number"]) == (HOME, "service", 3)
        with pytest.raises(SystemExit) as ended:
            call_command("verify_books", stderr=said)
        assert ended.value.code == 1 and f"{HOME} service 第3号" in said.getvalue()
        # Of another compound nothing is known.
        call_command("verify_books", compound=f"{factories.COMMUNITY}02", stdout=io.StringIO())


def test_the_command_says_when_it_could_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with undone():
        monkeypatch.setattr("fees.management.commands.verify_books.verify_books", lambda _: 1 / 0)
        said = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_books", "--json", stdout=said, stderr=io.StringIO())
        assert ended.value.code == 3
        assert list(json.loads(said.getvalue())) == ["errors"]


# --- Every column -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Voucher, VoucherLine, Opening], ids=lambda m: m.__name__)
def test_any_changed_column_is_found(model: type[models.Model]) -> None:
    """Each column of a random row; the report names book and number."""
    rows = list(model._default_manager.filter(**_of_home(model)).order_by("pk"))
    chance = random.Random(SEED)
    missed, unnamed = [], []
    for field in model._meta.local_concrete_fields:
        if field.primary_key:
            continue
        row = chance.choice(rows)
        value = other_value(field, getattr(row, field.attname))
        assert value != getattr(row, field.attname), field.name
        with undone():
            if not update(row, **{field.attname: value}):
                continue
            report = verify_books(home())
            if not report.bad:
                missed.append(field.name)
            elif not any(fault.book for fault in report.bad):
                unnamed.append(field.name)
    assert not missed and not unnamed


def _of_home(model: type[models.Model]) -> dict[str, str]:
    path = {Voucher: "book", VoucherLine: "voucher__book", Opening: "book"}[model]
    return {f"{path}__compound__code": HOME, f"{path}__kind": "service"}


@pytest.mark.parametrize("model", [Ledger, Document, DocumentFile], ids=lambda m: m.__name__)
def test_any_changed_column_of_an_issued_ledger_is_found(model: type[models.Model]) -> None:
    """But for what says nothing about the ledger: its title, who issued it, and when."""
    silent = {"title", "issued_at", "issued_by", "area_code"}
    paths = {
        Ledger: "compound__code",
        Document: "ledger__compound__code",
        DocumentFile: "document__ledger__compound__code",
    }
    missed = []
    for field in model._meta.local_concrete_fields:
        if field.primary_key or field.name in silent or (model, field.name) in {(DocumentFile, "pages")}:
            continue
        row = model._default_manager.filter(**{paths[model]: HOME}).order_by("pk").last()
        value = other_value(field, getattr(row, field.attname))
        with undone():
            if update(row, **{field.attname: value}) and not verify_books().bad:
                missed.append(field.name)
    assert not missed


# --- Rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_whatever_was_done_is_found_and_named(act: Callable[[random.Random], int | None]) -> None:
    """Four random ones of each kind: 76 tampers, all found."""
    for turn in range(4):
        chance = random.Random(SEED + turn)
        with undone():
            number = act(chance)
            report = verify_books()
            assert report.bad, f"{act.__name__} with seed {SEED + turn} was not found"
            assert all(fault.compound == HOME for fault in report.bad), report.bad
            if number:
                numbers = [fault.number for fault in report.bad if fault.number]
                assert not numbers or min(numbers) <= number + 1
                assert any(fault.book == "service" for fault in report.bad)
    assert verify_books().bad == []


def test_an_edit_anywhere_names_the_first_bad_number() -> None:
    """A plain edit without rehashing names exactly the voucher; nothing before it is called bad."""
    for voucher in service():
        with undone():
            VoucherLine.objects.filter(voucher=voucher).update(summary="改过")
            report = verify_books(home())
            chain = [fault for fault in report.bad if "公示" not in fault.what]
            assert [(f.book, f.number) for f in chain] == [("service", voucher.number)]


def test_text_in_a_number_column_is_named_not_a_crash() -> None:
    """SQLite keeps any text in any column; a book with one is reported, the rest judged all the same."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses the text itself")
    voucher = service().get(seq=4)
    for table, key, column in (
        ("fees_voucherline", voucher.lines.get().pk, "amount"),
        ("fees_voucher", voucher.pk, "amount"),
        ("fees_voucher", voucher.pk, "on"),
        ("fees_voucher", voucher.pk, "posted_at"),
    ):
        with undone():
            with connection.cursor() as cursor:
                cursor.execute(f'UPDATE {table} SET "{column}" = %s WHERE id = %s', ["不是数", key])
            report = verify_books(home())
            assert ("service", 4) in [(f.book, f.number) for f in report.bad], (table, column)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 1}, "年缺第"),
        ({"seq": 1}, "链上缺第"),
        ({"year": 1, "number": -10_000}, "年度和日期不符"),
        ({"amount": Decimal("0.01")}, "各行相加不等于金额"),
        ({"line_count": 1}, "分录行和校验码不符"),
    ],
    ids=["number", "place", "year", "amount", "lines"],
)
def test_a_voucher_with_right_hashes_must_be_right_besides(change: dict[str, Any], said: str) -> None:
    """Added behind the newest anchor with every hash made to fit: what does not follow from the book is named."""
    last = service().last()
    assert last is not None
    with undone(), without_anchors():
        new = Voucher(**{c: getattr(last, c) for c in VOUCHER_COLUMNS})
        new.seq, new.number, new.previous_hash = last.seq + 1, last.number + 1, last.hash
        for name, more in change.items():
            setattr(new, name, max(1, getattr(new, name) + more))
        new.hash = voucher_hash({c: getattr(new, c) for c in VOUCHER_COLUMNS})
        new.save(force_insert=True)
        VoucherLine.objects.bulk_create(VoucherLine(voucher=new, **row) for row in last.lines.values(*LINE_COLUMNS))
        assert any(said in fault.what and fault.number == new.number for fault in verify_books().bad)
        # Control: without the change nothing is wrong with it.
        delete(new)
        good = Voucher(**{c: getattr(last, c) for c in VOUCHER_COLUMNS})
        good.seq, good.number, good.previous_hash = last.seq + 1, last.number + 1, last.hash
        good.hash = voucher_hash({c: getattr(good, c) for c in VOUCHER_COLUMNS})
        good.save(force_insert=True)
        VoucherLine.objects.bulk_create(VoucherLine(voucher=good, **row) for row in last.lines.values(*LINE_COLUMNS))
        assert verify_books().bad == []


# --- Bytes --------------------------------------------------------------------------------------------------------


def stored(sha256: str) -> Path:
    return Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / file_name(sha256)


@pytest.mark.parametrize("format", ["pdf", "html", "csv", "json"])
@pytest.mark.parametrize("how", ["one byte", "cut", "gone"])
def test_a_changed_file_of_a_ledger_is_found(format: str, how: str) -> None:
    file = DocumentFile.objects.filter(format=format).order_by("pk").first()
    assert file is not None
    _spoilt_file_is_found(stored(file.sha256), how)


@pytest.mark.parametrize("how", ["one byte", "gone"])
def test_a_changed_paper_is_found(how: str) -> None:
    _spoilt_file_is_found(stored(Attachment.objects.get(kind="receipt", number="0417").sha256), how)


def _spoilt_file_is_found(path: Path, how: str) -> None:
    content = path.read_bytes()
    mode = path.stat().st_mode
    path.chmod(0o600)
    try:
        if how == "gone":
            path.unlink()
        elif how == "cut":
            path.write_bytes(content[:-1])
        else:
            path.write_bytes(content[:-7] + bytes([content[-7] ^ 1]) + content[-6:])
        report = verify_books()
        assert [fault.compound for fault in report.bad] == [HOME]
    finally:
        path.write_bytes(content)
        path.chmod(mode)
    assert verify_books().bad == []


# --- What anchors are for -----------------------------------------------------------------------------------------


def after_the_last_ledger() -> list[Voucher]:
    """Return the vouchers that no issued ledger vouches for."""
    return list(service().filter(on__gte=date(2026, 11, 1)))


def test_control_without_anchors_a_cut_tail_is_missed() -> None:
    with undone():
        delete(*after_the_last_ledger()[-2:])
        assert verify_books().bad, "with anchors it is found"
        with without_anchors():
            assert verify_books().bad == [], "then the anchors prove nothing"


def test_control_without_anchors_a_recomputed_chain_is_missed() -> None:
    with undone():
        last = after_the_last_ledger()[-1]
        VoucherLine.objects.filter(voucher=last).update(amount=Decimal("0.10"))
        rechain(last.book)
        assert verify_books().bad, "with anchors it is found"
        with without_anchors():
            assert verify_books().bad == []


def test_a_ledger_vouches_for_its_vouchers_without_any_anchors_file() -> None:
    """The heads are printed in the ledgers too: before the last of them nothing can be recomputed unseen."""
    with undone():
        voucher = service().filter(on__month=9).first()
        assert voucher is not None
        VoucherLine.objects.filter(voucher=voucher, position=1).update(summary="另一句")
        rechain(voucher.book)
        with without_anchors():
            assert any("公示" in fault.what for fault in verify_books().bad)


def test_a_whole_compound_that_is_gone_is_found() -> None:
    """Anchors of a book that the database no longer has are not passed over."""
    with undone():
        Compound.objects.filter(code=f"{factories.COMMUNITY}02").update(code=f"{factories.COMMUNITY}09")
        assert any(fault.compound == f"{factories.COMMUNITY}02" for fault in verify_books().bad)


def test_anchors_of_another_database_are_passed_over() -> None:
    """Two installations may share a file by mistake, or a restored one keep its old lines (R18)."""
    with undone():
        lines = settings.ANCHORS_FILE.read_text().splitlines()
        foreign = {**json.loads(lines[-1]), "site": "00000000-0000-0000-0000-000000000000", "hash": "f" * 64}
        settings.ANCHORS_FILE.write_text("\n".join([*lines, json.dumps(foreign)]) + "\n")
        assert verify_books().bad == []
        assert Installation.objects.count() == 1


def test_an_account_renamed_later_changes_no_posted_voucher() -> None:
    """The name of the 科目 is kept with the line, so that reference data may be mended."""
    with undone():
        Account.objects.filter(code="203").update(name="维修和维护")
        assert verify_books().bad == []
        VoucherLine.objects.filter(account__code="203").update(account_name="维修和维护")
        assert verify_books().bad


def test_missing_triggers_come_back() -> None:
    """Control of the module: the triggers were really off."""
    with transaction.atomic():
        assert Voucher.objects.update(payee="x")
        transaction.set_rollback(True)
    with transaction.atomic():
        sync_triggers(connection)
        with pytest.raises(Exception, match="insert-only"), transaction.atomic():
            Voucher.objects.update(payee="x")
        transaction.set_rollback(True)
