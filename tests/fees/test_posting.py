"""Typing, reviewing and posting vouchers: numbers, chain, separation, balances, reversals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compounds.models import Compound
from core.models import Entry, User
from core.operations import machine
from fees.choices import DraftState
from fees.documents import standing_before
from fees.models import Book, Draft, Voucher, VoucherEvidence
from fees.operations import (
    AlreadyOpened,
    BeforeBooks,
    DoesNotAddUp,
    DraftData,
    DraftGone,
    FarOff,
    FormReused,
    NegativeBalance,
    NoLines,
    NotHandedIn,
    NotPositive,
    NotReversible,
    PeriodClosed,
    PostedAlready,
    SamePerson,
    WrongAccount,
    WrongMoneyAccount,
    delete_draft,
    post_draft,
    return_draft,
    reverse_voucher,
    save_draft,
)
from fees.rules import genesis, opening_hash
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 5)


@dataclass
class Office:
    """A compound with its bookkeeper and its head."""

    home: Compound
    books: dict[str, Book]
    bookkeeper: User
    head: User

    def data(self, amount: str = "100.00", code: str = "101", on: date = OCTOBER, **more: Any) -> DraftData:
        return factories.data(self.home, on, code, amount, **more)

    def hand_in(self, *typed: Any, **more: Any) -> Draft:
        """Hand in a voucher as typed, or made of amount, account and whatever else ``data`` takes."""
        data = typed[0] if typed and isinstance(typed[0], DraftData) else self.data(*typed, **more)
        return save_draft(data, hand_in=True, actor=self.bookkeeper, at=AT)

    def post(self, *typed: Any, **more: Any) -> Voucher:
        return post_draft(self.hand_in(*typed, **more).pk, actor=self.head, at=AT)

    def reverse(self, voucher: Voucher, on: date = OCTOBER, reason: str = "") -> Voucher:
        draft = reverse_voucher(voucher, on, actor=self.bookkeeper, at=AT, reason=reason)
        return post_draft(draft.pk, actor=self.head, at=AT)

    def balance(self, kind: str = "service", on: date = date(2027, 12, 31)) -> Decimal:
        return standing_before(self.home, on).books.get(self.books[kind].pk, Decimal(0))


@pytest.fixture
def office() -> Office:
    home = factories.compound()
    books = factories.books(home)
    bookkeeper, head = factories.people(home)
    return Office(home, books, bookkeeper, head)


# --- Numbers and the chain ----------------------------------------------------------------------------------------


def test_numbers_restart_with_the_year_of_the_date_and_the_chain_runs_on(office: Office) -> None:
    """In January late vouchers of December still take December's numbers."""
    days = [date(2026, 12, 30), date(2027, 1, 4), date(2026, 12, 31), date(2027, 1, 2), date(2027, 1, 2)]
    vouchers = [office.post(on=day) for day in days]
    assert [(v.year, v.number) for v in vouchers] == [(2026, 1), (2027, 1), (2026, 2), (2027, 2), (2027, 3)]
    assert [v.seq for v in vouchers] == [1, 2, 3, 4, 5]
    assert vouchers[0].previous_hash == genesis(office.home.code, "service")
    assert [v.previous_hash for v in vouchers[1:]] == [v.hash for v in vouchers[:-1]]
    # A balance runs on over the years.
    assert office.balance() == Decimal("500.00")


def test_each_book_has_numbers_of_its_own(office: Office) -> None:
    numbers = [office.post(book=kind).number for kind in ("service", "committee", "service", "committee")]
    assert numbers == [1, 1, 2, 2]


def test_the_opening_is_the_first_element_of_the_chain(office: Office) -> None:
    (opening,) = factories.open_with(office.home, date(2026, 9, 30), {"service": {"bank": "12.50"}})
    assert opening.previous_hash == genesis(office.home.code, "service")
    opening.refresh_from_db()
    assert opening.hash == opening_hash(vars(opening))
    voucher = office.post()
    assert (voucher.seq, voucher.number, voucher.previous_hash) == (1, 1, opening.hash)
    with pytest.raises(AlreadyOpened):
        factories.open_with(office.home, date(2026, 9, 30), {"committee": {"bank": "1.00"}})


