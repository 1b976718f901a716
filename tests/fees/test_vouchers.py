"""Who decides an expense, what must lie beside it, parts taken back, earlier years corrected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from compounds.models import Compound
from core.models import User
from fees.choices import DraftState, ReversalKind, Told
from fees.documents import cash_book, closing_view, remainders
from fees.models import Account, Draft, ExpenseLimit, Voucher
from fees.operations import (
    DecisionMissing,
    DraftData,
    NotCorrectable,
    NotPositive,
    NotReversible,
    PaperMissing,
    Posting,
    SamePerson,
    SlipMissing,
    correct_voucher,
    ensure_period,
    post_draft,
    post_postings,
    reverse_voucher,
    save_draft,
)
from fees.rules import decider_of, is_same_name, lacks_paper
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 5)
LIMITS = {"head": Decimal(1000), "meeting": Decimal(5000), "residents": None}


@dataclass
class Office:
    """A compound with money in the bank, its bookkeeper and its head."""

    home: Compound
    bookkeeper: User
    head: User

    def data(self, code: str, amount: str, on: date = OCTOBER, **more: Any) -> DraftData:
        return factories.data(self.home, on, code, amount, **more)

    def hand_in(self, code: str, amount: str, **more: Any) -> Draft:
        return save_draft(self.data(code, amount, **more), hand_in=True, actor=self.bookkeeper, at=AT)

    def post(self, code: str, amount: str, **more: Any) -> Voucher:
        return post_draft(self.hand_in(code, amount, **more).pk, actor=self.head, at=AT)

    def take_back(self, voucher: Voucher, amount: str, kind: str = ReversalKind.OVERSTATED, day: int = 9) -> Voucher:
        key = remainders(voucher)[0].key
        draft = reverse_voucher(
            voucher, date(2026, 10, day), actor=self.bookkeeper, at=AT, kind=kind, parts={key: Decimal(amount)}
        )
        return post_draft(draft.pk, actor=self.head, at=AT)


@pytest.fixture
def office() -> Office:
    home = factories.compound()
    factories.books(home)
    bookkeeper, head = factories.people(home)
    factories.open_with(home, date(2025, 8, 31), {"service": {"bank": "20000.00", "cash": "500.00"}})
    return Office(home, bookkeeper, head)


# --- Who decides --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "who"),
    [("0.01", "head"), ("1000.00", "head"), ("1000.01", "meeting"), ("5000.00", "meeting"), ("5000.01", "residents")],
)
def test_the_limits_themselves_belong_to_the_lower_one(amount: str, who: str) -> None:
    assert decider_of(Decimal(amount), LIMITS) == who


def test_a_missing_limit_is_passed_on_to_the_next() -> None:
    assert decider_of(Decimal(3), {"meeting": Decimal(5)}) == "meeting"
    assert decider_of(Decimal(6), {"meeting": Decimal(5)}) == "residents"
    assert decider_of(Decimal(6), {}) == "residents"


def test_expense_beyond_a_limit_is_refused_without_a_decision(office: Office) -> None:
    office.hand_in("203", "1000.00")
    with pytest.raises(DecisionMissing) as meeting:
        office.hand_in("203", "1000.01")
    assert (meeting.value.limit, meeting.value.decided_by) == (Decimal(1000), "meeting")
    with pytest.raises(DecisionMissing) as residents:
        office.hand_in("203", "5000.01")
    assert (residents.value.limit, residents.value.decided_by) == (Decimal(5000), "residents")
    assert Draft.objects.count() == 1
    assert office.hand_in("203", "6000.00", decision="居民会议3号").state == DraftState.HANDED_IN


def test_the_lines_of_one_voucher_are_judged_together(office: Office) -> None:
    data = office.data("203", "600.00")
    with pytest.raises(DecisionMissing):
        save_draft(replace(data, lines=data.lines * 2), hand_in=True, actor=office.bookkeeper, at=AT)


def test_what_is_no_expense_needs_no_decision(office: Office) -> None:
    office.hand_in("101", "9000.00")
    office.hand_in("401", "9000.00", direction="held_out")
    office.hand_in("301", "9000.00", to_account=factories.purse(factories.books(office.home)["committee"]))
    assert Draft.objects.count() == 3


def test_a_draft_may_lie_without_a_decision_and_is_not_posted(office: Office) -> None:
    data = office.data("203", "1200.00")
    draft = save_draft(data, hand_in=False, actor=office.bookkeeper, at=AT)
    assert draft.state == DraftState.DRAFT
    Draft.objects.update(state=DraftState.HANDED_IN)  # as if it had been handed in before the limit was lowered
    with pytest.raises(DecisionMissing):
        post_draft(draft.pk, actor=office.head, at=AT)
    assert not Voucher.objects.exists()


def test_a_compounds_own_limit_replaces_the_districts(office: Office) -> None:
    ExpenseLimit.objects.create(compound=office.home, decided_by="head", up_to=Decimal(300))
    with pytest.raises(DecisionMissing) as refused:
        office.hand_in("203", "300.01")
    assert (refused.value.limit, refused.value.decided_by) == (Decimal(300), "meeting")
    other = factories.compound("11010700401001", "古城一院（演示）")
    assert ExpenseLimit.objects.for_compound(other)["head"] == Decimal(1000)


def test_an_import_is_never_refused_and_the_closing_tells(office: Office) -> None:
    data = office.data("222", "8000.00")
    posting = Posting(data, data.book, data.direction, data.money_account, "import:0#2")
    post_postings(office.home, [posting], entered_by=office.bookkeeper, reviewed_by=office.head, at=AT)
    view = closing_view(ensure_period(office.home, date(2026, 10, 1)))
    told = {check.key: check.reason for check in view.told}
    assert told[Told.OVER_LIMIT] == told[Told.NO_DECISION] == "导入，票据待补"


# --- What must lie beside -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "more"),
    [
        *((code, {"decision": "自管会会议4号"}) for code in ("213", "215", "217", "222", "223")),
        *((code, {"decision": "街道办〔2026〕7号"}) for code in ("106", "107", "119", "229")),
        ("221", {"paper": "bank_slip"}),
        ("207", {"decision": "2025年第31号凭证"}),
        ("207", {"paper": "receipt"}),
    ],
)
def test_account_that_needs_something_is_refused_without(office: Office, code: str, more: dict[str, str]) -> None:
    with pytest.raises(PaperMissing) as refused:
        office.hand_in(code, "90.00")
    assert refused.value.account.code == code
    save_draft(office.data(code, "90.00"), hand_in=False, actor=office.bookkeeper, at=AT)
    kind = more.pop("paper", "")
    papers = (factories.paper(office.home, "", kind=kind),) if kind else ()
    assert office.hand_in(code, "90.00", attachments=papers, **more).state == DraftState.HANDED_IN


def test_a_receipt_is_no_bank_slip(office: Office) -> None:
    with pytest.raises(PaperMissing):
        office.hand_in("221", "90.00", decision="1号", attachments=(factories.paper(office.home),))


def test_a_contract_is_not_asked_for_with_every_rent(office: Office) -> None:
    assert not lacks_paper("contract", decision="", kinds=())
    assert office.hand_in("105", "600.00").state == DraftState.HANDED_IN


# --- Typed for another --------------------------------------------------------------------------------------------


def test_a_voucher_typed_for_another_needs_the_signed_slip(office: Office) -> None:
    with pytest.raises(SlipMissing):
        office.hand_in("101", "20.00", entered_for="张桂芳", attachments=(factories.paper(office.home),))
    slip = factories.paper(office.home, "", kind="typed_slip")
    assert office.hand_in("101", "20.00", entered_for="张桂芳", attachments=(slip,)).entered_for == "张桂芳"


@pytest.mark.parametrize("name", ["王秀兰", "王 秀兰", "　王秀兰 ", "王秀兰\u200b"])
def test_neither_of_the_two_reviews_it_however_the_name_is_typed(office: Office, name: str) -> None:
    slip = factories.paper(office.home, "", kind="typed_slip")
    draft = office.hand_in("101", "20.00", entered_for=name, attachments=(slip,))
    with pytest.raises(SamePerson):
        post_draft(draft.pk, actor=office.head, at=AT)
    assert not Draft.objects.by_others(office.head).exists()
    assert not Draft.objects.by_others(office.bookkeeper).exists()
    deputy = factories.user("committee_deputy", office.home.code, "赵国强")
    assert Draft.objects.by_others(deputy).get() == draft
    assert post_draft(draft.pk, actor=deputy, at=AT).number == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("王秀兰", "王　秀兰", True),
        ("买买提·艾力", "买买提・艾力", True),
        ("ＬＩ Ming", "li ming", True),
        ("王秀兰", "王秀", False),
        ("", "", False),
        (" ", "", False),
    ],
)
def test_names_are_compared_as_people_read_them(first: str, second: str, same: bool) -> None:
    assert is_same_name(first, second) is same


# --- A part taken back --------------------------------------------------------------------------------------------


def test_too_much_is_taken_back_in_the_same_column_until_nothing_is_left(office: Office) -> None:
    wrong = office.post("203", "435.00")
    red = office.take_back(wrong, "90.00")
    assert (red.direction, red.amount, red.reverses) == ("expense", Decimal("-90.00"), wrong)
    assert red.lines.get().summary == "冲销10月5日第1号凭证多记金额"
    assert (wrong.remaining, wrong.reversed_whole_by) == (Decimal("345.00"), None)
    with pytest.raises(NotReversible, match="too_much"):
        office.take_back(wrong, "345.01")
    office.take_back(wrong, "45.00", ReversalKind.REFUND)
    draft = reverse_voucher(wrong, date(2026, 10, 9), actor=office.bookkeeper, at=AT)
    last = post_draft(draft.pk, actor=office.head, at=AT)
    assert last.amount == Decimal("-300.00")
    assert last.lines.get().summary == "冲销10月5日第1号凭证余下金额"
    again = Voucher.objects.get(pk=wrong.pk)
    assert (again.remaining, again.reversed_whole_by) == (Decimal("0.00"), last)
    with pytest.raises(NotReversible, match="reversed"):
        reverse_voucher(wrong, date(2026, 10, 9), actor=office.bookkeeper, at=AT)
    assert verify_books(office.home).bad == []


def test_a_refund_names_itself_and_may_be_paid_from_another_account(office: Office) -> None:
    paid = office.post("101", "300.00")
    cash = factories.purse(factories.books(office.home)["service"], "cash")
    key = remainders(paid)[0].key
    draft = reverse_voucher(
        paid, date(2026, 10, 8), actor=office.bookkeeper, at=AT, kind=ReversalKind.REFUND,
        parts={key: Decimal("100.00")}, money_account=cash,
    )  # fmt: skip
    red = post_draft(draft.pk, actor=office.head, at=AT)
    assert red.lines.get().summary == "冲销10月5日第1号凭证，退款"
    assert (red.direction, red.amount, red.money_account) == ("income", Decimal("-100.00"), cash)


def test_parts_go_line_by_line(office: Office) -> None:
    data = office.data("203", "300.00")
    lines = (*data.lines, *office.data("202", "200.00").lines)
    draft = save_draft(replace(data, lines=lines), hand_in=True, actor=office.bookkeeper, at=AT)
    wrong = post_draft(draft.pk, actor=office.head, at=AT)
    first, second = remainders(wrong)
    with pytest.raises(NotReversible, match="too_much"):
        reverse_voucher(
            wrong, OCTOBER, actor=office.bookkeeper, at=AT, kind="overstated", parts={second.key: Decimal("200.01")}
        )
    parts = {first.key: Decimal("50.00"), second.key: Decimal("200.00")}
    red = reverse_voucher(wrong, OCTOBER, actor=office.bookkeeper, at=AT, kind="overstated", parts=parts)
    post_draft(red.pk, actor=office.head, at=AT)
    assert [(row.account.code, row.amount) for row in remainders(wrong)] == [("203", Decimal("250.00"))]


@pytest.mark.parametrize("amount", ["0.00", "-5.00", "NaN", "Infinity"])
def test_a_part_is_an_amount(office: Office, amount: str) -> None:
    wrong = office.post("203", "435.00")
    with pytest.raises(NotPositive):
        office.take_back(wrong, amount)
    with pytest.raises(NotPositive):
        reverse_voucher(wrong, OCTOBER, actor=office.bookkeeper, at=AT, kind="refund", parts={})


def test_two_waiting_parts_never_exceed_the_original(office: Office) -> None:
    """One red draft waits at a time; one that was made all the same is judged again when it is posted."""
    wrong = office.post("203", "435.00")
    key = remainders(wrong)[0].key
    acts: dict[str, Any] = {"actor": office.bookkeeper, "at": AT, "kind": "overstated", "parts": {key: Decimal(400)}}
    first = reverse_voucher(wrong, OCTOBER, **acts)
    with pytest.raises(NotReversible, match="waiting"):
        reverse_voucher(wrong, OCTOBER, **acts)
    Draft.objects.filter(pk=first.pk).update(reverses=None)
    second = reverse_voucher(wrong, OCTOBER, **acts)
    Draft.objects.filter(pk=first.pk).update(reverses=wrong)
    post_draft(first.pk, actor=office.head, at=AT)
    with pytest.raises(NotReversible, match="too_much"):
        post_draft(second.pk, actor=office.head, at=AT)
    assert wrong.remaining == Decimal("35.00")


def test_half_a_transfer_comes_back_in_both_books(office: Office) -> None:
    target = factories.purse(factories.books(office.home)["committee"])
    out = office.post("301", "500.00", to_account=target)
    office.take_back(out, "120.00")
    reds = list(Voucher.objects.filter(reverses__isnull=False).order_by("pk"))
    assert [(r.direction, r.amount, r.money_account) for r in reds] == [
        ("transfer_out", Decimal("-120.00"), out.money_account),
        ("transfer_in", Decimal("-120.00"), target),
    ]
    assert {r.lines.get().summary for r in reds} == {"冲销10月5日第1号凭证多记金额"}
    assert len({r.pair for r in reds}) == 1
    assert verify_books(office.home).bad == []


def test_the_cash_book_tells_a_part_from_the_whole(office: Office) -> None:
    wrong = office.post("203", "435.00")
    office.take_back(wrong, "90.00")
    row = cash_book(wrong.book, date(2026, 10, 1)).rows[0]
    assert (row.reversed_by, row.reduced_by) == (None, ((2, Decimal("90.00")),))
    office.take_back(wrong, "345.00")
    row = cash_book(wrong.book, date(2026, 10, 1)).rows[0]
    assert (row.reversed_by, row.reduced_by) == (3, ())


# --- An earlier year ----------------------------------------------------------------------------------------------


def end_year(office: Office) -> None:
    """Close the months of last year, so that it takes no more red vouchers."""
    for month in (9, 10, 11, 12):
        factories.close(office.home, date(2025, month, 1))


def correct(office: Office, voucher: Voucher, code: str, amount: str, on: date = OCTOBER, **more: Any) -> Draft:
    return correct_voucher(
        voucher, on, Account.objects.get(code=code), Decimal(amount), decision=more.pop("decision", "八角街道〔2026〕12号"),
        money_account=voucher.money_account, actor=office.bookkeeper, at=AT, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "with_code", "direction", "summary"),
    [
        ("203", "119", "income", "更正2025年第1号凭证多记的支出"),
        ("203", "229", "expense", "更正2025年第1号凭证少记的支出"),
        ("101", "119", "income", "更正2025年第1号凭证少记的收入"),
        ("101", "229", "expense", "更正2025年第1号凭证多记的收入"),
    ],
)
def test_last_year_is_corrected_by_a_voucher_of_its_own(
    office: Office, code: str, with_code: str, direction: str, summary: str
) -> None:
    old = office.post(code, "435.00", on=date(2025, 10, 12))
    end_year(office)
    voucher = post_draft(correct(office, old, with_code, "90.00").pk, actor=office.head, at=AT)
    assert (voucher.direction, voucher.amount, voucher.year) == (direction, Decimal("90.00"), 2026)
    assert (voucher.corrects, voucher.reverses, voucher.lines.get().summary) == (old, None, summary)
    assert list(old.corrected_by.all()) == [voucher]
    assert verify_books(office.home).bad == []


def test_a_correction_needs_the_streets_document(office: Office) -> None:
    old = office.post("203", "435.00", on=date(2025, 10, 12))
    end_year(office)
    with pytest.raises(PaperMissing):
        correct(office, old, "119", "90.00", decision="")


def test_what_a_correction_cannot_mend(office: Office) -> None:
    old = office.post("203", "435.00", on=date(2025, 10, 12))
    deposit = office.post("401", "50.00", on=date(2025, 10, 13))

    def why(voucher: Voucher, amount: str = "90.00", on: date = OCTOBER) -> str:
        with pytest.raises(NotCorrectable) as refused:
            correct(office, voucher, "119", amount, on)
        return refused.value.why

    whole = office.post("203", "12.00", on=date(2025, 10, 14))
    red = reverse_voucher(whole, date(2025, 10, 20), actor=office.bookkeeper, at=AT)
    red_voucher = post_draft(red.pk, actor=office.head, at=AT)
    assert why(old) == "open_year"
    end_year(office)
    assert why(old, on=date(2025, 10, 20)) == "same_year"
    assert why(office.post("203", "10.00"), on=date(2025, 12, 1)) == "before"
    assert why(deposit) == "kind"
    assert why(old, "435.01") == "too_much"
    post_draft(correct(office, old, "119", "400.00").pk, actor=office.head, at=AT)
    assert why(old, "35.01") == "too_much"
    assert why(red_voucher) == "reversal"


def test_two_waiting_corrections_never_exceed_the_original(office: Office) -> None:
    old = office.post("203", "435.00", on=date(2025, 10, 12))
    end_year(office)
    drafts = [correct(office, old, "119", "400.00"), correct(office, old, "119", "300.00")]
    post_draft(drafts[0].pk, actor=office.head, at=AT)
    with pytest.raises(NotCorrectable, match="too_much"):
        post_draft(drafts[1].pk, actor=office.head, at=AT)


def test_a_paper_that_a_phone_added_to_the_draft_counts(office: Office) -> None:
    data = office.data("221", "90.00")
    draft = save_draft(data, hand_in=False, actor=office.bookkeeper, at=AT)
    draft.attachments.add(factories.paper(office.home, "", kind="bank_slip"))
    assert save_draft(data, draft=draft, hand_in=True, actor=office.bookkeeper, at=AT).state == DraftState.HANDED_IN


# --- Verifying ----------------------------------------------------------------------------------------------------


def test_verifying_finds_red_vouchers_beyond_their_original(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the guard taken away a red voucher gets in that takes back too much: whole chain, but told."""
    wrong = office.post("203", "435.00")
    monkeypatch.setattr("fees.operations.posting.refuse_reversal", lambda *_: None)
    monkeypatch.setattr("fees.operations.reversing.refuse_reversal", lambda *_: None)
    office.take_back(wrong, "400.00")
    assert verify_books(office.home).bad == []
    too_much = office.take_back(wrong, "35.01")
    assert [(fault.number, fault.what) for fault in verify_books(office.home).bad] == [
        (too_much.number, "红冲的比原凭证还多")
    ]
