"""T4: a page asks the database as often with 1 row as with 3; at most 12 times in public, 20 in the office."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from compounds.choices import Role
from compounds.models import (
    Building,
    Compound,
    Dwelling,
    Entrance,
    Owner,
    Ownership,
    PropertyUnit,
    RegisterUpload,
    SurveySheet,
)
from compounds.operations.owners import note_look
from compounds.operations.surveys import SheetData, VisitData, enter_sheet, note_visits, open_survey, start_survey
from compounds.rules.surveys import PROGRAMME_QUESTIONS, sheet_code
from core.models import Job, User
from core.operations import machine, store_bytes, store_paper
from fees.documents import remainders
from fees.models import (
    Asset,
    BalanceSlip,
    CashCount,
    CorrectionDraft,
    Draft,
    ExpenseLimit,
    Ledger,
    MemoEntry,
    MoneyAccount,
    Period,
    Reconciliation,
    SharedAccount,
    Voucher,
)
from fees.operations import (
    AssetData,
    MemoData,
    change_asset,
    give_opinion,
    list_asset,
    note_memo,
    post_draft,
    prove_posting,
    reverse_voucher,
    save_draft,
)
from fees.rules import next_month
from tests import factories
from tests.factories import AT, COMMUNITY
from tests.portal.ballots import ballot_pages, grow_ballots
from tests.portal.office import browser
from tests.portal.programme import grow_programme, programme_pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdf")]

PUBLIC, OFFICE = 12, 20
HOME = f"{COMMUNITY}01"


@dataclass
class Town:
    """A community whose every list grows by one row at each call of ``grow``."""

    home: Compound
    keeper: User
    head: User
    staff: User
    accounts: User
    district: User
    auditor: User
    job: Job
    size: int = 0
    month: date = date(2026, 6, 1)
    drafts: list[Draft] = field(default_factory=list)

    def grow(self) -> None:
        """Add a compound, a posted month, a voucher of two lines with a paper, a reversal, a draft, parts of a job."""
        self.size += 1
        n = self.size
        other = factories.compound(f"{COMMUNITY}{50 + n}", f"第{n}个小区（演示）", households=n)
        factories.issued(other)
        spoken = factories.compound(f"{COMMUNITY}{70 + n}", f"第{n}个有意见的小区（演示）", households=n)
        factories.some_month(spoken)
        factories.prepared(spoken)
        give_opinion(Period.objects.get(compound=spoken), "opinion", "没有写明原因", actor=factories.user(), at=AT)
        factories.some_month(self.home, self.month)
        factories.close(self.home, self.month)
        from fees.operations import issue_ledger

        issue_ledger(self.home, self.month, actor=machine("system"), at=AT)
        bought = [factories.data(self.home, date(2026, 11, 2), "213", "3.00", decision="1号")] * 2
        bench = AssetData(f"长椅{n}", date(2026, 11, 2))
        asset = list_asset(self.home, bench, actor=self.keeper, at=AT, voucher=factories.post(self.home, bought)[0])
        change_asset(asset, replace(bench, place="门口"), actor=self.keeper, at=AT)
        for kind in ("unpaid", "outside", "arrears"):
            data = MemoData(kind, date(2026, 11, 2), Decimal(90 + n), f"第{n}条", source="government",
                            attachment=factories.paper(self.home, f"{kind}{n}", "teal"))  # fmt: skip
            line = note_memo(self.home, data, actor=self.keeper, at=AT)
            taken = replace(data, settles=line.pk, amount=Decimal(n))
            note_memo(self.home, taken, actor=self.keeper, at=AT)
        self.month = next_month(self.month)
        for kind in ("service", "committee"):
            data = factories.data(self.home, date(2026, 11, 3), "101", "500.00", book=kind,
                                  attachments=(factories.paper(self.home, f"{kind}{n}", "navy"),))  # fmt: skip
            line = replace(data.lines[0], amount=Decimal("7.00"))
            factories.post(self.home, [replace(data, lines=(data.lines[0], line))])
            wrong, lasting = factories.post(
                self.home, [factories.data(self.home, date(2026, 11, 4), "101", "3.00", book=kind)] * 2
            )
            for each in (wrong, lasting)[: 1 if kind == "service" else 2]:
                red = reverse_voucher(each, date(2026, 11, 5), actor=machine("system"), at=AT)
                post_draft(red.pk, actor=machine("system-2"), at=AT)
            draft = replace(data, on=date(2026, 11, 9), bill_on=date(2026, 11, 1))
            self.drafts.append(save_draft(draft, hand_in=True, actor=self.keeper, at=AT))
        self.settle(other)
        ExpenseLimit.objects.create(compound=other, decided_by="head", up_to=Decimal(300))
        deposit = factories.data(self.home, date(2026, 11, 6), "401", "30.00", payee=f"第{n}户")
        kept = factories.post(self.home, [deposit])[0]
        key = remainders(kept)[0].key
        part = reverse_voucher(kept, date(2026, 11, 6), actor=machine("system"), at=AT, kind="overstated",
                               parts={key: Decimal(4)})  # fmt: skip
        post_draft(part.pk, actor=machine("system-2"), at=AT)
        self.hold_against_the_world(other)
        self.ask_households()
        grow_programme(self, n)
        grow_ballots(self, n)
        factories.appoint(factories.user(), Role.COMMUNITY_CLERK, COMMUNITY)
        first = Ledger.objects.filter(compound=self.home).order_by("last_month").first()
        assert first is not None
        photograph = store_paper(factories.picture(("maroon", "green", "purple")[n - 1]), name="门口.png")
        wrong = Voucher.objects.filter(book__compound=self.home, on__gte=first.first_month).order_by("pk")[n - 1]
        CorrectionDraft.objects.create(ledger=first, voucher=wrong, reason="写错了", text="别的话",
                                       entered_by=self.keeper, entered_at=AT)  # fmt: skip
        prove_posting(first, f"{n}号楼门口", first.posted_on, [photograph], actor=machine("system"), at=AT)
        factories.upload(who=factories.user())
        Job.objects.create(
            task="x", key=f"top {n}", title=f"任务{n}", area_code=COMMUNITY, state="failed", error="演示",
            created_by=self.staff, created_at=AT, started_at=AT, finished_at=AT,
        )  # fmt: skip
        document = Ledger.objects.filter(compound=other).get().document
        for state in ("failed", "done"):
            Job.objects.create(
                task="y", key=f"{state} {n}", title=f"{other.name}10月收支公示", area_code=other.area_code, state=state,
                parent=self.job, created_by=self.staff, created_at=AT, finished_at=AT, error="演示",
                result=json.dumps({"made": True, "code": document.code, "compound": other.code, "version": 1}),
            )  # fmt: skip

    def ask_households(self) -> None:
        """Add an open survey and a draft, questions, a building, sheets and visits."""
        first = self.home.surveys.filter(number=1).first()
        asked = start_survey(self.home, f"第{self.size}次摸底", "", PROGRAMME_QUESTIONS, actor=self.staff, at=AT)
        if first is None:
            first = open_survey(asked, 1, date(2026, 11, 1), actor=self.staff, at=AT)
        building = Building.objects.create(compound=self.home, label=f"{10 + self.size}")
        entrance = Entrance.objects.create(building=building, label="1")
        rows = [
            Dwelling.objects.create(building=building, entrance=entrance, room=f"{n}01", area=Decimal(60))
            for n in (1, 2)
        ]
        data = SheetData({1: "1", 5: "1,3", 6: "1", 7: "1", 8: "20", 10: "路灯不亮"}, "visit", date(2026, 11, 2))
        enter_sheet(first, rows[0], data, actor=self.staff, at=AT)
        for n in range(3):
            note_visits(first, date(2026, 11, 2 + n), [VisitData(rows[1], "nobody")], actor=self.staff, at=AT)

    def settle(self, other: Compound) -> None:
        """Add owners of one name to a flat, one who moved away, another flat to the first, and lines of history."""
        flat = Dwelling.objects.of(self.home).order_by("pk")[0]
        unit = PropertyUnit.objects.create(area_code=COMMUNITY, name=f"第{self.size}厂")
        first = Owner.objects.filter(name="张三").order_by("pk").first()
        names = {"area_code": COMMUNITY, "phone": f"1390000000{self.size}"}
        now, gone = Owner.objects.create(name="张三", **names), Owner.objects.create(name="李四", **names)
        Ownership.objects.create(dwelling=flat, owner=now, votes=first is None)
        Ownership.objects.create(dwelling=flat, owner=gone, until_on=date(2026, 5, 1))
        next_door = Dwelling.objects.of(other).order_by("pk")[0]
        Dwelling.objects.filter(pk=next_door.pk).update(property_unit=unit)
        same = Owner.objects.create(area_code=COMMUNITY, name="张三")
        Ownership.objects.create(dwelling=next_door, owner=same)
        for until_on in (None, date(2026, 5, 1)):
            Ownership.objects.create(dwelling=next_door, owner=first or now, until_on=until_on)
        for about in (flat, first or now):
            note_look(about, "张*", "核对", area_code=self.home.area_code, actor=self.staff, at=AT)

    def hold_against_the_world(self, other: Compound) -> None:
        """Add a code's income, a reconciliation, a count, a part of a shared account and a slip."""
        service, by = factories.books(self.home)["service"], machine("system")
        bank, cash, zero = factories.purse(service), factories.purse(service, "cash"), Decimal("0.00")
        factories.post(self.home, [factories.data(self.home, date(2026, 11, 6), "101", "5.00", means="qr")])
        shared, _ = SharedAccount.objects.get_or_create(area_code=COMMUNITY, holder="居委会")
        for account in (bank, factories.purse(factories.books(other)["service"])):
            MoneyAccount.objects.filter(pk=account.pk).update(shared=shared)
        rows = {"money_account": bank, "statement_balance": zero, "book_balance": zero, "by": by, "at": AT}
        Reconciliation.objects.create(month=date(2026, 10, 1), seq=self.size, **rows)
        CashCount.objects.create(money_account=cash, on=date(2026, 10, 31), counted=zero, book_balance=zero, counter="甲",
                                 witness="乙", by=by, at=AT)  # fmt: skip
        BalanceSlip.objects.create(shared=shared, on=date(2026, 10, 31), statement_balance=zero, own=zero,
                                   parts=json.dumps([[bank.pk, "0.00"]]), signed_by="丙", by=by, at=AT)  # fmt: skip