def test_a_stored_voucher_hashes_as_it_was_posted(office: Office) -> None:
    """What was typed (12.5, with a moment in Beijing's time) and what is read back give one hash."""
    data = office.data("12.5", payee="𠮷野家·北京（演示）", handler="é", reason="收款码延后，已说明")
    posted = office.post(data)
    assert verify_books(office.home).bad == []
    assert Voucher.objects.get(pk=posted.pk).hash == posted.hash


def test_a_voucher_of_the_last_second_is_of_that_month(office: Office) -> None:
    """The month comes from the typed day, never from the clock."""
    late = AT.replace(year=2026, month=10, day=31, hour=16, minute=30)  # 1 November in Beijing
    draft = save_draft(office.data(on=date(2026, 10, 31)), hand_in=True, actor=office.bookkeeper, at=late)
    voucher = post_draft(draft.pk, actor=office.head, at=late)
    assert (voucher.on, voucher.year) == (date(2026, 10, 31), 2026)
    assert office.home.periods.get().month == date(2026, 10, 1)


def test_posting_twice_returns_the_same_voucher(office: Office) -> None:
    draft = office.hand_in()
    first = post_draft(draft.pk, actor=office.head, at=AT)
    assert post_draft(draft.pk, actor=office.head, at=AT) == first
    assert Voucher.objects.count() == 1
    assert not Draft.objects.exists()
    # Another draft's mark that begins alike is another voucher.
    assert post_draft(office.hand_in().pk, actor=office.head, at=AT) != first


def test_a_draft_that_never_was_cannot_be_posted(office: Office) -> None:
    with pytest.raises(DraftGone):
        post_draft(999, actor=office.head, at=AT)
    draft = office.hand_in()
    delete_draft(draft, actor=office.bookkeeper, at=AT)
    with pytest.raises(DraftGone):
        post_draft(draft.pk, actor=office.head, at=AT)


def test_deleting_a_posted_draft_is_refused(office: Office) -> None:
    """Someone presses delete on a page that was loaded before the head posted."""
    draft = office.hand_in()
    post_draft(draft.pk, actor=office.head, at=AT)
    with pytest.raises(DraftGone):
        delete_draft(draft, actor=office.bookkeeper, at=AT)
    with pytest.raises(NotHandedIn):
        return_draft(draft, "看不清", actor=office.head, at=AT)
    assert not Entry.objects.filter(action__in=["draft.delete", "draft.return"]).exists()


