"""What waits in the books themselves: drafts, cash boxes, things bought."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count, Exists, Min, OuterRef
from django.urls import reverse
from django.utils import timezone

from compounds.models import Compound
from core.models import User
from fees.choices import DraftState, Means
from fees.documents import unlisted
from fees.models import (
    CashCount,
    Draft,
    MoneyAccount,
)
from fees.rules import (
    COUNT_DAYS,
    REVIEW_DAYS,
    last_day,
    month_of,
)
from portal.waiting.rows import Waiting
from portal.waiting.rows import row as make_row

ASSET_LISTED_WITHIN = 30
ASSET_DAYS = 366  # so far back a voucher that bought something is proposed for the asset list


def drafts_to_review(user: User, areas: list[str], today: date) -> list[Waiting]:
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


def drafts_returned(user: User, areas: list[str], today: date) -> list[Waiting]:
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


def cash_to_count(areas: list[str], today: date) -> list[Waiting]:
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


def assets_to_list(areas: list[str], today: date) -> list[Waiting]:
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
