"""Months of the books that wait: to prepare, approve, read, post; and what an office oversees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth
from django.urls import reverse

from compounds.models import Compound
from core.models import User
from fees.choices import ClosingStep, Means, OpinionKind
from fees.documents import answer_to
from fees.models import (
    BalanceSlip,
    Closing,
    Ledger,
    MoneyAccount,
    Opening,
    Opinion,
    Period,
    PeriodQuerySet,
    Reconciliation,
    Voucher,
)
from fees.rules import (
    POSTING_DUE_DAY,
    Span,
    due_day,
    month_of,
    next_month,
    previous_month,
)
from portal.waiting.rows import NAMED, Waiting
from portal.waiting.rows import row as make_row

# Streets and the district are shown compounds that are late so many months back.
MONTHS_BACK = 3


def month_words(period: Span | date, today: date) -> str:
    """Return a month or longer span as said in a row: 10月, 第三季度, with its year where that is not today's."""
    span = Span.of(period)
    return span.short if span.first_month.year == today.year else span.label


def unapproved(periods: PeriodQuerySet) -> PeriodQuerySet:
    """Keep the months that are not closed, with their last ``step``."""
    return periods.with_step().filter(Q(step__isnull=True) | ~Q(step=ClosingStep.APPROVED))


def unposted(periods: PeriodQuerySet) -> PeriodQuerySet:
    """Keep the closed months whose ledger was not issued."""
    return periods.closed().not_posted()


def ended(areas: list[str], today: date) -> PeriodQuerySet:
    """The months of these areas' compounds that are over."""
    compounds = Compound.objects.within(areas)
    return Period.objects.filter(compound__in=compounds, month__lt=month_of(today)).select_related("compound")


def closing_row(period_month: date, compound: Compound, today: date, why: str, verb: str) -> Waiting:
    return make_row(
        due_day(period_month),
        today,
        compound.name,
        f"{month_words(period_month, today)}结账",
        why,
        verb,
        reverse("closing", args=[compound.code, f"{period_month:%Y-%m}"]),
    )


def months_to_prepare(areas: list[str], today: date) -> list[Waiting]:
    """The first month of each compound that is over and not prepared; months close in order, so only the first."""
    if not areas:
        return []
    notes = {None: "还没编制", ClosingStep.SENT_BACK: "主任退回了", ClosingStep.WITHDRAWN: "审定撤回了"}
    first: dict[int, Waiting | None] = {}
    last = Closing.objects.filter(period=OuterRef("pk")).order_by("-seq").values("note")[:1]
    banks = []
    months = unapproved(ended(areas, today)).annotate(note=Subquery(last), unreconciled=_unreconciled())
    for period in months.order_by("month"):
        step = period.step  # type: ignore[attr-defined]
        if period.compound_id not in first:
            if period.unreconciled and step != ClosingStep.PREPARED:
                banks.append(_bank_row(period.month, period.compound, period.unreconciled, today))
            why = notes.get(step)
            if why and period.note:
                why += f"：{period.note}"
            row = closing_row(period.month, period.compound, today, why, "编制") if why else None
            first[period.compound_id] = row
    # Months without a single voucher have no row yet; they are closed and posted too.
    for compound in _with_last_month(areas):
        last = compound.last_month  # type: ignore[attr-defined]
        opened = compound.opened_on  # type: ignore[attr-defined]
        if compound.pk in first or (last is None and opened is None):
            continue
        month = next_month(last) if last else next_month(month_of(opened))
        if month < month_of(today):
            first[compound.pk] = closing_row(month, compound, today, "还没编制，没有一笔账", "编制")
    return [*banks, *(row for row in first.values() if row is not None)]


def _unreconciled() -> Subquery:
    """Count a month's bank and code accounts that moved and were not held against a statement, in the same query."""
    moved = Voucher.objects.filter(Q(money_account=OuterRef("pk")) | Q(to_account=OuterRef("pk")))
    slips = BalanceSlip.objects.filter(shared=OuterRef("shared"))
    done = Reconciliation.objects.filter(money_account=OuterRef("pk"), month=OuterRef(OuterRef("month")))

    def within(rows: QuerySet[Any]) -> Exists:
        return Exists(rows.annotate(its=TruncMonth("on")).filter(its=OuterRef(OuterRef("month"))))

    accounts = MoneyAccount.objects.filter(book__compound=OuterRef("compound"), means__in=[Means.BANK, Means.QR])
    left = accounts.filter(within(moved), ~Exists(done), ~within(slips)).order_by().values("book__compound")
    return Subquery(left.annotate(n=Count("pk")).values("n"))


def _bank_row(month: date, compound: Compound, accounts: int, today: date) -> Waiting:
    return make_row(
        due_day(month),
        today,
        compound.name,
        f"{month_words(month, today)}银行对账",
        f"{accounts}个账户还没和对账单对过",
        "对账",
        reverse("money_accounts", args=[compound.code]),
    )