def test_anchors_name_the_head_after_each_commit(
    office: Office, own_files: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from fees.anchors import read_anchors

    with django_capture_on_commit_callbacks(execute=True):
        voucher = office.post()
    ((line, anchor),) = read_anchors()
    assert line == 1 and anchor is not None
    assert {k: anchor[k] for k in ("compound", "book", "count", "year", "number", "hash")} == {
        "compound": office.home.code, "book": "service", "count": 1, "year": 2026, "number": 1, "hash": voucher.hash,
    }  # fmt: skip


def test_papers_enter_the_hash_and_the_evidence(office: Office) -> None:
    paper = factories.paper(office.home)
    voucher = office.post(attachments=(paper,))
    assert paper.sha256 in voucher.attachments
    assert VoucherEvidence.objects.get(voucher=voucher).attachment == paper
    assert verify_books(office.home).bad == []


# --- Separation of duties -----------------------------------------------------------------------------------------


def test_who_entered_does_not_review(office: Office) -> None:
    draft = office.hand_in()
    with pytest.raises(SamePerson) as refusal:
        post_draft(draft.pk, actor=office.bookkeeper, at=AT)
    assert refusal.value.who == office.bookkeeper
    assert not Voucher.objects.exists()


def test_a_slip_typed_for_the_reviewer_is_the_reviewers_own(office: Office) -> None:
    """代录: typed by X for Y; then neither X nor Y reviews it."""
    slip = factories.paper(office.home, "", kind="typed_slip")
    draft = office.hand_in(entered_for="王 秀 兰", attachments=(slip,))
    with pytest.raises(SamePerson):
        post_draft(draft.pk, actor=office.head, at=AT)
    deputy = factories.user("committee_deputy", office.home.code)
    assert post_draft(draft.pk, actor=deputy, at=AT).entered_for == "王 秀 兰"


def test_who_changed_a_draft_last_has_entered_it(office: Office) -> None:
    """A head who mends the bookkeeper's draft cannot post it then."""
    draft = office.hand_in()
    save_draft(office.data("90.00"), draft=draft, hand_in=True, actor=office.head, at=AT)
    with pytest.raises(SamePerson):
        post_draft(draft.pk, actor=office.head, at=AT)


def test_the_database_refuses_one_person_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with the operation's own check away the constraint stands."""
    monkeypatch.setattr("fees.operations.posting.is_another", lambda *_: True)
    draft = office.hand_in()
    with pytest.raises(IntegrityError, match="voucher_reviewed_by_another"), transaction.atomic():
        post_draft(draft.pk, actor=office.bookkeeper, at=AT)


# --- What may be typed --------------------------------------------------------------------------------------------


def changed_line(data: DraftData, **changes: Any) -> DraftData:
    return replace(data, lines=(replace(data.lines[0], **changes),))


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda d: replace(d, lines=()), NoLines),
        (lambda d: changed_line(d, amount=Decimal("0.00")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("-5.00")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("0.005")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("NaN")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("sNaN")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("Infinity")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("1e12")), NotPositive),
        (lambda d: changed_line(d, amount=Decimal("1e400")), NotPositive),
        (lambda d: changed_line(d, amount=12.5), NotPositive),
        (lambda d: changed_line(d, quantity="3", unit_price="33.00"), DoesNotAddUp),
        (lambda d: changed_line(d, account=factories.account("201")), WrongAccount),
        (lambda d: replace(d, direction="expense"), WrongAccount),
        (lambda d: replace(d, to_account=factories.purse(d.book, "cash")), WrongMoneyAccount),
        (lambda d: replace(d, money_account=other_purse(d)), WrongMoneyAccount),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    office: Office, spoil: Callable[[DraftData], DraftData], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal), transaction.atomic():
        office.hand_in(spoil(office.data()))
    assert not Draft.objects.exists()


def other_purse(data: DraftData) -> Any:
    return factories.purse(data.book.compound.books.exclude(pk=data.book.pk).get())


@given(st.decimals(allow_nan=True, allow_infinity=True))
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_operations_take_whole_fen_above_zero_only(amount: Decimal) -> None:
    """R22: whatever the door lets in, the operation takes nothing but 0.01 … 999,999,999,999.99 in whole 分."""
    from fees.models import Account, MoneyAccount
    from fees.operations import LineData, check_data

    book = Book(pk=1, kind="service")
    line = LineData("款", Account(code="101", direction="income"), amount)
    data = DraftData(book, OCTOBER, "income", MoneyAccount(pk=1, book=book), (line,))
    fine = amount.is_finite() and 0 < amount < Decimal(10) ** 12 and amount * 100 == (amount * 100).to_integral_value()
    if fine:
        check_data(data)
    else:
        with pytest.raises(NotPositive):
            check_data(data)


def test_a_line_of_several_is_named(office: Office) -> None:
    data = office.data()
    data = replace(data, lines=(data.lines[0], replace(data.lines[0], amount=Decimal("0.001"))))
    with pytest.raises(NotPositive) as refusal:
        office.hand_in(data)
    assert refusal.value.line == 2


# --- Drafts -------------------------------------------------------------------------------------------------------


def test_a_draft_may_change_until_it_is_posted(office: Office) -> None:
    draft = save_draft(office.data("10.00", summary="收电费"), hand_in=False, actor=office.bookkeeper, at=AT)
    with pytest.raises(NotHandedIn):
        post_draft(draft.pk, actor=office.head, at=AT)
    data = office.data("12.00", summary="收水费", payee="某户")
    two = replace(data, lines=(*data.lines, replace(data.lines[0], amount=Decimal("1.00"))))
    changed = save_draft(two, draft=draft, hand_in=True, actor=office.bookkeeper, at=AT)
    assert changed.pk == draft.pk and changed.lines.count() == 2
    return_draft(changed, "摘要写清楚", actor=office.head, at=AT)
    returned = Draft.objects.get()
    assert (returned.state, returned.note) == (DraftState.RETURNED, "摘要写清楚")
    with pytest.raises(NotHandedIn):
        post_draft(draft.pk, actor=office.head, at=AT)
    save_draft(two, draft=returned, hand_in=True, actor=office.bookkeeper, at=AT)
    voucher = post_draft(draft.pk, actor=office.head, at=AT)
    assert (voucher.amount, voucher.line_count, voucher.payee) == (Decimal("13.00"), 2, "某户")
    assert [line.summary for line in voucher.lines.order_by("position")] == ["收水费", "收水费"]


