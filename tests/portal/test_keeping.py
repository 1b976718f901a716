"""R19: a backup taken while people post, restored for practice and in earnest; and what each check is good for."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from core.hashing import canonical_json, sha256_text
from core.insert_only import insert_only_models, missing_triggers, overmighty, trigger_names
from core.models import Attachment, DeskVisit, Entry, User
from core.operations import machine, read_bytes, set_password
from fees.models import Voucher
from fees.verification import verify_books
from portal.keeping import NotKept, make_backup
from portal.keeping.databases import facts_here, load_database
from tests import factories
from tests.factories import AT
from tests.keeping import GOOD, new_place, reasons, run
from tests.portal.office import browser


@pytest.fixture(scope="module")
def kept(module_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of full books, with a person who can log in."""
    from core import pdf

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7 " + html.encode()[:200], 1))
        home = factories.compound()
        factories.full_books(home)
    head = factories.user(Role.COMMITTEE_HEAD, home.code, "王秀兰")
    set_password(head, GOOD, actor=head, at=AT, one_time=False)
    browser(head)
    DeskVisit.objects.create(desk="0" * 64, user=head, password_at=AT)
    folder = tmp_path_factory.mktemp("backups") / "one"
    code, result = run("backup", folder)
    assert code == 0 and result["errors"] == [] and result["rows"] > 100, result
    return folder


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """A copy of that backup, to be damaged."""
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def forge(folder: Path, change: Any) -> None:
    """Change a manifest and seal it anew, as somebody would who knows how."""
    path = folder / "manifest.json"
    data = json.loads(path.read_text())
    data.pop("sha256")
    change(data)
    path.write_text(json.dumps({**data, "sha256": sha256_text(canonical_json(data))}))


def rehash(folder: Path, name: str) -> None:
    """Let a manifest say of a file what it is now."""
    from portal.keeping.manifest import hash_file

    found = hash_file(folder / name)
    forge(folder, lambda data: data["files"].update({name: {"size": found.size, "sha256": found.sha256}}))


# --- Making one ---------------------------------------------------------------------------------------------------


def test_backup_holds_everything_with_its_hash_and_is_recorded(kept: Path) -> None:
    data = json.loads((kept / "manifest.json").read_text())
    names = {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()} - {"manifest.json"}
    assert names == set(data["files"])
    assert data["facts"]["tables"]["fees_voucher"] == Voucher.objects.count()
    assert {"anchors.jsonl", f"documents/{'/'.join(_first_paper())}"} <= names
    entry = Entry.objects.filter(action="backup").earliest("pk")
    assert json.loads(entry.data)["manifest"] == data["sha256"]
    assert kept.stat().st_mode & 0o077 == 0, "not for others' eyes"
    assert not list(kept.parent.glob(".*")), "nothing half-made lies about"


def _first_paper() -> tuple[str, str]:
    sha256 = Attachment.objects.order_by("pk").values_list("sha256", flat=True)[0]
    return sha256[:2], sha256


def test_folder_that_holds_something_is_refused(kept: Path) -> None:
    before = sorted(kept.rglob("*"))
    code, result = run("backup", kept)
    assert code == 1 and "已经有东西" in reasons(result)
    assert sorted(kept.rglob("*")) == before
    assert run("backup", kept / "no" / "where")[0] == 1


def test_backup_that_breaks_off_leaves_nothing(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.keeping.backup.write_manifest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_backup(tmp_path / "new", actor=machine("system"), at=AT)
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]


def test_half_a_backup_is_taken_for_none(copy: Path) -> None:
    """As a power cut leaves it: everything but the manifest, which is written last."""
    (copy / "manifest.json").unlink()
    code, result = run("restore", copy, "--drill")
    assert code == 1 and "不是一份做完的备份" in reasons(result)


def test_lost_photograph_is_named_and_can_be_left_out_knowingly(kept: Path, own_files: Path, tmp_path: Path) -> None:
    place = own_files / "documents" / "/".join(_first_paper())
    saved = place.read_bytes()
    try:
        place.unlink()
        code, result = run("backup", tmp_path / "new")
        assert code == 1 and place.name in reasons(result) and not (tmp_path / "new").exists()
        assert run("backup", tmp_path / "new", "--despite-missing")[0] == 0
        code, result = run("restore", tmp_path / "new", "--drill")
        assert code == 1 and place.name in reasons(result)
    finally:
        place.write_bytes(saved)


