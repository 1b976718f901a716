"""What is due when, month by month: derived from what was done, nothing stored, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from django.db.models.functions import TruncMonth
from django.utils import timezone

from compounds.models import Appointment, Compound
from fees.choices import ClosingStep, Means
from fees.models import (
    BalanceSlip,
    CashCount,
    Closing,
    Draft,
    Ledger,
    MoneyAccount,
    Opening,
    Period,
    PostingProof,
    Reconciliation,
    Voucher,
)
from fees.rules import (
    APPROVE_DUE_DAY,
    COUNT_DAYS,
    PLACES_NEEDED,
    PREPARE_DUE_DAY,
    PROOF_DAYS,
    REVIEW_DAYS,
    Span,
    due_day,
    last_day,
    month_of,
    next_month,
)

SOON_DAYS = 60  # appointments that end within so many days are named
# What is to be done for a month, in its order, and who does it.
LABELS = {
    "count": ("盘点现金", "出纳"),
    "reconcile": ("和银行对账", "记账员"),
    "prepare": ("编制", "记账员"),
    "approve": ("审定", "主任"),
    "post": ("张贴收支公示", "主任"),
    "prove": ("张贴照片，两处", "主任"),
    "hang": ("公示到期，可以取下", "主任"),
    "span": ("收支公示", "主任"),
}


@dataclass(frozen=True)
class Task:
    """One thing due in a compound: what, for which month or span, by when, and since when it is done."""

    compound: Compound
    kind: str
    code: str  # of the month or span: 2026-10, 2026-Q3
    due_on: date
    done_on: date | None
    today: date
    title: str = ""

    @property
    def label(self) -> str:
        return self.title + LABELS[self.kind][0]

    @property
    def who(self) -> str:
        """Whose part it is."""
        return LABELS[self.kind][1]

    @property
    def late_days(self) -> int:
        """How many days it is late, or was late when it was done."""
        if self.kind == "hang":
            return 0
        return max(((self.done_on or self.today) - self.due_on).days, 0)

    @property
    def is_late(self) -> bool:
        """Whether it is late now."""
        return self.done_on is None and self.late_days > 0

    @property
    def days_left(self) -> int:
        return (self.due_on - self.today).days


@dataclass(frozen=True)
class MonthTasks:
    """A month with what is due for it, in the order of the days."""

    month: date
    tasks: tuple[Task, ...]

    @property
    def late(self) -> int:
        return sum(task.is_late for task in self.tasks)


@dataclass(frozen=True)
class KindTasks:
    """One kind of task over many compounds."""

    label: str
    who: str
    due_on: date | None  # None where it differs from compound to compound
    tasks: tuple[Task, ...]

    @property
    def done(self) -> int:
        return sum(task.done_on is not None for task in self.tasks)

    @property
    def late(self) -> list[Task]:
        return sorted((t for t in self.tasks if t.is_late), key=lambda t: (t.due_on, t.compound.area_code))

    @property
    def open(self) -> list[Task]:
        """What is neither done nor late."""
        return [task for task in self.tasks if task.done_on is None and not task.is_late]


def first_months(compounds: Iterable[Compound]) -> dict[int, date]:
    """Return the first month of each compound that has books: its first period, else the one after its opening."""
    found = dict(Period.objects.filter(compound__in=compounds).values_list("compound").annotate(m=Min("month")))
    for key, on in Opening.objects.filter(book__compound__in=compounds).values_list("book__compound", "on"):
        found.setdefault(key, next_month(month_of(on)))
    return found


@dataclass(frozen=True)
class _Facts:
    """What was done in some compounds for some months, by their keys."""

    begun: dict[int, date]
    steps: dict[tuple[int, date], dict[str, date]]
    ledgers: dict[tuple[int, str], Ledger]
    places: dict[int, dict[str, date]]
    cash: dict[int, set[int]]
    moved: dict[tuple[int, date], set[int]]  # bank and code accounts that moved in a month: they have a statement
    counted: dict[tuple[int, date], date]
    matched: dict[tuple[int, date], date]


def calendar_of(compounds: Sequence[Compound], months: Sequence[date], today: date) -> list[MonthTasks]:
    """Return what is due for these months in these compounds; ten queries."""
    facts = _facts(compounds, months[0], months[-1])
    order = list(LABELS)
    return [
        MonthTasks(
            month,
            tuple(
                sorted(
                    (task for compound in compounds for task in _tasks(compound, month, facts, today)),
                    key=lambda task: (task.due_on, order.index(task.kind)),
                )
            ),
        )
        for month in months
    ]


def _facts(compounds: Sequence[Compound], first: date, last: date) -> _Facts:
    steps: dict[tuple[int, date], dict[str, date]] = defaultdict(dict)
    closings = Closing.objects.filter(period__compound__in=compounds, period__month__gte=first, period__month__lte=last)
    for closing in closings.select_related("period").order_by("seq"):
        taken = steps[closing.period.compound_id, closing.period.month]
        if closing.step in (ClosingStep.SENT_BACK, ClosingStep.WITHDRAWN):
            taken.clear()
        else:
            taken[closing.step] = timezone.localdate(closing.at)
    hung = Ledger.objects.filter(compound__in=compounds, last_month__gte=first, last_month__lte=last, version=1)
    ledgers = {(row.compound_id, row.code): row for row in hung}
    places: dict[int, dict[str, date]] = defaultdict(dict)
    proofs = PostingProof.objects.filter(ledger__in=hung.order_by()).order_by("on", "pk")
    for ledger, place, on in proofs.values_list("ledger", "place", "on"):
        places[ledger].setdefault(place, on)
    cash: dict[int, set[int]] = defaultdict(set)
    others: dict[int, int] = {}
    accounts = MoneyAccount.objects.filter(book__compound__in=compounds, ended_on__isnull=True)
    for account, home, means in accounts.values_list("pk", "book__compound", "means"):
        if means == Means.CASH:
            cash[home].add(account)
        else:
            others[account] = home
    moved: dict[tuple[int, date], set[int]] = defaultdict(set)
    vouchers = Voucher.objects.filter(book__compound__in=compounds, on__gte=first, on__lte=last_day(last)).order_by()
    for one, other, month in vouchers.values_list("money_account", "to_account", TruncMonth("on")).distinct():
        for account in (one, other):
            if account in others:
                moved[others[account], month].add(account)
    counted, matched = _counted(compounds, first, last), _matched(compounds, first, last)
    return _Facts(first_months(compounds), steps, ledgers, places, cash, moved, counted, matched)


def _tasks(compound: Compound, month: date, facts: _Facts, today: date) -> Iterator[Task]:
    """Yield what is due for one month in one compound; nothing before its books begin."""
    key, after, code = compound.pk, next_month(month), f"{month:%Y-%m}"
    begun = facts.begun.get(key)
    if begun is None or month < begun:
        return
    taken = facts.steps.get((key, month), {})
    row = facts.ledgers.get((key, code))
    due: list[tuple[str, date, date | None]] = [
        ("count", last_day(month), _all_of(facts.counted, facts.cash[key], month)),
        ("prepare", after.replace(day=PREPARE_DUE_DAY), taken.get(ClosingStep.PREPARED)),
        ("approve", after.replace(day=APPROVE_DUE_DAY), taken.get(ClosingStep.APPROVED)),
        ("post", due_day(month), row.posted_on if row else None),
    ]
    if moved := facts.moved.get((key, month)):
        due.append(("reconcile", after.replace(day=PREPARE_DUE_DAY), _all_of(facts.matched, moved, month)))
    if row is not None:
        shown = sorted(facts.places[row.pk].values())
        enough = shown[PLACES_NEEDED - 1] if len(shown) >= PLACES_NEEDED else None
        due.append(("prove", row.posted_on + timedelta(days=PROOF_DAYS), enough))
        due.append(("hang", row.posted_until, row.posted_until if row.posted_until < today else None))
    for kind, due_on, done_on in due:
        yield Task(compound, kind, code, due_on, done_on, today)
    for span in Span.all_ending(month):
        whole = facts.ledgers.get((key, span.code))
        yield Task(
            compound, "span", span.code, due_day(span.last_month), whole.posted_on if whole else None, today, span.label
        )


def _matched(compounds: Sequence[Compound], first: date, last: date) -> dict[tuple[int, date], date]:
    """Return when a bank or code account was held against its statement, or its holder confirmed it, by month."""
    rows = Reconciliation.objects.filter(
        money_account__book__compound__in=compounds, month__gte=first, month__lte=last
    ).values_list("money_account", "month", "at")
    found = {(account, month): timezone.localdate(at) for account, month, at in rows}
    slips = BalanceSlip.objects.filter(
        shared__parts__book__compound__in=compounds, on__gte=first, on__lte=last_day(last)
    ).distinct()
    for slip in slips:
        if slip.on == last_day(slip.on):
            found |= {
                (account, month_of(slip.on)): timezone.localdate(slip.at) for account, _ in json.loads(slip.parts)
            }
    return found


def _counted(compounds: Sequence[Compound], first: date, last: date) -> dict[tuple[int, date], date]:
    """Return when cash was counted around a month's end, by account and month."""
    rows = CashCount.objects.filter(
        money_account__book__compound__in=compounds, on__gt=last_day(first) - timedelta(days=COUNT_DAYS),
        on__lt=last_day(last) + timedelta(days=COUNT_DAYS),
    ).values_list("money_account", "on")  # fmt: skip
    found: dict[tuple[int, date], date] = {}
    for account, on in rows:
        month = month_of(on - timedelta(days=COUNT_DAYS - 1)) if on.day < COUNT_DAYS else month_of(on)
        if abs((on - last_day(month)).days) < COUNT_DAYS:
            found[account, month] = min(on, found.get((account, month), on))
    return found