def test_a_form_sent_twice_makes_one_draft(office: Office) -> None:
    data = office.data(form_token="a" * 32)
    first = office.hand_in(data)
    assert office.hand_in(data) == first
    assert Draft.objects.count() == 1
    with pytest.raises(FormReused):
        office.hand_in(changed_line(data, amount=Decimal("99.00")))
    assert office.hand_in(office.data(form_token="b" * 32)) != first


def test_a_form_sent_again_after_posting_makes_nothing(office: Office) -> None:
    """The back button, after the head has posted: the money would stand twice."""
    data = office.data(form_token="c" * 32)
    voucher = office.post(data)
    with pytest.raises(PostedAlready) as same:
        office.hand_in(data)
    assert same.value.voucher == voucher
    with pytest.raises(FormReused):
        office.hand_in(replace(data, payee="另一家"))
    assert (Draft.objects.count(), Voucher.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"payee": "另一家"},
        {"money_account": "cash"},
        {"reason": "别的理由"},
        {"handler": "别人"},
        {"bill_on": date(2026, 9, 1)},
        {"source": "government"},
    ],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_a_form_sent_twice_with_anything_changed_is_refused(office: Office, change: dict[str, Any]) -> None:
    """R10: the same token with other content is refused, not silently ignored."""
    data = office.data(form_token="d" * 32)
    office.hand_in(data)
    if "source" in change:
        other = changed_line(data, **change)
    elif "money_account" in change:
        other = replace(data, money_account=factories.purse(data.book, "cash"))
    else:
        other = replace(data, **change)
    with pytest.raises(FormReused):
        office.hand_in(other)


def test_every_act_on_a_draft_stands_in_the_history(office: Office) -> None:
    draft = save_draft(office.data(), hand_in=False, actor=office.bookkeeper, at=AT)
    save_draft(office.data(), draft=draft, hand_in=True, actor=office.bookkeeper, at=AT)
    return_draft(draft, "再看", actor=office.head, at=AT)
    save_draft(office.data(), draft=draft, hand_in=True, actor=office.bookkeeper, at=AT)
    post_draft(draft.pk, actor=office.head, at=AT)
    gone = office.hand_in()
    delete_draft(gone, actor=office.bookkeeper, at=AT)
    actions = list(
        Entry.objects.filter(actor__in=[office.bookkeeper, office.head]).order_by("pk").values_list("action", flat=True)
    )
    assert actions == [
        "draft.save", "draft.hand_in", "draft.return", "draft.hand_in", "voucher.post", "draft.hand_in", "draft.delete",
    ]  # fmt: skip


# --- Months -------------------------------------------------------------------------------------------------------


def test_a_closed_month_takes_no_draft_and_no_voucher(office: Office) -> None:
    office.post()
    waiting = office.hand_in(on=date(2026, 11, 3))
    factories.close(office.home)
    for day in (date(2026, 10, 1), date(2026, 10, 31)):
        with pytest.raises(PeriodClosed) as refusal, transaction.atomic():
            office.hand_in(on=day)
        assert refusal.value.month == date(2026, 10, 1)
    with pytest.raises(PeriodClosed), transaction.atomic():
        factories.post(office.home, [office.data()])
    Draft.objects.filter(pk=waiting.pk).update(on=OCTOBER)
    with pytest.raises(PeriodClosed), transaction.atomic():
        post_draft(waiting.pk, actor=office.head, at=AT)