def _with_last_month(areas: list[str]) -> QuerySet[Compound]:
    periods = Period.objects.filter(compound=OuterRef("pk")).order_by("-month")
    openings = Opening.objects.filter(book__compound=OuterRef("pk")).order_by("-on")
    return Compound.objects.within(areas).annotate(
        last_month=Subquery(periods.values("month")[:1]), opened_on=Subquery(openings.values("on")[:1])
    )


def months_to_approve(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Prepared months that another person prepared."""
    if not areas:
        return []
    last = Closing.objects.filter(period=OuterRef("pk")).order_by("-seq")
    by_others = unapproved(ended(areas, today)).filter(step=ClosingStep.PREPARED)  # type: ignore[misc]
    by_others = by_others.annotate(last_by=Subquery(last.values("by")[:1])).exclude(last_by=user.pk)
    return [
        closing_row(period.month, period.compound, today, "已编制，等您审定", "审定")
        for period in by_others.order_by("month")
    ]


def months_to_post(areas: list[str], today: date) -> list[Waiting]:
    """Closed months that do not hang out yet, one row per compound and month: the head's."""
    if not areas:
        return []
    return [
        make_row(
            due_day(period.month),
            today,
            period.compound.name,
            f"{month_words(period.month, today)}收支公示",
            "已审定，还没张贴",
            "张贴",
            f"{reverse('office_ledgers', args=[period.compound.code])}?month={period.code}",
        )
        for period in unposted(ended(areas, today)).order_by("month")
    ]


def _spoken(areas: list[str], today: date) -> PeriodQuerySet:
    """The months that are prepared or approved and hang nowhere yet: those that auditors may speak of."""
    hangs = Ledger.objects.filter(compound=OuterRef("compound"), first_month=OuterRef("month"))
    last = Closing.objects.filter(period=OuterRef("pk"), step=ClosingStep.PREPARED).order_by("-seq")
    over = ended(areas, today).at_step(ClosingStep.PREPARED, ClosingStep.APPROVED).filter(~Exists(hangs))
    return over.annotate(since=Subquery(last.values("seq")[:1]))


def opinions_to_answer(areas: list[str], today: date) -> list[Waiting]:
    """What auditors wrote on months that do not hang yet, and the head has not answered: it stops nothing."""
    if not areas:
        return []
    spoken = {period.pk: period for period in _spoken(areas, today)}
    opinions = Opinion.objects.filter(closing__period__in=spoken, kind=OpinionKind.OPINION).select_related("closing")
    steps: dict[int, list[Closing]] = {}
    for step in Closing.objects.filter(period__in=spoken).order_by("seq") if opinions else []:
        steps.setdefault(step.period_id, []).append(step)
    found = []
    for opinion in opinions:
        period = spoken[opinion.closing.period_id]
        if opinion.closing.seq < period.since or answer_to(opinion, steps[period.pk]):  # type: ignore[attr-defined]
            continue
        row = closing_row(period.month, period.compound, today, opinion.text, "看意见")
        found.append(replace(row, what=f"监督员对{month_words(period.month, today)}的账有意见"))
    return found


def months_to_read(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Months that an auditor can still say something of and has not, one row per month."""
    if not areas:
        return []
    said = Opinion.objects.filter(closing__period=OuterRef("pk"), by=user, closing__seq__gte=OuterRef("since"))
    return [
        replace(
            closing_row(period.month, period.compound, today, "公示贴出以前可以签已阅，或写意见", "看账"),
            what=f"{month_words(period.month, today)}的账等您看",
        )
        for period in _spoken(areas, today).filter(~Exists(said)).order_by("month")[:NAMED]
    ]


def months_overseen(areas: list[str], today: date) -> list[Waiting]:
    """For street and district: what they can post at one go, and which compounds are late with their closing."""
    if not areas:
        return []
    oldest = month_of(today)
    for _ in range(MONTHS_BACK):
        oldest = previous_month(oldest)
    recent = ended(areas, today).filter(month__gte=oldest)
    ready = unposted(recent).order_by().values("month").annotate(n=Count("pk")).order_by("month")
    found = [
        make_row(
            due_day(row["month"]),
            today,
            f"{row['n']}个小区",
            f"{month_words(row['month'], today)}收支公示",
            "已审定，还没张贴，可以一起张贴",
            "张贴",
            f"{reverse('publish')}?period={row['month']:%Y-%m}",
        )
        for row in ready
    ]
    late = unapproved(recent.filter(month__lt=month_of(today - timedelta(days=POSTING_DUE_DAY)))).order_by("month")
    why = {None: "自管会还没编制", ClosingStep.PREPARED: "自管会主任还没审定"}
    for period in late[:NAMED]:
        step = period.step  # type: ignore[attr-defined]
        found.append(
            make_row(
                due_day(period.month),
                today,
                period.compound.name,
                f"{month_words(period.month, today)}收支公示未张贴",
                why.get(step, "退回去重新编制了"),
                "看结账",
                reverse("closing", args=[period.compound.code, period.code]),
            )
        )
    return found