def _all_of(done: dict[tuple[int, date], date], accounts: set[int], month: date) -> date | None:
    """Return when the last of these accounts was done for a month, or None while one is missing."""
    days = [done.get((account, month)) for account in accounts]
    known = [day for day in days if day is not None]
    return max(known) if days and len(known) == len(days) else None


def by_kind(month: MonthTasks) -> list[KindTasks]:
    """Return a month's tasks over many compounds, kind by kind, in the order of the days."""
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in month.tasks:
        if task.kind != "hang":
            groups.setdefault((task.kind, task.title), []).append(task)
    found = []
    for tasks in groups.values():
        days = {task.due_on for task in tasks}
        found.append(KindTasks(tasks[0].label, tasks[0].who, days.pop() if len(days) == 1 else None, tuple(tasks)))
    return found


@dataclass(frozen=True)
class DraftsDue:
    """Drafts of a compound that wait for review: how many, by when the first is to be reviewed."""

    compound: Compound
    count: int
    due_on: date


def drafts_due(compounds: Sequence[Compound]) -> list[DraftsDue]:
    """Return the compounds with drafts handed in, the longest waiting first; one query."""
    waiting: dict[int, list[date]] = defaultdict(list)
    for key, at in (
        Draft.objects.waiting().filter(book__compound__in=compounds).values_list("book__compound", "entered_at")
    ):
        waiting[key].append(timezone.localdate(at) + timedelta(days=REVIEW_DAYS))
    rows = [DraftsDue(c, len(waiting[c.pk]), min(waiting[c.pk])) for c in compounds if c.pk in waiting]
    return sorted(rows, key=lambda row: row.due_on)


def ending_appointments(prefixes: Sequence[str], today: date) -> list[Appointment]:
    """Return the appointments below these areas that end soon, the first to end first; one query."""
    soon = Appointment.objects.active(today).filter(until_on__lte=today + timedelta(days=SOON_DAYS))
    rows = soon.select_related("user").order_by("until_on", "area_code")
    return [row for row in rows if any(row.area_code.startswith(prefix) for prefix in prefixes)]
