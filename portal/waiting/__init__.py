"""What waits for someone, derived from facts: nothing is stored, so nothing can be forgotten or left over.

Every function reads with a fixed number of queries, however many compounds lie in the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone

from compounds.choices import Role
from compounds.models import Compound
from compounds.permissions import areas_of
from core.choices import JobState
from core.models import Entry, Job, User
from fees.choices import ClosingStep, DraftState, Means, OpinionKind
from fees.documents import answer_to, unlisted
from fees.models import (
    BalanceSlip,
    CashCount,
    Closing,
    Draft,
    Ledger,
    LedgerQuerySet,
    MoneyAccount,
    Opening,
    Opinion,
    Period,
    PeriodQuerySet,
    Reconciliation,
    Voucher,
)
from fees.permissions import HEADS, PROVERS, issuing_areas
from fees.rules import (
    COUNT_DAYS,
    PLACES_NEEDED,
    POSTING_DUE_DAY,
    PROOF_DAYS,
    REVIEW_DAYS,
    Span,
    due_day,
    last_day,
    month_of,
    next_month,
    previous_month,
)
from portal.waiting.reports import reports_waiting
from portal.waiting.rows import Waiting, narrowed
from portal.waiting.rows import row as make_row
from portal.waiting.steps import steps_waiting
from portal.waiting.work import work_waiting

# A ledger that was posted longer ago than this hangs no more: photographs of it are no longer asked for.
PROOF_ASKED_DAYS = 45
# Streets and the district are shown compounds that are late so many months back, and so many by name.
MONTHS_BACK = 3
ASSET_LISTED_WITHIN = 30
ASSET_DAYS = 366  # so far back a voucher that bought something is proposed for the asset list
NAMED = 20


@dataclass(frozen=True)
class WaitingGroup:
    """Rows that are due at about the same time."""

    title: str
    rows: tuple[Waiting, ...]


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


# --- One person's rows --------------------------------------------------------------------------------------------


def waiting_for(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return what waits for a user in a scope, oldest due first."""
    reviews = narrowed(areas_of(user, today, HEADS), prefixes)
    enters = narrowed(areas_of(user, today, [Role.COMMITTEE_BOOKKEEPER]), prefixes)
    issues = narrowed(issuing_areas(user, today), prefixes)
    reads = narrowed(areas_of(user, today, [Role.AUDITOR]), prefixes)
    oversees = [area for area in issues if not any(area.startswith(own) for own in reviews)]
    streets = narrowed(areas_of(user, today, [Role.STREET_STAFF]), prefixes)
    gives = [area for area in streets if not any(area.startswith(own) for own in reviews)]
    found = [
        *_drafts_to_review(user, reviews, today),
        *_drafts_returned(user, enters, today),
        *_months_to_prepare(enters, today),
        *_assets_to_list(enters, today),
        *_cash_to_count(narrowed(areas_of(user, today, [Role.COMMITTEE_CASHIER]), prefixes), today),
        *_months_to_approve(user, reviews, today),
        *_months_to_post(reviews, today),
        *_opinions_to_answer(reviews, today),
        *_months_to_read(user, reads, today),
        *_photographs_to_take(narrowed(areas_of(user, today, PROVERS), prefixes), today),
        *reports_waiting(user, prefixes, today),
        *_months_overseen(oversees, today),
        *_photographs_lacking(oversees, today),
        *_jobs_failed(user, issues, today),
        *steps_waiting(user, prefixes, today),
        *work_waiting(gives, today),
    ]
    return sorted(found, key=lambda row: (row.due_on, row.place, row.what))


def grouped(rows: Sequence[Waiting], today: date) -> list[WaitingGroup]:
    """Return the rows under 已过期限, 今天到期, 本周, 以后, without the empty groups."""
    sunday = today + timedelta(days=6 - today.weekday())
    groups = (
        ("已过期限", [r for r in rows if r.due_on < today]),
        ("今天到期", [r for r in rows if r.due_on == today]),
        ("本周", [r for r in rows if today < r.due_on <= sunday]),
        ("以后", [r for r in rows if r.due_on > sunday]),
    )
    return [WaitingGroup(title, tuple(found)) for title, found in groups if found]


