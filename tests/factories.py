"""Plain factories: real streets, invented compounds, people with appointments, books with vouchers."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone
from PIL import Image

from compounds.choices import AreaLevel, Role
from compounds.models import (
    Appointment,
    Area,
    Building,
    Compound,
    CompoundMove,
    Dwelling,
    MonthlyReport,
    Notice,
    NoticeDraft,
    NoticeFile,
    NoticeProof,
    NoticeWithdrawal,
    RegisterUpload,
    StageComment,
    StageRecord,
    Survey,
    SurveyQuestion,
    SurveyVisit,
    WorkHandover,
)
from compounds.operations.notices import add_notice_files, draft_notice, post_notice
from core.hashing import canonical_json, sha256_text
from core.models import Attachment, Document, User
from core.operations import add_attachment, machine, store_bytes, store_paper
from fees.choices import BookKind, Direction, Means
from fees.models import (
    Account,
    BalanceSlip,
    Book,
    CashCount,
    Closing,
    Import,
    Ledger,
    MemoEntry,
    MoneyAccount,
    Opening,
    Opinion,
    Period,
    PostingProof,
    Reconciliation,
    SharedAccount,
    Voucher,
)
from fees.operations import (
    DraftData,
    LineData,
    OpeningData,
    Posting,
    approve_period,
    ensure_period,
    issue_ledger,
    money_account_of,
    open_books,
    post_opening,
    post_postings,
    prepare_period,
)

AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)  # 9:30 in Beijing
DISTRICT, STREET, COMMUNITY = "110107", "110107003", "110107003037"
OTHER_STREET, OTHER_COMMUNITY = "110107004", "110107004010"
_names = itertools.count(1)


def areas() -> Area:
    """Make two streets and their communities; return 八角南里社区."""
    rows = (
        (STREET, "八角街道", AreaLevel.STREET),
        (COMMUNITY, "八角南里社区", AreaLevel.COMMUNITY),
        ("110107003007", "八角北里社区", AreaLevel.COMMUNITY),
        (OTHER_STREET, "古城街道", AreaLevel.STREET),
        (OTHER_COMMUNITY, "古城路社区", AreaLevel.COMMUNITY),
    )
    for code, name, level in rows:
        Area.objects.get_or_create(code=code, defaults={"name": name, "level": level, "phone": "010-6880-0000"})
    return Area.objects.get(code=COMMUNITY)


def compound(code: str = f"{COMMUNITY}01", name: str = "槐荫里小区（演示）", households: int = 4) -> Compound:
    """Make a compound with one building of so many dwellings of 59.75 m²."""
    areas()
    made = Compound.objects.create(code=code, area_code=code, name=name, built_year=1983, created_at=AT)
    building = Building.objects.create(compound=made, label="3")
    for n in range(households):
        Dwelling.objects.create(building=building, room=f"{n + 1}01", area=Decimal("59.75"))
    return made


def user(role: str | None = None, area: str = DISTRICT, name: str = "", **fields: object) -> User:
    """Make a person, with an appointment where a role is given."""
    n = next(_names)
    made = User.objects.create(username=f"person{n}", name=name or f"王秀{n}", created_at=AT, **fields)
    if role:
        appoint(made, role, area)
    return made


def appoint(who: User, role: str, area: str, until: date | None = None) -> Appointment:
    """Give a role from 2020 on."""
    return Appointment.objects.create(
        user=who, role=role, area_code=area, from_on=date(2020, 1, 1), until_on=until, given_by=who, given_at=AT
    )


def upload(area_code: str = COMMUNITY, who: User | None = None) -> RegisterUpload:
    """Make a register's workbook with faults, as its check left it."""
    who = who or user()
    failed = {"sha256": store_bytes(b"PK"), "size": 2, "rows": 1}
    error = {"sheet": "房屋", "cell": "E2", "reason": "建筑面积没有填。"}
    change = {
        "compound": "槐荫里",
        "dwelling": "3号楼501",
        "fields": [{"label": "空置", "before": "否", "after": "是"}],
    }
    owners = [{"phone": "", "dwellings": ["3-501"]}, {"phone": "138****1234", "dwellings": ["3-502"]}]
    report = {
        "rows": 2, "new": 1, "changed": 1, "unchanged": 0, "errors": [error], "error_count": 1, "failed": failed,
        "changes": [change], "to_confirm": [{"name": "张*", "community": area_code, "owners": owners}],
        "warnings": [error], "compounds": [{"name": "槐荫里", "code": f"{area_code}01"}], "nothing": False,
    }  # fmt: skip
    return RegisterUpload.objects.create(
        area_code=area_code, name="房屋表.xlsx", sha256=store_bytes(b"PK sheet"), size=8, state="faulty",
        report=canonical_json(report), added_by=who, added_at=AT,
    )  # fmt: skip