def test_months_follow_without_a_gap(office: Office) -> None:
    office.post(on=date(2026, 10, 5))
    office.post(on=date(2027, 1, 5))
    months = list(office.home.periods.order_by("month").values_list("month", flat=True))
    assert months == [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]
    with pytest.raises(BeforeBooks) as refusal, transaction.atomic():
        office.post(on=date(2026, 9, 30))
    assert refusal.value.first_month == date(2026, 10, 1)


def test_a_year_mistyped_opens_no_hundred_months(office: Office) -> None:
    """2062 for 2026: every month up to it would be opened and would have to be closed."""
    for day, fine in ((AT.date() + timedelta(days=400), True), (AT.date() + timedelta(days=401), False)):
        if fine:
            office.hand_in(on=day)
            continue
        with pytest.raises(FarOff) as refusal, transaction.atomic():
            office.hand_in(on=day)
        assert refusal.value.day == day
        with pytest.raises(FarOff), transaction.atomic():
            factories.post(office.home, [office.data(on=day.replace(year=2062))])
    assert office.home.periods.count() == 1


def test_books_begin_with_the_month_after_the_opening(office: Office) -> None:
    factories.open_with(office.home, date(2026, 7, 31), {"service": {"bank": "1.00"}})
    with pytest.raises(BeforeBooks), transaction.atomic():
        office.post(on=date(2026, 7, 31))
    office.post(on=date(2026, 10, 5))
    assert office.home.periods.order_by("month").first().month == date(2026, 8, 1)  # type: ignore[union-attr]


# --- Balances -----------------------------------------------------------------------------------------------------


def test_cash_that_is_not_there_cannot_be_paid(office: Office) -> None:
    office.post("100.00", means="cash")
    with pytest.raises(NegativeBalance) as refusal, transaction.atomic():
        office.post("100.01", "203", means="cash")
    assert refusal.value.lowest == Decimal("-0.01")
    assert refusal.value.money_account.means == "cash"
    assert Voucher.objects.count() == 1
    office.post("100.00", "203", means="cash")
    assert office.balance() == 0


def test_the_lowest_balance_from_the_date_on_counts(office: Office) -> None:
    """A payment dated before another can take the later day below zero though its own day had enough."""
    office.post("100.00", on=date(2026, 10, 1))
    office.post("80.00", "203", on=date(2026, 10, 20))
    with pytest.raises(NegativeBalance) as refusal, transaction.atomic():
        office.post("30.00", "203", on=date(2026, 10, 10))
    assert refusal.value.lowest == Decimal("-10.00")
    office.post("30.00", on=date(2026, 10, 15))
    office.post("30.00", "203", on=date(2026, 10, 10))


def test_a_payment_before_the_money_came_is_refused(office: Office) -> None:
    office.post("100.00", on=date(2026, 10, 20))
    with pytest.raises(NegativeBalance), transaction.atomic():
        office.post("50.00", "203", on=date(2026, 10, 10))


def test_with_a_reason_an_account_may_fall_below_zero(office: Office) -> None:
    office.post("50.00", "203", reason="收款码次日到账")
    assert office.balance() == Decimal("-50.00")
    office.post("20.00")  # what comes in is never refused
    with pytest.raises(NegativeBalance), transaction.atomic():
        office.post("1.00", "203")


def test_each_money_account_stands_for_itself(office: Office) -> None:
    office.post("1000.00")
    with pytest.raises(NegativeBalance), transaction.atomic():
        office.post("1.00", "203", means="cash")
    with pytest.raises(NegativeBalance), transaction.atomic():
        office.post("1.00", "205", book="committee")


def test_a_transfer_needs_the_money_too(office: Office) -> None:
    office.post("100.00")
    cash = factories.purse(office.books["service"], "cash")
    with pytest.raises(NegativeBalance), transaction.atomic():
        office.post("100.01", "301", to_account=cash)


# --- Transfers ----------------------------------------------------------------------------------------------------


def test_a_transfer_inside_a_book_is_one_voucher(office: Office) -> None:
    office.post("100.00", means="cash")
    bank = factories.purse(office.books["service"], "bank")
    voucher = office.post("60.00", "301", means="cash", to_account=bank)
    assert Voucher.objects.count() == 2
    assert (voucher.direction, voucher.to_account, voucher.pair) == ("transfer_out", bank, "")
    standing = standing_before(office.home, date(2026, 11, 1))
    assert standing.books[office.books["service"].pk] == Decimal("100.00")
    cash = factories.purse(office.books["service"], "cash")
    assert (standing.accounts[cash.pk], standing.accounts[bank.pk]) == (Decimal("40.00"), Decimal("60.00"))