def _drafts_to_review(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Drafts handed in by others, one row per compound."""
    if not areas:
        return []
    drafts = Draft.objects.waiting().filter(book__compound__in=Compound.objects.within(areas)).by_others(user)
    rows = (
        drafts.order_by()
        .values("book__compound__code", "book__compound__name")
        .annotate(n=Count("pk"), oldest=Min("entered_at"), first=Min("pk"))
    )
    found = []
    for row in rows:
        since = timezone.localdate(row["oldest"])
        only = row["n"] == 1
        url = reverse("review_draft", args=[row["first"]]) if only else reverse("review")
        found.append(
            make_row(
                since + timedelta(days=REVIEW_DAYS),
                today,
                row["book__compound__name"],
                f"{row['n']}张凭证等您复核",
                f"最早的是{since.month}月{since.day}日交来的",
                "复核",
                url,
            )
        )
    return found


def _drafts_returned(user: User, areas: list[str], today: date) -> list[Waiting]:
    """What the reviewer sent back to this user."""
    if not areas:
        return []
    drafts = (
        Draft.objects.filter(
            state=DraftState.RETURNED, entered_by=user, book__compound__in=Compound.objects.within(areas)
        )
        .select_related("book__compound")
        .order_by("entered_at")
    )
    return [
        make_row(
            timezone.localdate(draft.entered_at) + timedelta(days=REVIEW_DAYS),
            today,
            draft.book.compound.name,
            "凭证被退回，等您改好",
            draft.note,
            "改",
            reverse("draft", args=[draft.book.compound.code, draft.pk]),
        )
        for draft in drafts
    ]


def _ended(areas: list[str], today: date) -> PeriodQuerySet:
    """The months of these areas' compounds that are over."""
    compounds = Compound.objects.within(areas)
    return Period.objects.filter(compound__in=compounds, month__lt=month_of(today)).select_related("compound")


def _closing_row(period_month: date, compound: Compound, today: date, why: str, verb: str) -> Waiting:
    return make_row(
        due_day(period_month),
        today,
        compound.name,
        f"{month_words(period_month, today)}结账",
        why,
        verb,
        reverse("closing", args=[compound.code, f"{period_month:%Y-%m}"]),
    )


def _months_to_prepare(areas: list[str], today: date) -> list[Waiting]:
    """The first month of each compound that is over and not prepared; months close in order, so only the first."""
    if not areas:
        return []
    notes = {None: "还没编制", ClosingStep.SENT_BACK: "主任退回了", ClosingStep.WITHDRAWN: "审定撤回了"}
    first: dict[int, Waiting | None] = {}
    last = Closing.objects.filter(period=OuterRef("pk")).order_by("-seq").values("note")[:1]
    banks = []
    months = unapproved(_ended(areas, today)).annotate(note=Subquery(last), unreconciled=_unreconciled())
    for period in months.order_by("month"):
        step = period.step  # type: ignore[attr-defined]
        if period.compound_id not in first:
            if period.unreconciled and step != ClosingStep.PREPARED:
                banks.append(_bank_row(period.month, period.compound, period.unreconciled, today))
            why = notes.get(step)
            if why and period.note:
                why += f"：{period.note}"
            row = _closing_row(period.month, period.compound, today, why, "编制") if why else None
            first[period.compound_id] = row
    # Months without a single voucher have no row yet; they are closed and posted too.
    for compound in _with_last_month(areas):
        last = compound.last_month  # type: ignore[attr-defined]
        opened = compound.opened_on  # type: ignore[attr-defined]
        if compound.pk in first or (last is None and opened is None):
            continue
        month = next_month(last) if last else next_month(month_of(opened))
        if month < month_of(today):
            first[compound.pk] = _closing_row(month, compound, today, "还没编制，没有一笔账", "编制")
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


def _cash_to_count(areas: list[str], today: date) -> list[Waiting]:
    """Cash boxes to be counted in the month's last days: the cashier's."""
    end = last_day(month_of(today))
    since = end - timedelta(days=COUNT_DAYS - 1)
    if not areas or today < since:
        return []
    counted = CashCount.objects.filter(money_account=OuterRef("pk"), on__gte=since)
    boxes = MoneyAccount.objects.in_use(today).filter(
        book__compound__in=Compound.objects.within(areas), means=Means.CASH
    )
    return [
        make_row(
            end,
            today,
            box.book.compound.name,
            f"{box.book}现金盘点",
            "月末几天里要盘一次",
            "盘点",
            reverse("cash_counts", args=[box.book.compound.code, box.pk]),
        )
        for box in boxes.filter(~Exists(counted)).select_related("book__compound")
    ]


def _assets_to_list(areas: list[str], today: date) -> list[Waiting]:
    """What was bought and stands on no asset list, one row per compound."""
    if not areas:
        return []
    vouchers = unlisted(Compound.objects.within(areas), today - timedelta(days=ASSET_DAYS))
    rows = vouchers.order_by().values("book__compound__code", "book__compound__name")
    return [
        make_row(
            row["oldest"] + timedelta(days=ASSET_LISTED_WITHIN),
            today,
            row["book__compound__name"],
            f"{row['n']}张凭证买的东西还没登记资产",
            f"最早的是{row['oldest'].month}月{row['oldest'].day}日记的",
            "登记",
            reverse("assets", args=[row["book__compound__code"]]),
        )
        for row in rows.annotate(n=Count("pk"), oldest=Min("on"))
    ]


def _with_last_month(areas: list[str]) -> QuerySet[Compound]:
    periods = Period.objects.filter(compound=OuterRef("pk")).order_by("-month")
    openings = Opening.objects.filter(book__compound=OuterRef("pk")).order_by("-on")
    return Compound.objects.within(areas).annotate(
        last_month=Subquery(periods.values("month")[:1]), opened_on=Subquery(openings.values("on")[:1])
    )


def _months_to_approve(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Prepared months that another person prepared."""
    if not areas:
        return []
    last = Closing.objects.filter(period=OuterRef("pk")).order_by("-seq")
    by_others = unapproved(_ended(areas, today)).filter(step=ClosingStep.PREPARED)  # type: ignore[misc]
    by_others = by_others.annotate(last_by=Subquery(last.values("by")[:1])).exclude(last_by=user.pk)
    return [
        _closing_row(period.month, period.compound, today, "已编制，等您审定", "审定")
        for period in by_others.order_by("month")
    ]


def _months_to_post(areas: list[str], today: date) -> list[Waiting]:
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
        for period in unposted(_ended(areas, today)).order_by("month")
    ]


def _spoken(areas: list[str], today: date) -> PeriodQuerySet:
    """The months that are prepared or approved and hang nowhere yet: those that auditors may speak of."""
    hangs = Ledger.objects.filter(compound=OuterRef("compound"), first_month=OuterRef("month"))
    last = Closing.objects.filter(period=OuterRef("pk"), step=ClosingStep.PREPARED).order_by("-seq")
    ended = _ended(areas, today).at_step(ClosingStep.PREPARED, ClosingStep.APPROVED).filter(~Exists(hangs))
    return ended.annotate(since=Subquery(last.values("seq")[:1]))


def _opinions_to_answer(areas: list[str], today: date) -> list[Waiting]:
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
        row = _closing_row(period.month, period.compound, today, opinion.text, "看意见")
        found.append(replace(row, what=f"监督员对{month_words(period.month, today)}的账有意见"))
    return found


def _months_to_read(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Months that an auditor can still say something of and has not, one row per month."""
    if not areas:
        return []
    said = Opinion.objects.filter(closing__period=OuterRef("pk"), by=user, closing__seq__gte=OuterRef("since"))
    return [
        replace(
            _closing_row(period.month, period.compound, today, "公示贴出以前可以签已阅，或写意见", "看账"),
            what=f"{month_words(period.month, today)}的账等您看",
        )
        for period in _spoken(areas, today).filter(~Exists(said)).order_by("month")[:NAMED]
    ]


def lacking_proof(areas: Iterable[str], today: date) -> LedgerQuerySet:
    """Return the lately posted ledgers that photographs show at fewer places than they must hang."""
    late = Ledger.objects.newest_versions().filter(posted_on__gt=today - timedelta(days=PROOF_ASKED_DAYS))
    found = late.filter(compound__in=Compound.objects.within(list(areas))).with_places()
    return found.filter(Q(("places__lt", PLACES_NEEDED)))


def _photographs_to_take(areas: list[str], today: date) -> list[Waiting]:
    """Posted ledgers whose paper was photographed at too few places: for those who carry it down."""
    if not areas:
        return []
    found = []
    for ledger in lacking_proof(areas, today).select_related("compound").order_by("posted_on", "pk")[:NAMED]:
        places = ledger.places  # type: ignore[attr-defined]
        why = f"拍了{places}处，还差{PLACES_NEEDED - places}处" if places else f"要贴{PLACES_NEEDED}处，还没有照片"
        url = reverse("office_ledger", args=[ledger.compound.code, ledger.code])
        what = f"{month_words(ledger.span, today)}收支公示贴上墙"
        due = ledger.posted_on + timedelta(days=PROOF_DAYS)
        found.append(make_row(due, today, ledger.compound.name, what, why, "传照片", url))
    return found


def _photographs_lacking(areas: list[str], today: date) -> list[Waiting]:
    """For street and district: how many compounds have not shown that their paper hangs, by period."""
    if not areas:
        return []
    late = lacking_proof(areas, today).filter(posted_on__lt=today - timedelta(days=PROOF_DAYS)).order_by()
    rows = (
        late.values("code", "last_month").annotate(n=Count("pk"), first=Min("posted_on")).order_by("last_month", "code")
    )
    return [
        make_row(
            row["first"] + timedelta(days=PROOF_DAYS),
            today,
            f"{row['n']}个小区",
            f"{month_words(Span.parse(row['code']), today)}收支公示没有贴满{PLACES_NEEDED}处的照片",
            "网上已经公示，纸的贴没贴还没看到",
            "看是哪些",
            f"{reverse('publish')}?period={row['code']}",
        )
        for row in rows
    ]


def _months_overseen(areas: list[str], today: date) -> list[Waiting]:
    """For street and district: what they can post at one go, and which compounds are late with their closing."""
    if not areas:
        return []
    oldest = month_of(today)
    for _ in range(MONTHS_BACK):
        oldest = previous_month(oldest)
    recent = _ended(areas, today).filter(month__gte=oldest)
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


def _jobs_failed(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Jobs that did not come through and were not done since: this user's own, and of the schedule in their areas."""
    later = Job.objects.filter(
        Q(key=OuterRef("key")) | Q(task=OuterRef("task"), schedule_key__isnull=False), pk__gt=OuterRef("pk")
    )
    failed = (
        Job.objects.tops()
        .filter(Q(created_by=user) | Q(schedule_key__isnull=False, area_code__in=areas), state=JobState.FAILED)
        .filter(~Exists(later))
        .order_by("-finished_at")[:NAMED]
    )
    return [
        make_row(today, today, "后台任务", job.title, "没有做完，可以接着做", "看原因", reverse("job", args=[job.pk]))
        for job in failed
    ]


# --- Beside the rows ----------------------------------------------------------------------------------------------


def done_today(user: User, since_day: date, limit: int = 5) -> list[tuple[Entry, str]]:
    """Return the user's last acts of a day with the compound's name, logins left out."""
    start = timezone.make_aware(datetime.combine(since_day, time.min))
    acts = Entry.objects.filter(actor=user, at__gte=start).exclude(action__in=["login", "logout", "refused"])
    rows = list(acts[:limit])
    return list(zip(rows, place_names(rows), strict=True))


def place_names(entries: Sequence[Entry]) -> list[str]:
    """Return for each entry the name of the compound it concerns, or nothing."""
    codes = {entry.area_code for entry in entries if entry.area_code}
    names = dict(Compound.objects.filter(area_code__in=codes).values_list("area_code", "name"))
    return [names.get(entry.area_code, "") for entry in entries]


def steps_of(compound: Compound) -> dict[date, str]:
    """Return the compound's months with the last step of each, oldest first; "" where it was never prepared."""
    rows = Period.objects.of(compound).with_step().order_by("month").values_list("month", "step")  # type: ignore[misc]
    return {month: step or "" for month, step in rows}


def first_month_to_write(steps: Mapping[date, str], today: date) -> date:
    """Return the month that a bookkeeper works in: the first that takes vouchers, never a coming one."""
    takes = [month for month, step in steps.items() if step not in (ClosingStep.PREPARED, ClosingStep.APPROVED)]
    first = min(takes, default=None) or (next_month(max(steps)) if steps else month_of(today))
    return min(first, month_of(today))


def month_in_hand(compound: Compound, today: date) -> date:
    """Return the month whose bank accounts are to be reconciled: the first that is over and not approved."""
    open_months = unapproved(Period.objects.of(compound)).filter(month__lt=month_of(today)).order_by("month")
    return open_months.values_list("month", flat=True).first() or previous_month(month_of(today))


def is_over(month: date, today: date) -> bool:
    """Return whether a month has ended."""
    return last_day(month) < today
