"""The page on which a compound goes to another community, and who sees it before and after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from compounds.choices import AreaLevel, Role
from compounds.models import Area, Compound, CompoundMove
from core.models import Document, Entry
from core.operations import machine
from fees.models import SharedAccount
from fees.operations.moving import move_with_books
from fees.verdicts import verify_document
from fees.verification import verify_books
from tests import factories
from tests.factories import AT, COMMUNITY, DISTRICT, OTHER_COMMUNITY, STREET
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
NEXT = "110107003038"
MOVE = f"{CODE}move/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    Area.objects.create(code=NEXT, name="八角北里社区", level=AreaLevel.COMMUNITY)
    return made


@pytest.fixture
def staff(home: Compound) -> Client:
    return browser(factories.user(Role.STREET_STAFF, STREET, "周街道"))


def test_who_sees_the_compound_changes_at_once(home: Compound, staff: Client) -> None:
    paper = factories.paper(home)
    old, new = (browser(factories.user(Role.COMMUNITY_CLERK, code)) for code in (COMMUNITY, NEXT))
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    opened = f"/office/attachments/{paper.pk}/"
    assert [client.get(CODE).status_code for client in (old, new, head)] == [200, 404, 200]
    assert [client.get(opened).status_code for client in (old, new)] == [200, 404]
    said = words(valid(staff.get(MOVE, {"community": NEXT})))
    assert "八角南里社区的人从这一刻起打不开" in said and "小区编号11010700303701" in said and "任职的1人" in said
    assert "划归八角北里社区了" in words(
        send(staff, MOVE, community=NEXT, reason="街道〔2026〕3号", version=1).content.decode()
    )
    assert [client.get(CODE).status_code for client in (old, new, head)] == [404, 200, 200]
    assert [client.get(opened).status_code for client in (old, new)] == [404, 200]
    assert "八角北里社区" in see(Client(), f"/compounds/{home.code}/"), "the public address is the same"


def test_both_communities_read_what_was_done_before(home: Compound, staff: Client) -> None:
    send(staff, f"{CODE}facts/", name=home.name, address="古城南路3号", owners_body="none", version=1)
    send(staff, MOVE, community=NEXT, reason="街道〔2026〕3号", version=2)
    for code in (COMMUNITY, NEXT):
        said = see(browser(factories.user(Role.COMMUNITY_CLERK, code)), "/office/history/")
        assert "古城南路3号" in said and "划归八角北里社区" in said and home.name in said
    other = browser(factories.user(Role.COMMUNITY_CLERK, OTHER_COMMUNITY))
    assert "古城南路3号" not in see(other, "/office/history/")
    new = browser(factories.user(Role.COMMUNITY_CLERK, NEXT))
    assert "古城南路3号" in see(new, "/office/history/", compound=home.name)


def test_only_those_over_both_communities_move_it(home: Compound, staff: Client) -> None:
    assert browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY)).get(MOVE).status_code == 403
    assert browser(factories.user(Role.STREET_STAFF, factories.OTHER_STREET)).get(MOVE).status_code == 404
    answer = send(staff, MOVE, community=OTHER_COMMUNITY, reason="跨街道", version=1)
    assert "还没有选划归哪个社区" in words(answer.content.decode()) and not CompoundMove.objects.exists()
    assert "古城路社区" not in see(staff, MOVE)
    district = browser(factories.user(Role.DISTRICT_ADMIN, DISTRICT))
    assert "划归古城路社区了" in words(
        send(district, MOVE, community=OTHER_COMMUNITY, reason="区〔2026〕1号", version=1).content.decode()
    )


def test_a_stale_page_and_a_missing_ground_move_nothing(home: Compound, staff: Client) -> None:
    assert "依据没有填" in words(send(staff, MOVE, community=NEXT, version=1).content.decode())
    send(staff, f"{CODE}facts/", name=home.name, address="古城南路3号", owners_body="none", version=1)
    said = words(send(staff, MOVE, community=NEXT, reason="街道〔2026〕3号", version=1).content.decode())
    assert "周街道在11月5日" in said and "古城南路3号" in said
    assert not CompoundMove.objects.exists() and not Entry.objects.filter(action="compound.move").exists()


def test_a_namesake_and_an_office_in_the_way_are_said_in_words(home: Compound, staff: Client) -> None:
    cashier = factories.user(Role.COMMITTEE_CASHIER, home.code, "吴丽")
    held = factories.appoint(cashier, Role.COMMITTEE_BOOKKEEPER, NEXT)
    sent = {"community": NEXT, "reason": "街道〔2026〕3号", "version": 1}
    assert "吴丽是八角北里社区那边的记账员" in words(send(staff, MOVE, **sent).content.decode())
    held.delete()
    factories.compound(f"{NEXT}05", home.name)
    assert "八角北里社区已经有同名的小区，编号11010700303805" in words(send(staff, MOVE, **sent).content.decode())


def test_books_and_issued_papers_stay_true(home: Compound) -> None:
    """Chains, anchors, ledgers and papers are recomputed as before; a shared account goes to the area above both."""
    ledger = factories.issued(home)
    shared = SharedAccount.objects.create(area_code=COMMUNITY, holder="八角南里社区居民委员会")
    purse = factories.purse(factories.books(home)["service"])
    purse.shared = shared
    purse.save()
    document = factories.document(home, "AAAA0002F")
    kept = {"kind": "notice", "title": "被改的公告", "area_code": home.area_code, "issued_by": machine("system")}
    Document.objects.create(code="AAAA0003H", data="{}", sha256="0" * 64, issued_at=AT, **kept)
    move_with_books(home, Area.objects.get(code=NEXT), 1, "街道〔2026〕3号", actor=machine("system"), at=AT)
    home.refresh_from_db()
    assert [fault.what for fault in verify_books(home).bad] == ["被改的公告 AAAA0003H：数据和校验码不符"]
    assert verify_document(ledger.document).is_genuine
    shared.refresh_from_db()
    assert shared.area_code == STREET
    document.refresh_from_db()
    assert document.area_code == f"{COMMUNITY}01", "what was issued is never changed"
