"""A register's workbook in two steps: checked and shown, then applied as it was shown; files and names kept for days."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compounds.choices import Role, UploadState
from compounds.imports import DWELLINGS, read_register
from compounds.imports.register import HEADINGS
from compounds.models import Area, Dwelling, Ownership, RegisterUpload
from compounds.operations import KEPT
from compounds.tasks import remove_uploads
from core import jobs
from core.models import Entry, Job, User
from core.operations import file_name
from core.spreadsheets import Table, read_workbook, write_workbook
from tests import factories
from tests.factories import COMMUNITY
from tests.portal.office import browser, see, words

pytestmark = pytest.mark.django_db
URL = "/office/register/import/"


@pytest.fixture(autouse=True)
def nobody_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that tells of progress would not see the test's own transaction (tests/postgres/test_beside.py)."""
    monkeypatch.setattr(jobs, "TELL_SECONDS", 600)


@pytest.fixture
def clerk() -> User:
    factories.areas()
    return factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "王录入")


def row(room: str = "501", **cells: object) -> list[object]:
    usual: dict[str, object] = {"小区": "槐荫里", "楼号": "3", "单元": "2", "房号": room, "建筑面积": Decimal("61.20")}
    return [{**usual, **cells}.get(heading) for heading in HEADINGS]


def workbook(*rows: list[object]) -> bytes:
    return write_workbook([Table(DWELLINGS.name, HEADINGS, rows)])


def work() -> None:
    """Do what the workers would."""
    for job in Job.objects.unfinished():
        jobs.run(job.pk)