@pytest.fixture(autouse=True)
def still() -> Iterator[None]:
    """Let the clock stand: a session writes down every few minutes that it is used, which no page asks for."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def town() -> Town:
    home = factories.compound(HOME)
    factories.open_with(home, date(2026, 5, 31), {"service": {"bank": "9000.00"}, "committee": {"bank": "900.00"}})
    staff = factories.user(Role.STREET_STAFF, factories.STREET)
    job = Job.objects.create(
        task="x", key="spread", title="10月收支公示", area_code=COMMUNITY, state="running", total=9, done=1,
        locked_until=AT, created_by=staff, created_at=AT, started_at=AT,
        result=json.dumps({"files": [{"name": "a.pdf", "sha256": store_bytes(b"%PDF-"), "size": 5, "pages": 1}]}),
    )  # fmt: skip
    return Town(
        home,
        factories.user(Role.COMMITTEE_BOOKKEEPER, COMMUNITY),
        factories.user(Role.COMMITTEE_HEAD, COMMUNITY),
        staff,
        factories.user(Role.ACCOUNT_ADMIN, factories.STREET),
        factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT),
        factories.user(Role.AUDITOR, COMMUNITY),
        job,
    )


def pages(town: Town) -> dict[str, tuple[str, User | None]]:
    """Return every page that can be looked at: by its name (and what is varied) the address and who looks."""
    code, keeper, head, staff = HOME, town.keeper, town.head, town.staff
    ledger = Ledger.objects.filter(compound=town.home).order_by("last_month").first()
    assert ledger is not None
    draft = town.drafts[0]
    mine = Voucher.objects.filter(book__compound=town.home, book__kind="service")
    voucher = mine.filter(evidence__isnull=False, reversed_by=None).earliest("seq")
    paper = voucher.evidence.get().attachment_id
    drafted = draft.attachments.get().pk
    hung = mine.earliest("seq")  # of a month whose ledger hangs
    number = (code, "service", voucher.year, voucher.number)
    asset = Asset.objects.filter(compound=town.home).earliest("pk")
    memo = MemoEntry.objects.filter(compound=town.home, kind="unpaid").earliest("pk")
    service = factories.books(town.home)["service"]
    bank, cash, qr = (factories.purse(service, means) for means in ("bank", "cash", "qr"))
    shared = SharedAccount.objects.get()
    answered = sheet_code(1, SurveySheet.objects.earliest("pk").dwelling_id)
    draft_survey = start_survey(town.home, "下次摸底", "", PROGRAMME_QUESTIONS, actor=staff, at=AT)
    person = User.objects.filter(appointments__role=Role.COMMUNITY_CLERK).order_by("pk").first()
    assert person is not None
    owner = Owner.objects.filter(name="张三").earliest("pk")
    flat = owner.ownerships.earliest("pk").dwelling  # type: ignore[attr-defined]
    found: dict[str, tuple[str, User | None]] = {
        "home": (reverse("home"), None),
        "home search": (reverse("home") + "?q=演示", None),
        "compound": (reverse("compound", args=[code]), None),
        "ledgers": (reverse("ledgers", args=[code]), None),
        "ledger": (reverse("ledger", args=[code, ledger.code]), None),
        **{f"ledger_file {f}": (reverse("ledger_file", args=[code, ledger.code, f]), None) for f in ("pdf", "csv", "json")},
        "voucher": (reverse("voucher", args=(code, "service", hung.year, hung.number)), None),
        "verify": (reverse("verify"), None),
        "verify_code": (reverse("verify_code", args=[ledger.document.code]), None),
        "verify_code json": (reverse("verify_code", args=[ledger.document.code]) + "?format=json", None),
        "privacy": (reverse("privacy"), None),
        "type_size": (reverse("type_size"), None),
        "healthz": (reverse("healthz"), None),
        "readyz": (reverse("readyz"), None),
        "login": (reverse("login"), None),
        "password": (reverse("password"), keeper),
        "pin": (reverse("pin"), keeper),
        "desk": (reverse("desk"), keeper),
        "handover": (reverse("handover", args=[code]), keeper),
        **{f"workbench of {u}": (reverse("workbench"), who) for u, who in (("keeper", keeper), ("head", head), ("staff", staff))},
        "scope": (reverse("scope"), staff),
        "scope inside": (reverse("scope") + f"?inside={COMMUNITY}", staff),
        "office_search": (reverse("office_search") + "?q=小区", staff),
        "office_search number": (reverse("office_search") + "?q=第1号", staff),
        "office_compounds": (reverse("office_compounds"), staff),
        "review": (reverse("review"), head),
        "review_draft": (reverse("review_draft", args=[draft.pk]), head),
        "publish": (reverse("publish") + "?period=2026-10", staff),
        "print_ledgers": (reverse("print_ledgers") + "?period=2026-10", staff),
        "uploads": (reverse("uploads"), staff),
        **{
            name: (reverse(name, args=[RegisterUpload.objects.earliest("pk").pk]), staff)
            for name in ("upload", "upload_progress", "upload_failed")
        },
        "register_export": (reverse("register_export", args=[code]), staff),
        "community_export": (reverse("community_export", args=[COMMUNITY]), staff),
        "template_file": (reverse("template_file"), staff),
        "jobs": (reverse("jobs"), staff),
        "job_file": (reverse("job_file", args=[town.job.pk, 1]), staff),
        "job": (reverse("job", args=[town.job.pk]), staff),
        "job_progress": (reverse("job_progress", args=[town.job.pk]), staff),
        "history": (reverse("history"), staff),
        "history csv": (reverse("history") + "?format=csv", staff),
        "attachment": (reverse("attachment", args=[paper]), head),
        "attachment_preview": (reverse("attachment_preview", args=[paper]), head),
        "draft_papers": (reverse("draft_papers", args=[code, draft.pk]), keeper),
        "draft_paper": (reverse("draft_paper", args=[code, draft.pk, drafted]), keeper),
        "voucher_print": (reverse("voucher_print", args=number), keeper),
        "book_search": (reverse("book_search", args=[code, "service"]), keeper),
        "book_search red": (reverse("book_search", args=[code, "service"]) + "?red=on&papers=without", keeper),
        "book_export": (reverse("book_export", args=[code, "service", "csv"]), keeper),
        "book_prints": (reverse("book_prints", args=[code, "service"]) + "?month=2026-11", keeper),
        "book_month_pdf": (reverse("book_month_pdf", args=[code, "service"]) + "?month=2026-11", keeper),
        "vouchers_pdf": (reverse("vouchers_pdf", args=[code, "service"]) + "?month=2026-11", keeper),
        "voucher_papers": (reverse("voucher_papers", args=number), keeper),
        "voucher_paper": (reverse("voucher_paper", args=[*number, paper]), keeper),
        "dwelling": (reverse("dwelling", args=[code, flat.pk]), staff),
        "dwelling_new": (reverse("dwelling_new", args=[code]), staff),
        **{
            name: (reverse(name, args=[code, flat.pk]), staff)
            for name in ("dwelling_edit", "dwelling_transfer", "dwelling_correction", "dwelling_remove")
        },
        "owners": (reverse("owners", args=[code]), staff),
        **{
            name: (reverse(name, args=[code, owner.pk]), staff)
            for name in ("owner", "owner_correction", "owner_merge", "owner_split")
        },
        "register": (reverse("register", args=[code]), keeper),
        "register list": (reverse("register", args=[code]) + "?view=list", keeper),
        "office_compound": (reverse("office_compound", args=[code]), head),
        "surveys": (reverse("surveys", args=[code]), staff),
        "survey_new": (reverse("survey_new", args=[code]), staff),
        "survey": (reverse("survey", args=[code, 1]), staff),
        "survey draft": (reverse("survey", args=[code, draft_survey.number]), staff),
        "survey_edit": (reverse("survey_edit", args=[code, draft_survey.number]), staff),
        "survey_question": (reverse("survey_question", args=[code, draft_survey.number, 1]), staff),
        "survey_opening": (reverse("survey_opening", args=[code, draft_survey.number]), staff),
        "survey_closing": (reverse("survey_closing", args=[code, 1]), staff),
        "survey_blank": (reverse("survey_blank", args=[code, 1]), staff),
        "survey_entry": (reverse("survey_entry", args=[code, 1]), staff),
        "survey_sheet": (reverse("survey_sheet", args=[code, 1, answered]), staff),
        "survey_import": (reverse("survey_import", args=[code, 1]), staff),
        "survey_answers": (reverse("survey_answers", args=[code, 1]), staff),
        "survey_visits": (reverse("survey_visits", args=[code, 1]), staff),
        "survey_visits_pdf": (reverse("survey_visits_pdf", args=[code, 1]), staff),
        "survey_results": (reverse("survey_results", args=[code, 1]), staff),
        **{f"survey_results_file {f}": (reverse("survey_results_file", args=[code, 1, f]), staff) for f in ("pdf", "csv", "xlsx")},
        "drafts": (reverse("drafts", args=[code]), keeper),
        "draft": (reverse("draft", args=[code, draft.pk]), keeper),
        "cash_book": (reverse("cash_book", args=[code, "service"]) + "?month=2026-11", keeper),
        "office_voucher": (reverse("office_voucher", args=number), keeper),
        "reversal": (reverse("reversal", args=number), keeper),
        "correction": (reverse("correction", args=number), keeper),
        "transfer": (reverse("transfer", args=[code, "service"]), keeper),
        "held": (reverse("held", args=[code, "service"]), keeper),
        "closings": (reverse("closings", args=[code]), keeper),
        "closing": (reverse("closing", args=[code, "2026-11"]), keeper),
        "closing_approval": (reverse("closing_approval", args=[code, "2026-11"]), head),
        "closing_withdrawal": (reverse("closing_withdrawal", args=[code, "2026-11"]), head),
        "opinion": (reverse("opinion", args=[code, "2026-11"]), town.auditor),
        "assets": (reverse("assets", args=[code]), keeper),
        "asset_new": (reverse("asset_new", args=[code]) + f"?voucher={mine.filter(lines__account__code='213').earliest('seq').pk}", keeper),
        "asset": (reverse("asset", args=[code, asset.pk]), keeper),
        "asset_retire": (reverse("asset_retire", args=[code, asset.pk]), keeper),
        "calendar": (reverse("calendar"), staff),
        "compound_calendar": (reverse("compound_calendar", args=[code]), keeper),
        "memo": (reverse("memo", args=[code]), keeper),
        "memo_new": (reverse("memo_new", args=[code, "outside"]), keeper),
        "memo_settle": (reverse("memo_settle", args=[code, "unpaid", memo.pk]), keeper),
        "workbench of auditor": (reverse("workbench"), town.auditor),
        "money_accounts": (reverse("money_accounts", args=[code]), keeper),
        "money_account_new": (reverse("money_account_new", args=[code]), head),
        "money_account": (reverse("money_account", args=[code, bank.pk]), head),
        "money_account_end": (reverse("money_account_end", args=[code, bank.pk]), head),
        "settlement": (reverse("settlement", args=[code, qr.pk]), keeper),
        "reconciliation": (reverse("reconciliation", args=[code, bank.pk, "2026-10"]), keeper),
        "reconciliation_print": (reverse("reconciliation_print", args=[code, bank.pk, "2026-10"]), keeper),
        "cash_counts": (reverse("cash_counts", args=[code, cash.pk]), keeper),
        "cash_count_print": (reverse("cash_count_print", args=[code, cash.pk, cash.cash_counts.earliest("pk").pk]), keeper),
        "shared_accounts": (reverse("shared_accounts"), staff),
        "shared_account": (reverse("shared_account", args=[shared.pk]), staff),
        "balance_slip_print": (reverse("balance_slip_print", args=[shared.pk, shared.slips.earliest("pk").pk]), staff),
        "office_ledgers": (reverse("office_ledgers", args=[code]), head),
        "office_ledger": (reverse("office_ledger", args=[code, ledger.code]), head),
        "look": (reverse("look"), None),
        "office_look": (reverse("office_look"), keeper),
        "keys": (reverse("keys"), keeper),
        "ledger_corrections": (reverse("ledger_corrections", args=[code, ledger.code]), keeper),
        "ledger_correction_issue": (reverse("ledger_correction_issue", args=[code, ledger.code]), head),
        **programme_pages(town),
        **ballot_pages(town),
        "admin:index": (reverse("admin:index"), town.accounts),
        "admin:core_user_changelist": (reverse("admin:core_user_changelist"), town.accounts),
        "admin:core_user_add": (reverse("admin:core_user_add"), town.accounts),
        "admin:core_user_change": (reverse("admin:core_user_change", args=[person.pk]), town.accounts),
        "admin:core_user_slip": (reverse("admin:core_user_slip", args=[person.pk]), town.accounts),
        "admin:compounds_appointment_changelist": (reverse("admin:compounds_appointment_changelist"), town.accounts),
        "admin:compounds_appointment_add": (reverse("admin:compounds_appointment_add"), town.accounts),
        "admin:compounds_area_changelist": (reverse("admin:compounds_area_changelist"), town.district),
        **{
            f"admin:compounds_{name}": (reverse(f"admin:compounds_{name}"), town.district)
            for name in ("stage_changelist", "stagepaper_changelist", "stagepaper_add")
        },
        "admin:fees_account_changelist": (reverse("admin:fees_account_changelist"), town.district),
        "admin:fees_account_add": (reverse("admin:fees_account_add"), town.district),
        "admin:fees_expenselimit_changelist": (reverse("admin:fees_expenselimit_changelist"), town.district),
        "admin:fees_expenselimit_add": (reverse("admin:fees_expenselimit_add"), town.district),
    }  # fmt: skip
    return found


# Addresses that only take a POST, lead elsewhere, or are Django's own without a list of ours.
WITHOUT_PAGE = {
    "photograph_drop", "ballot_files", "notice_draft_files", "notice_draft_delete",
    "survey_print",
    "survey_report",
    "logout", "draft_new", "draft_delete", "ledger_correction_delete", "draft_paper_remove", "job_stop", "job_resume", "admin:login", "admin:logout",
    "admin:password_change", "admin:password_change_done", "admin:autocomplete", "admin:jsi18n", "admin:view_on_site",
    "admin:app_list", "admin:core_user_history", "admin:core_user_delete", "admin:compounds_appointment_history",
    "admin:compounds_appointment_delete", "admin:compounds_appointment_change", "admin:compounds_area_add",
    "admin:compounds_area_history", "admin:compounds_area_delete", "admin:compounds_area_change",
    *(f"admin:compounds_{model}_{page}" for model in ("stage", "stagepaper") for page in ("history", "delete", "change")),
    "admin:compounds_stage_add",
    "admin:fees_account_history", "admin:fees_account_delete", "admin:fees_account_change",
    "admin:fees_expenselimit_history", "admin:fees_expenselimit_delete", "admin:fees_expenselimit_change",
}  # fmt: skip


def named_patterns() -> set[str]:
    found: set[str] = set()

    def walk(resolver: URLResolver, space: str) -> None:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern, f"{pattern.namespace}:" if pattern.namespace else space)
            elif isinstance(pattern, URLPattern) and pattern.name:
                found.add(space + pattern.name)

    walk(get_resolver(), "")
    return found


def counts(town: Town, shown: dict[str, tuple[str, User | None]]) -> dict[str, int]:
    """Return how many queries each page takes, after all of them were asked once (some write history)."""
    users = {user.pk: user for _, user in shown.values() if user}
    browsers = {key: browser(user) for key, user in users.items()}

    def ask(name: str) -> int:
        url, user = shown[name]
        client = browsers[user.pk] if user else Client()
        connection.queries_log.clear()  # it holds 9,000 and no more
        reset_queries()  # the log holds 9,000, and a grown town takes more
        with CaptureQueriesContext(connection) as queries:
            status = client.get(url).status_code
        assert status in (200, 302), (name, status)
        return len(queries)

    for name in shown:
        ask(name)
    return {name: ask(name) for name in shown}


Measure = Callable[..., dict[str, int]]


@pytest.fixture
def grown(town: Town) -> Measure:
    """Return how many queries pages take when each list has so many rows; all of them, or those named."""
    shown: dict[str, tuple[str, User | None]] = {}

    def measure(size: int, *names: str) -> dict[str, int]:
        while town.size < size:
            town.grow()
        if not shown:  # the same things are looked at every time
            shown.update(pages(town))
        return counts(town, {name: shown[name] for name in names or shown})

    return measure


PUBLIC_PAGES = {
    "home", "compound", "ledgers", "ledger", "ledger_file", "voucher", "verify", "verify_code", "privacy", "type_size",
    "healthz", "readyz", "login", "look", "compound_photograph",
    "notices", "notice", "notice_pdf", "notice_file",
}  # fmt: skip


def test_pages_take_as_many_queries_with_three_rows_as_with_one_and_few(grown: Measure) -> None:
    one, three = grown(1), grown(3)
    more = {name: (one[name], three[name]) for name in one if three[name] != one[name]}
    assert not more, "queries that grow with the rows"
    figures = {name: PUBLIC if name.split()[0] in PUBLIC_PAGES else OFFICE for name in three}
    over = {name: count for name, count in three.items() if count > figures[name]}
    assert not over, "more queries than the figure"


def test_every_page_is_measured(town: Town) -> None:
    town.grow()
    assert named_patterns() - {name.split()[0] for name in pages(town)} == WITHOUT_PAGE


def test_control_a_query_per_row_is_seen(grown: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fetching along what a draft's row shows, the list of drafts would ask for each."""
    monkeypatch.setattr("fees.models.DraftQuerySet.for_display", lambda self: self)
    names = ("drafts", "review", "home")
    one, three = grown(1, *names), grown(3, *names)
    assert three["drafts"] > one["drafts"] and three["review"] > one["review"]
    assert three["home"] == one["home"]