def people(home: Compound) -> tuple[User, User]:
    """Make the bookkeeper and the head of a compound."""
    return (
        user(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽"),
        user(Role.COMMITTEE_HEAD, home.code, "王秀兰"),
    )


def account(code: str) -> Account:
    return Account.objects.get(code=code)


def books(home: Compound) -> dict[str, Book]:
    return open_books(home, actor=machine("system"), at=AT)


def purse(book: Book, means: str = Means.BANK) -> MoneyAccount:
    return money_account_of(book, means)


def data(
    home: Compound,
    on: date,
    code: str,
    amount: str,
    *,
    book: str = BookKind.SERVICE,
    means: str = Means.BANK,
    summary: str = "",
    **more: object,
) -> DraftData:
    """Return a voucher of one line as typed; direction and defaults from the account."""
    chart = account(code)
    found = books(home)[book]
    direction = {"income": Direction.INCOME, "expense": Direction.EXPENSE, "transfer": Direction.TRANSFER_OUT}.get(
        chart.direction, Direction.HELD_IN
    )
    line = LineData(summary or chart.name, chart, Decimal(amount), source=chart.source, service_line=chart.service_line)
    return DraftData(found, on, str(more.pop("direction", direction)), purse(found, means), (line,), **more)  # type: ignore[arg-type]


def post(home: Compound, rows: Sequence[DraftData], at: datetime = AT) -> list[Voucher]:
    """Post typed vouchers as the two machine accounts, in their order."""
    postings = [Posting(d, d.book, d.direction, d.money_account, "test", to_account=d.to_account) for d in rows]
    return post_postings(home, postings, entered_by=machine("system"), reviewed_by=machine("system-2"), at=at)


def some_month(home: Compound, month: date = date(2026, 10, 1)) -> list[Voucher]:
    """Post a small month: money in, money out, in both books."""
    return post(
        home,
        [
            data(home, month.replace(day=5), "101", "3412.50", summary="居民缴费，现金", means=Means.CASH),
            data(home, month.replace(day=8), "103", "6480.00", summary="停车月租，54个车位，每个120元"),
            data(home, month.replace(day=9), "104", "450.00", summary="单元门广告位", book=BookKind.COMMITTEE),
            data(home, month.replace(day=12), "201", "5200.00", summary="9月秩序维护费", payee="和顺里物业（演示）",
                 decision="居民会议〔2026〕2号"),
            data(home, month.replace(day=19), "205", "128.60", summary="公示打印", book=BookKind.COMMITTEE),
        ],
    )  # fmt: skip


def prepared(home: Compound, month: date = date(2026, 10, 1), at: datetime = AT) -> Period:
    """Prepare a month as the first machine account."""
    from fees.documents import closing_view

    period = ensure_period(home, month)
    reasons = {check.key: "已经核对" for check in closing_view(period).needing_reason}
    prepare_period(period, reasons, actor=machine("system"), at=at)
    return period


def close(home: Compound, month: date = date(2026, 10, 1), at: datetime = AT) -> Period:
    """Prepare and approve a month as the two machine accounts."""
    period = prepared(home, month, at)
    approve_period(period, actor=machine("system-2"), at=at)
    return period


def issued(home: Compound, month: date = date(2026, 10, 1), at: datetime = AT) -> Ledger:
    """Post, close and issue a small month."""
    some_month(home, month)
    close(home, month, at)
    ledger, _ = issue_ledger(home, month, actor=machine("system"), at=at)
    return ledger


def picture(colour: str = "white") -> bytes:
    """Return a small PNG, as a phone would hand in a larger one."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def paper(home: Compound, number: str = "0417", colour: str = "white", kind: str = "receipt") -> Attachment:
    """Keep a paper's photograph, a receipt's where no other kind is named."""
    return add_attachment(
        picture(colour), name="收据.png", kind=kind, number=number, area_code=home.area_code,
        actor=machine("system"), at=AT,
    )  # fmt: skip


def open_with(home: Compound, on: date, balances: dict[str, dict[str, str]]) -> list[Opening]:
    """Post openings: by book, then by means, yuan."""
    found = books(home)
    return [
        post_opening(
            OpeningData(found[kind], on, tuple((purse(found[kind], m), Decimal(x)) for m, x in rows.items())),
            entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT,
        )
        for kind, rows in balances.items()
    ]  # fmt: skip


def full_books(home: Compound) -> Ledger:
    """Fill every table of the books: openings, an import, vouchers with papers, two closed months, their ledgers."""
    open_with(
        home,
        date(2026, 8, 31),
        {"service": {"bank": "9000.00", "cash": "120.50"}, "committee": {"bank": "300.00"}},
    )
    some_month(home, date(2026, 9, 1))
    found = books(home)
    post(
        home,
        [
            data(home, date(2026, 9, 20), "203", "435.00", summary="更换楼道感应灯", attachments=(paper(home),)),
            data(home, date(2026, 9, 21), "301", "500.00", summary="现金存银行", means=Means.CASH,
                 to_account=purse(found[BookKind.SERVICE], Means.BANK)),
            data(home, date(2026, 9, 22), "401", "80.00", summary="门禁卡押金"),
        ],
    )  # fmt: skip
    close(home, date(2026, 9, 1))
    issue_ledger(home, date(2026, 9, 1), actor=machine("system"), at=AT)
    Import.objects.create(
        compound=home, kind="cashbook", name="十月.xlsx", sha256="0" * 64, rows=5, by=machine("system"), at=AT
    )
    ledger = issued(home)
    whole_control(home, ledger)
    whole_programme(home)
    from tests.balloting import whole_ballot  # it stands on these factories

    whole_ballot(home)
    return ledger


def whole_control(home: Compound, ledger: Ledger) -> None:
    """Put a row into each table that holds the books to the world: statement, cash count, slip, opinion, proof, memo."""
    service = books(home)[BookKind.SERVICE]
    by, zero = machine("system"), Decimal("0.00")
    month = ledger.first_month
    closing = Closing.objects.filter(period__compound=home, period__month=month, step="approved").get()
    shared = SharedAccount.objects.create(area_code=home.area_code[:12], holder="八角南里社区居民委员会")
    Reconciliation.objects.create(money_account=purse(service), month=month, seq=1, statement_balance=zero,
                                  book_balance=zero, by=by, at=AT)  # fmt: skip
    CashCount.objects.create(money_account=purse(service, Means.CASH), on=month, counted=zero, book_balance=zero,
                             counter="刘玉珍", witness="王秀兰", by=by, at=AT)  # fmt: skip
    BalanceSlip.objects.create(
        shared=shared, on=month, statement_balance=zero, own=zero, signed_by="陈社区", by=by, at=AT
    )
    Opinion.objects.create(closing=closing, kind="read", by=by, at=AT)
    PostingProof.objects.create(
        ledger=ledger, place="1号楼门口", on=month, attachment=paper(home, "", "red"), by=by, at=AT
    )
    photograph = Attachment.objects.latest("pk")
    Attachment.objects.create(
        kind="notice_photo", name=photograph.name, content_type=photograph.content_type, size=photograph.size,
        sha256=photograph.sha256, area_code=photograph.area_code, supersedes=photograph, added_by=by, added_at=AT,
    )  # fmt: skip
    MemoEntry.objects.create(
        compound=home, kind="unpaid", on=month, amount=Decimal("5.00"), text="保洁费", by=by, at=AT
    )


# A street's monthly report as frozen, of one figure.
REPORT = canonical_json({
    "area": STREET, "area_name": "八角街道", "checked_by": "乙", "code": "AAAA0001D", "issued_on": "2026-11-05",
    "kind": "report", "missing": [], "month": "2026-10", "plans": "", "prepared_by": "甲", "problems": "", "reason": "",
    "streets": [], "version": 1,
    "figures": [{"group": "小区", "key": "compounds", "label": "登记的小区", "later": False, "month": "0", "total": "1",
                 "unit": "个"}],
})  # fmt: skip


def document(home: Compound, code: str, kind: str = "notice", data: str = "{}") -> Document:
    """Issue a document without files."""
    return Document.objects.create(
        code=code, kind=kind, title="公告", area_code=home.area_code, data=data, sha256=sha256_text(data),
        issued_at=AT, issued_by=machine("system"),
    )  # fmt: skip


def whole_programme(home: Compound) -> None:
    """Put a row into each insert-only table of the register and the steps."""
    by, day = machine("system"), date(2026, 10, 5)
    survey = Survey.objects.create(
        compound=home, number=1, title="摸底", state="open", opened_on=day, made_by=by, made_at=AT
    )
    SurveyQuestion.objects.create(survey=survey, number=1, kind="single", text="愿意吗", options="愿意\n不愿意")
    dwelling = Dwelling.objects.of(home).order_by("pk")[0]
    SurveyVisit.objects.create(survey=survey, dwelling=dwelling, on=day, outcome="nobody", by=by, at=AT)
    StageRecord.objects.create(compound=home, stage_id=1, seq=1, act="prepared", by=by, at=AT)
    StageComment.objects.create(compound=home, stage_id=1, text="批复在路上", by=by, at=AT)
    CompoundMove.objects.create(
        compound=home, from_code=f"{OTHER_COMMUNITY}98", to_code=home.area_code, reason="社区调整", by=by, at=AT
    )
    WorkHandover.objects.create(area_code=home.area_code, giver=by, taker=machine("system-2"), items="[]", by=by, at=AT)
    MonthlyReport.objects.create(
        area_code=home.area_code[:9], month=date(2026, 10, 1), document=document(home, "AAAA0001D", "report", REPORT),
        prepared_by=by, checked_by=machine("system-2"), at=AT,
    )  # fmt: skip
    notice = Notice.objects.create(
        compound=home, document=document(home, "AAAA0002F"), title="停水", body="明天停水。", from_on=day, by=by, at=AT
    )
    NoticeFile.objects.create(notice=notice, attachment=paper(home, "", "blue", "notice_file"), title="图")
    NoticeProof.objects.create(
        notice=notice, place="1号楼门口", on=day, attachment=paper(home, "", "green", "notice_photo"), by=by, at=AT
    )
    NoticeWithdrawal.objects.create(notice=notice, reason="来水了", by=by, at=AT)


def notice_draft(home: Compound) -> NoticeDraft:
    """Draft a notice with a photograph, hanging from the day until it is taken down."""
    by = machine("system")
    values = {"title": "停水通知", "body": "明天9时停水。", "from_on": today(), "until_on": None}
    draft = draft_notice(home, values, actor=by, at=AT)
    add_notice_files(draft, [store_paper(picture("lime"), name="阀门.png")], actor=by, at=AT)
    return NoticeDraft.objects.get(pk=draft.pk)


def posted_notice(home: Compound) -> Notice:
    """Post a notice with a photograph."""
    return post_notice(draft := notice_draft(home), draft.version, actor=machine("system"), at=AT)


def today() -> date:
    return timezone.localdate(AT)