def test_a_transfer_to_the_other_book_is_two_linked_vouchers(office: Office) -> None:
    office.post("100.00")
    target = factories.purse(office.books["committee"])
    first = office.post("60.00", "301", to_account=target)
    out, into = Voucher.objects.exclude(pair="").order_by("pk")
    assert first == out
    assert (out.book.kind, out.direction, into.book.kind, into.direction) == (
        "service", "transfer_out", "committee", "transfer_in",
    )  # fmt: skip
    assert out.pair == into.pair and out.to_account is None and into.to_account is None
    assert (office.balance("service"), office.balance("committee")) == (Decimal("40.00"), Decimal("60.00"))


def test_a_transfer_goes_nowhere_else(office: Office) -> None:
    other = factories.compound(f"{factories.COMMUNITY}02", "柳荫里小区（演示）")
    foreign = factories.purse(factories.books(other)["service"])
    same = factories.purse(office.books["service"])
    for target in (None, same, foreign):
        with pytest.raises(WrongMoneyAccount), transaction.atomic():
            office.hand_in(office.data("1.00", "301", to_account=target))


# --- Money held for others ----------------------------------------------------------------------------------------


def test_money_held_for_others_moves_the_balance_only(office: Office) -> None:
    office.post("500.00", "401")
    office.post("200.00", "401", direction="held_out")
    standing = standing_before(office.home, date(2026, 11, 1))
    book = office.books["service"].pk
    assert (standing.books[book], standing.held[book]) == (Decimal("300.00"), Decimal("300.00"))


# --- Reversals ----------------------------------------------------------------------------------------------------


def test_a_reversal_stands_red_in_the_same_column(office: Office) -> None:
    office.post("1000.00")
    wrong = office.post("435.00", "203", summary="更换楼道感应灯", payee="某店")
    red = office.reverse(wrong, date(2026, 10, 16), reason="金额写错")
    assert (red.direction, red.amount, red.reverses, red.number) == ("expense", Decimal("-435.00"), wrong, 3)
    line = red.lines.get()
    assert (line.summary, line.amount, line.account_id) == ("冲销10月5日第2号凭证", Decimal("-435.00"), "203")
    assert line.service_line == wrong.lines.get().service_line
    assert office.balance() == Decimal("1000.00")
    assert verify_books(office.home).bad == []


@pytest.mark.parametrize("amount", ["-5.00", "5.00"])
def test_nobody_types_a_red_voucher(office: Office, amount: str) -> None:
    """Only the system writes negatives; and a reversal's amounts are never positive."""
    voucher = office.post("5.00")
    data = changed_line(office.data(), amount=Decimal(amount))
    with pytest.raises(NotPositive):
        office.hand_in(data if amount.startswith("-") else replace(data, reverses=voucher))


def test_what_cannot_be_reversed(office: Office) -> None:
    voucher = office.post("10.00", on=date(2026, 12, 20))

    def why(which: Voucher, on: date) -> str:
        with pytest.raises(NotReversible) as refusal, transaction.atomic():
            reverse_voucher(which, on, actor=office.bookkeeper, at=AT)
        return refusal.value.why

    assert why(voucher, date(2026, 12, 19)) == "before"
    assert why(voucher, date(2027, 1, 5)) == "earlier_year"
    draft = reverse_voucher(voucher, date(2026, 12, 21), actor=office.bookkeeper, at=AT)
    assert why(voucher, date(2026, 12, 22)) == "waiting"
    red = post_draft(draft.pk, actor=office.head, at=AT)
    assert why(voucher, date(2026, 12, 22)) == "reversed"
    assert why(red, date(2026, 12, 22)) == "reversal"