def test_person_without_the_role_makes_none(kept: Path, tmp_path: Path) -> None:
    head = User.objects.get(name="王秀兰", must_change_password=False)
    assert run("backup", tmp_path / "new", "--as", head.username)[0] == 1


# --- For practice -------------------------------------------------------------------------------------------------


def databases() -> set[str]:
    if connection.vendor == "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'wuhao_drill_%%'")
        return {row[0] for row in cursor.fetchall()}


def test_drill_says_what_it_verified_and_leaves_nothing(kept: Path) -> None:
    facts, before = facts_here(), databases()
    code, result = run("restore", kept, "--drill")
    assert code == 0, result
    said = "\n".join(result["verified"])
    for word in ("个文件", "行", "触发器", "张凭证", "校验"):
        assert word in said
    assert "从备份恢复过" not in said
    assert facts_here() == facts and databases() <= before


def test_more_files_than_listed_do_no_harm(copy: Path) -> None:
    (copy / "documents" / "note").write_text("更多")
    assert run("restore", copy, "--drill")[0] == 0


@pytest.mark.parametrize("name", ["database.*", "anchors.jsonl", "documents/*/*"])
def test_one_changed_byte_is_found(copy: Path, name: str) -> None:
    path = next(iter(sorted(copy.glob(name))))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, result = run("restore", copy, "--drill")
    assert code == 1 and path.name in reasons(result)


def test_photograph_left_out_is_found(copy: Path) -> None:
    name = "documents/" + "/".join(_first_paper())
    (copy / name).unlink()
    code, result = run("restore", copy, "--drill")
    assert code == 1 and f"缺文件{name}" in reasons(result)
    forge(copy, lambda data: data["files"].pop(name))
    code, result = run("restore", copy, "--drill")
    assert code == 1 and _first_paper()[1] in reasons(result), "also where the manifest was made to fit"


def test_edited_manifest_is_found(copy: Path) -> None:
    path = copy / "manifest.json"
    path.write_text(path.read_text().replace('"version": "0.1.0"', '"version": "0.1.1"'))
    code, result = run("restore", copy, "--drill")
    assert code == 1 and "被改动过" in reasons(result)


def test_manifest_sealed_anew_does_not_fit_the_rows(copy: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["facts"]["tables"]["fees_voucher"] += 1
        data["facts"]["heads"][next(iter(data["facts"]["heads"]))]["hash"] = "0" * 64
        data["facts"]["site"] = "0" * 32

    forge(copy, change)
    code, result = run("restore", copy, "--drill")
    assert code == 1
    for word in ("表fees_voucher", "账簿末端", "安装编号"):
        assert word in reasons(result)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "documents/../../x"])
def test_names_that_lead_out_of_the_folder_are_refused(copy: Path, name: str) -> None:
    forge(copy, lambda data: data["files"].update({name: {"size": 1, "sha256": "0" * 64}}))
    assert run("restore", copy, "--drill")[0] == 1


def test_backup_of_a_later_version_is_refused(copy: Path) -> None:
    forge(copy, lambda data: data["facts"]["migrations"].append("fees.9999_later"))
    code, result = run("restore", copy, "--drill")
    assert code == 1 and "fees.9999_later" in reasons(result)


def test_backup_of_the_other_database_is_refused(copy: Path) -> None:
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    here, there = ("database.sqlite3", "database.dump")[:: 1 if other == "postgresql" else -1]
    (copy / here).rename(copy / there)
    forge(copy, lambda data: data.update(vendor=other, files={there: data["files"].pop(here), **data["files"]}))
    code, result = run("restore", copy, "--drill")
    assert code == 1 and "现在用的数据库" in reasons(result)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="edits the copy's file")
@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE fees_voucher SET payee = '别人' WHERE number = 1", "内容和校验码不符"),
        ("DELETE FROM fees_voucher WHERE id = (SELECT max(id) FROM fees_voucher)", "表fees_voucher"),
        ("DROP TRIGGER insert_only_fees_voucher_update", "缺触发器"),
    ],
)
def test_dump_tampered_with_and_sealed_anew_is_found(copy: Path, statement: str, word: str) -> None:
    with closing(sqlite3.connect(copy / "database.sqlite3")) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for trigger, _ in triggers:
            database.execute(f'DROP TRIGGER "{trigger}"')
        if statement.startswith("DROP"):
            triggers = [row for row in triggers if row[0] not in statement]
        else:
            database.execute(statement)
        for _, sql in triggers:
            database.execute(sql)
        database.commit()
    rehash(copy, "database.sqlite3")
    code, result = run("restore", copy, "--drill")
    assert code == 1 and word in reasons(result)