def sent(client: Client, content: bytes, name: str = "房屋.xlsx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(URL, {"community": COMMUNITY, "file": file})


def checked(client: Client, content: bytes) -> str:
    """Upload a workbook, let it be checked, and return its address."""
    response = sent(client, content)
    assert response.status_code == 302, words(response.content.decode())
    work()
    return str(response["Location"])


def test_a_workbook_is_checked_shown_and_applied(clerk: User) -> None:
    client = browser(clerk)
    response = sent(client, workbook(row(产权人="王秀兰", 产权人电话="13800001234"), row("502")))
    url = response["Location"]
    assert "排队中" in see(client, url)
    assert "HX-Refresh" not in client.get(f"{url}progress/")
    work()
    assert client.get(f"{url}progress/")["HX-Refresh"] == "true"
    shown = see(client, url)
    assert "新增2户" in shown and "确认导入，新增2户，修改0户" in shown
    assert Dwelling.objects.count() == 0
    # The store holds the bytes; the report holds no name.
    upload = RegisterUpload.objects.get()
    assert default_storage.exists(file_name(upload.sha256))
    assert "王秀兰" not in upload.report and "13800001234" not in upload.report

    client.post(url, {"act": "apply"})
    assert "正在导入" in see(client, url) or "排队中" in see(client, url)
    work()
    assert "新增2户" in see(client, url)
    upload.refresh_from_db()
    assert (upload.state, upload.applied_by, Dwelling.objects.count()) == (UploadState.APPLIED, clerk, 2)
    assert "导入房屋表" in see(client, URL) and "已导入" in see(client, URL)

    # The same file again changes nothing, and says so.
    again = checked(client, workbook(row(产权人="王秀兰", 产权人电话="13800001234"), row("502")))
    assert "和名册一样，没有要改的，不用导入" in see(client, again)
    assert "确认导入" not in see(client, again)


def test_faults_are_named_by_cell_and_handed_back_as_a_workbook(clerk: User) -> None:
    client = browser(clerk)
    url = checked(client, workbook(row(), row("502", 建筑面积="6l", 产权人="王秀兰"), row("503", 空置="不知道")))
    shown = see(client, url)
    assert "有2处要改，一户也没有导入" in shown and "E3" in shown and "P4" in shown
    assert RegisterUpload.objects.get().state == UploadState.FAULTY
    client.post(url, {"act": "apply"})
    work()
    assert Dwelling.objects.count() == 0

    answer = client.get(f"{url}failed.xlsx")
    assert answer["Content-Disposition"].startswith("attachment")
    content = answer.content
    rows = read_workbook(content, {"rows": DWELLINGS})["rows"]
    assert [r["房号"] for r in rows] == ["502", "503"]
    assert "有字母l" in str(rows[0]["错在哪里"]) and rows[0]["产权人"] == "王秀兰"
    assert Entry.objects.filter(action="register.failed_rows").count() == 1
    # Mended, it is taken as it is, the column of faults passed over.
    mended = [[Decimal("61") if isinstance(r[h], float) else r[h] for h in (*HEADINGS, "错在哪里")] for r in rows]
    mended[0][HEADINGS.index("建筑面积")], mended[1][HEADINGS.index("空置")] = "61", "是"
    table = Table(DWELLINGS.name, [*HEADINGS, "错在哪里"], mended)
    file = read_register(write_workbook([table]), Area.objects.get(code=COMMUNITY))
    assert (file.errors, file.rows) == ((), 2)


def test_changed_rows_show_before_and_after_with_masked_names(clerk: User) -> None:
    client = browser(clerk)
    url = checked(client, workbook(row(产权人="王秀兰", 产权人电话="13800001234"), row("502", 产权人="赵五")))
    client.post(url, {"act": "apply"})
    work()
    url = checked(client, workbook(row(产权人="李四", 建筑面积="60"), row("502", 产权人="赵五")))
    shown = see(client, url)
    assert "修改1户" in shown and "61.2" in shown
    assert "王*138****1234" in shown and "李*" in shown and "李四" not in shown
    client.post(url, {"act": "apply"})
    work()
    ended = Ownership.objects.past().get()
    assert (ended.owner.name, ended.until_on) == ("王秀兰", timezone.localdate())


def test_what_changed_since_it_was_shown_is_shown_again(clerk: User) -> None:
    client = browser(clerk)
    one = checked(client, workbook(row(产权人="王秀兰")))
    two = checked(client, workbook(row(产权人="李四")))
    client.post(one, {"act": "apply"})
    work()
    client.post(two, {"act": "apply"})
    work()
    shown = see(client, two)
    assert "名册有人改过" in shown and "确认导入，新增0户，修改1户" in shown
    assert Ownership.objects.get().owner.name == "王秀兰"
    client.post(two, {"act": "apply"})
    work()
    assert Ownership.objects.current().get().owner.name == "李四"
    # Pressed again, or by another: nothing happens twice.
    client.post(two, {"act": "apply"})
    work()
    assert Ownership.objects.count() == 2


def test_a_sheet_may_be_dropped_and_its_file_goes_after_days(clerk: User) -> None:
    client = browser(clerk)
    url = checked(client, workbook(row(产权人="王秀兰"), row("502", 空置="x")))
    other = checked(client, workbook(row(产权人="赵五")))
    client.post(other, {"act": "drop"})
    assert "这张表说了不导入" in see(client, other)
    upload = RegisterUpload.objects.earliest("pk")
    failed = upload.found["failed"]["sha256"]
    assert default_storage.exists(file_name(failed))

    remove_uploads(upload.added_at + KEPT - timedelta(hours=1))
    assert default_storage.exists(file_name(upload.sha256))
    remove_uploads(upload.added_at + KEPT + timedelta(hours=1))
    assert not default_storage.exists(file_name(upload.sha256)) and not default_storage.exists(file_name(failed))
    upload.refresh_from_db()
    assert upload.removed_at is not None and set(upload.found) <= {
        "rows",
        "new",
        "changed",
        "unchanged",
        "nothing",
        "error_count",
    }
    assert "只留下户数" in see(client, url)
    assert client.get(f"{url}failed.xlsx").status_code == 404
    remove_uploads(upload.added_at + 2 * KEPT)


def test_equal_bytes_stay_while_a_younger_upload_names_them(clerk: User) -> None:
    client = browser(clerk)
    content = workbook(row())
    checked(client, content)
    RegisterUpload.objects.update(added_at=timezone.now() - KEPT - timedelta(days=1))
    url = checked(client, content)
    remove_uploads(timezone.now())
    client.post(url, {"act": "apply"})
    work()
    assert Dwelling.objects.count() == 1


def test_who_is_not_of_the_community_sees_and_sends_nothing(clerk: User) -> None:
    url = checked(browser(clerk), workbook(row()))
    stranger = browser(factories.user(Role.COMMUNITY_CLERK, "110107003007"))
    assert stranger.get(url).status_code == 404
    assert "房屋.xlsx" not in see(stranger, URL)
    file = SimpleUploadedFile("a.xlsx", workbook(row()))
    refused = stranger.post(URL, {"community": COMMUNITY, "file": file})
    assert "这个社区不由您管" in words(refused.content.decode()) or RegisterUpload.objects.count() == 1
    assert stranger.post(url, {"act": "apply"}).status_code == 404
    # A role over one compound of the community is none over the community's register.
    narrow = browser(factories.user(Role.AUDITOR, f"{COMMUNITY}01"))
    assert narrow.get(URL).status_code == 403 and narrow.get(url).status_code == 404
    auditor = browser(factories.user(Role.AUDITOR, COMMUNITY))
    assert "确认导入" not in see(auditor, url)
    assert auditor.post(url, {"act": "apply"}).status_code == 403
    assert auditor.get(f"{url}failed.xlsx").status_code == 403


@pytest.mark.parametrize(("content", "word"), [(b"", "是空的"), (b"x" * (20 * 1024 * 1024 + 1), "超过20")])
def test_what_need_not_be_stored_is_refused_at_the_field(clerk: User, content: bytes, word: str) -> None:
    response = sent(browser(clerk), content)
    assert word in words(response.content.decode())
    assert not RegisterUpload.objects.exists()


def test_no_workbook_ends_in_a_sentence(clerk: User) -> None:
    url = checked(browser(clerk), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    assert "旧的.xls格式" in see(browser(clerk), url)


def test_csv_is_read_in_both_encodings_as_the_workbook_is(clerk: User) -> None:
    area = Area.objects.get(code=COMMUNITY)
    text = "小区,楼号,单元,房号,建筑面积,产权人\r\n槐荫里,3,2,501,61.20,阿不都·热合曼\r\n"
    expected = read_register(workbook(row(产权人="阿不都·热合曼")), area).register
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("gb18030")):
        assert read_register(content, area).register == expected
    url = checked(browser(clerk), text.replace("61.20", "六十").encode("gb18030"))
    assert "E2" in see(browser(clerk), url)


def test_the_template_has_lists_to_choose_from(clerk: User) -> None:
    content = browser(clerk).get(reverse("template_file")).content
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") >= 6 and "房改房" in sheet