def test_a_reversal_is_judged_again_when_it_is_posted(office: Office) -> None:
    """Two drafts of one reversal, made at once by two people: the second is refused at posting."""
    voucher = office.post("10.00")
    first = reverse_voucher(voucher, OCTOBER, actor=office.bookkeeper, at=AT)
    second = Draft.objects.get(pk=first.pk)
    lines = list(second.lines.all())
    second.pk = None
    second.form_token = None
    second.save()
    for line in lines:
        line.pk, line.draft = None, second
        line.save()
    post_draft(first.pk, actor=office.head, at=AT)
    with pytest.raises(NotReversible):
        post_draft(second.pk, actor=office.head, at=AT)


def test_a_reversed_voucher_of_a_closed_month_is_booked_in_an_open_one(office: Office) -> None:
    voucher = office.post("10.00")
    factories.close(office.home)
    with pytest.raises(PeriodClosed), transaction.atomic():
        reverse_voucher(voucher, date(2026, 10, 31), actor=office.bookkeeper, at=AT)
    red = office.reverse(voucher, date(2026, 11, 2))
    assert red.on == date(2026, 11, 2)


def test_a_reversal_that_takes_money_away_needs_it(office: Office) -> None:
    """Reversing an income whose money is spent leaves too little: refused without a reason."""
    income = office.post("100.00")
    office.post("80.00", "203")
    draft = reverse_voucher(income, OCTOBER, actor=office.bookkeeper, at=AT)
    with pytest.raises(NegativeBalance), transaction.atomic():
        post_draft(draft.pk, actor=office.head, at=AT)


@pytest.mark.parametrize("half", ["transfer_out", "transfer_in"])
def test_both_halves_of_a_transfer_are_reversed_together(office: Office, half: str) -> None:
    office.post("100.00")
    office.post("60.00", "301", to_account=factories.purse(office.books["committee"]))
    halves = {v.direction: v for v in Voucher.objects.exclude(pair="")}
    office.reverse(halves[half], date(2026, 10, 8))
    reds = {v.direction: v for v in Voucher.objects.filter(reverses__isnull=False)}
    assert {d: v.reverses for d, v in reds.items()} == halves
    assert len({v.pair for v in reds.values()}) == 1 and reds["transfer_in"].pair != halves["transfer_in"].pair
    assert all(v.amount == Decimal("-60.00") for v in reds.values())
    for direction, red in reds.items():
        assert red.book == halves[direction].book
        assert red.lines.get().summary == f"冲销10月5日第{halves[direction].number}号凭证"
    assert (office.balance("service"), office.balance("committee")) == (Decimal("100.00"), Decimal("0.00"))
    # The other half is reversed now as well.
    other = halves["transfer_in" if half == "transfer_out" else "transfer_out"]
    with pytest.raises(NotReversible):
        reverse_voucher(other, date(2026, 10, 9), actor=office.bookkeeper, at=AT)
    factories.close(office.home)


def test_a_transfer_inside_a_book_is_reversed_as_one(office: Office) -> None:
    office.post("100.00", means="cash")
    bank = factories.purse(office.books["service"], "bank")
    voucher = office.post("60.00", "301", means="cash", to_account=bank)
    red = office.reverse(voucher)
    assert (red.amount, red.to_account) == (Decimal("-60.00"), bank)
    standing = standing_before(office.home, date(2026, 11, 1))
    assert standing.accounts[bank.pk] == 0
    assert verify_books(office.home).bad == []


# --- Many at once -------------------------------------------------------------------------------------------------


def test_a_batch_is_posted_whole_or_not_at_all(office: Office) -> None:
    good = [office.data("10.00") for _ in range(3)]
    bad = office.data("99.00", "203")
    with pytest.raises(NegativeBalance) as refusal, transaction.atomic():
        factories.post(office.home, [*good, bad, *good])
    assert refusal.value.position == 3
    assert not Voucher.objects.exists()
    with pytest.raises(SamePerson):
        from fees.operations import post_postings

        post_postings(office.home, [], entered_by=machine("system"), reviewed_by=machine("system"), at=AT)


def test_a_batch_continues_the_numbers(office: Office) -> None:
    office.post()
    days = [OCTOBER + timedelta(days=n) for n in (3, 1, 2)]
    vouchers = factories.post(office.home, [office.data(on=day) for day in days])
    assert [(v.number, v.on) for v in vouchers] == list(zip([2, 3, 4], days, strict=True))
    assert verify_books(office.home).bad == []