def test_role_that_may_too_much_is_told(kept: Path) -> None:
    """R16: the tests' role owns the tables; on SQLite there are no roles. A role of the grants: tests/services."""
    found = overmighty(connection)
    if connection.vendor == "sqlite":
        assert found == []
    else:
        assert any("主人" in each for each in found) and any("fees_voucher" in each for each in found)


# --- In earnest ---------------------------------------------------------------------------------------------------


def next_number(home: Compound) -> int:
    (voucher,) = factories.post(home, [factories.data(home, date(2026, 11, 3), "101", "8.00")])
    return voucher.number


def test_life_goes_on_after_restoring(kept: Path, tmp_path: Path) -> None:
    username = User.objects.get(name="王秀兰", must_change_password=False).username
    facts, paper = facts_here(), Attachment.objects.order_by("pk")[0].sha256
    last = Voucher.objects.filter(book__kind="service", year=2026).order_by("-number")[0].number
    assert Session.objects.exists() and DeskVisit.objects.exists()
    with new_place(tmp_path / "new"):
        code, result = run("restore", kept)
        assert code == 0, result
        again = facts_here()
        changed = {table for table in facts.tables if facts.tables[table] != again.tables[table]}
        assert changed - {"core_entry"} == {"django_session", "core_deskvisit"}
        assert not Session.objects.exists() and not DeskVisit.objects.exists()
        assert again.heads == facts.heads and missing_triggers(connection) == []
        assert len(read_bytes(paper)) > 0
        assert Entry.objects.filter(action="restore", actor__username="system").count() == 1
        home = Compound.objects.get()
        assert next_number(home) == last + 1
        with time_machine.travel(AT + timedelta(days=1), tick=False):
            client = Client()
            response = client.post("/login/", {"username": username, "password": GOOD})
            assert response.status_code == 302 and client.get("/office/").status_code == 200
        assert verify_books().bad == []
        code, result = run("restore", kept)
        assert code == 1 and "不覆盖" in reasons(result)


def test_other_anchors_are_not_continued(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text('{"site": "another"}\n')
    with new_place(tmp_path / "new", other):
        code, result = run("restore", kept)
        assert code == 1 and "接下来的" in reasons(result)
        assert not connection.introspection.table_names()


def test_files_that_are_there_stay_and_are_never_overwritten(kept: Path, tmp_path: Path) -> None:
    with new_place(tmp_path / "new"):
        name = "/".join(_first_paper_of(kept))
        place = Path(default_storage.path(name))
        place.parent.mkdir(parents=True)
        place.write_bytes(b"other")
        code, result = run("restore", kept)
        assert code == 1 and "没有覆盖" in reasons(result)
        assert place.read_bytes() == b"other" and not connection.introspection.table_names()


def _first_paper_of(kept: Path) -> tuple[str, str]:
    path = next(iter(sorted(kept.glob("documents/*/*"))))
    return path.parent.name, path.name


def test_damaged_backup_is_not_restored(copy: Path, tmp_path: Path) -> None:
    with open(copy / "anchors.jsonl", "ab") as file:
        file.write(b"\n")
    with new_place(tmp_path / "new"):
        assert run("restore", copy)[0] == 1
        assert not connection.introspection.table_names() and not (tmp_path / "new" / "documents").exists()


def test_every_insert_only_table_is_among_the_checked(kept: Path) -> None:
    assert len(insert_only_models()) > 10
    assert all(trigger_names(model, connection.vendor) for model in insert_only_models())


def test_loading_is_all_or_nothing(kept: Path, tmp_path: Path) -> None:
    """A dump that is no dump leaves the empty database empty."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"no dump")
    if connection.vendor == "sqlite":
        pytest.skip("a file is put in place whole; its bytes were checked before")
    with new_place(tmp_path / "new"):
        with pytest.raises(NotKept):
            load_database(broken)
        assert not connection.introspection.table_names()
