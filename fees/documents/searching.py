"""Finding lines of a book over all its months, each with the balance that the whole book had after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from core.money import plain_money
from core.spreadsheets import Figure, Table
from fees.choices import Direction
from fees.documents.months import LEFT, CashRow, cash_row
from fees.models import Book, Opening, Voucher, VoucherEvidence, VoucherLine
from fees.rules import ZERO, book_effect

UNKNOWN = "unknown"  # a source that nobody named


@dataclass(frozen=True)
class BookSearch:
    """What to look for in a book; empty is everything. Amounts in yuan, without their sign."""

    since: date | None = None
    until: date | None = None
    direction: str = ""
    account: str = ""
    source: str = ""
    service_line: str = ""
    money_account: int | None = None
    payee: str = ""
    words: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    numbers: tuple[int, int] | None = None
    papers: str = ""
    red: bool = False


@dataclass(frozen=True)
class Found:
    """The lines found, in the book's order: their keys, what they sum up to, and every balance of the book; yuan."""

    book: Book
    keys: tuple[int, ...]
    vouchers: int
    income: Decimal
    expense: Decimal
    balances: dict[int, Decimal]

    def rows(self, keys: Sequence[int]) -> list[CashRow]:
        """Return some of the lines as rows of the cash book; each begins anew, as its voucher's first may be left out."""
        lines = VoucherLine.objects.filter(pk__in=keys)
        vouchers = Voucher.objects.filter(pk__in=lines.values("voucher_id")).for_display().in_bulk()
        found = {line.pk: line for line in lines}
        return [
            cash_row(vouchers[found[key].voucher_id], found[key], self.balances[key], first=True)
            for key in keys
            if key in found
        ]


def _wanted(book: Book, search: BookSearch) -> Q:
    """Return the condition on lines that a search means."""
    q = Q(voucher__book=book)
    exact = {
        "voucher__on__gte": search.since,
        "voucher__on__lte": search.until,
        "voucher__direction": search.direction,
        "account_id": search.account,
        "service_line": search.service_line,
        "source": "" if search.source == UNKNOWN else search.source,
        "voucher__payee__icontains": search.payee,
    }
    q &= Q(**{name: value for name, value in exact.items() if value})
    if search.source == UNKNOWN:
        q &= Q(source="", voucher__direction=Direction.EXPENSE)
    if search.money_account:
        q &= Q(voucher__money_account=search.money_account) | Q(voucher__to_account=search.money_account)
    if search.words:
        names = ("summary", "account_name", "voucher__payee", "voucher__handler", "voucher__witness",
                 "voucher__approver", "voucher__decision", "voucher__reason")  # fmt: skip
        said = Q()
        for name in names:
            said |= Q(**{f"{name}__icontains": search.words})
        q &= said
    if search.least is not None:
        q &= Q(amount__gte=search.least) | Q(amount__lte=-search.least)
    if search.most is not None:
        q &= Q(amount__lte=search.most, amount__gte=-search.most)
    if search.numbers is not None:
        q &= Q(voucher__number__range=search.numbers)
    if search.red:
        q &= Q(voucher__reverses__isnull=False) | Q(voucher__reversed_by__isnull=False)
    if search.papers:
        hangs = Q(Exists(VoucherEvidence.objects.filter(voucher=OuterRef("voucher"), attachment__isnull=False)))
        q &= hangs if search.papers == "with" else ~hangs
    return q


def search_book(book: Book, search: BookSearch) -> Found:
    """Find a book's lines; three queries, however many lines there are."""
    order = ("voucher__on", "voucher__number", "position")
    balance = next(iter(Opening.objects.filter(book=book).values_list("amount", flat=True)), ZERO)
    balances: dict[int, Decimal] = {}
    moved: dict[int, tuple[str, Decimal, bool]] = {}
    lines = VoucherLine.objects.filter(voucher__book=book).order_by(*order)
    for key, direction, amount, target in lines.values_list(
        "pk", "voucher__direction", "amount", "voucher__to_account_id"
    ):
        balance += book_effect(direction, amount, inside=target is not None)
        balances[key] = balance
        moved[key] = (direction, amount, target is not None)
    # A reversal's join may give a line more than once.
    wanted = VoucherLine.objects.filter(_wanted(book, search)).order_by(*order).values_list("pk", "voucher_id")
    found = dict(wanted)
    keys = tuple(key for key in found if key in balances)
    income = expense = ZERO
    for key in keys:
        direction, amount, inside = moved[key]
        if direction in LEFT and not inside:
            income += amount
        elif not inside:
            expense += amount
    return Found(book, keys, len(set(found.values())), income, expense, balances)


# --- Exports ------------------------------------------------------------------------------------------------------

HEADINGS = (
    "日期", "凭证号", "方向", "摘要", "科目编号", "科目", "对方", "收入", "支出", "账内划转", "余额", "来源", "服务项目",
    "数量", "单价", "结算方式", "划到", "经手人", "证明人", "审批人", "票据日期", "决议号", "票据张数", "红冲",
)  # fmt: skip
WIDTHS = (11, 8, 8, 36, 9, 14, 20, 13, 13, 13, 14, 10, 12, 8, 10, 10, 10, 10, 10, 10, 11, 14, 9, 16)


def papers_at(vouchers: Iterable[Voucher]) -> dict[int, int]:
    """Return how many papers hang at vouchers now, by their keys; what was superseded counts no more."""
    rows = VoucherEvidence.objects.filter(voucher__in=list(vouchers), attachment__isnull=False)
    listed = list(rows.values_list("voucher_id", "attachment_id", "attachment__supersedes_id"))
    replaced = {(voucher, before) for voucher, _, before in listed}
    count: dict[int, int] = {}
    for voucher, paper, _ in listed:
        if (voucher, paper) not in replaced:
            count[voucher] = count.get(voucher, 0) + 1
    return count


def export_rows(rows: Sequence[CashRow]) -> list[list[object]]:
    """Return rows of the cash book as a sheet, figures as numbers; 余额 is the whole book's after the line."""
    papers = papers_at({row.voucher.pk: row.voucher for row in rows}.values())
    return [_export_row(row, papers.get(row.voucher.pk, 0)) for row in rows]


def _figure(amount: Decimal | None) -> object:
    return "" if amount is None else Figure(plain_money(amount))


def _export_row(row: CashRow, papers: int) -> list[object]:
    voucher, line = row.voucher, row.line
    red = f"冲销第{row.reverses}号" if row.reverses is not None else ""
    if row.reversed_by is not None:
        red = f"已被第{row.reversed_by}号冲销"
    return [
        voucher.on, voucher.number, voucher.get_direction_display(), line.summary, line.account_id, line.account_name,
        voucher.payee, _figure(row.income), _figure(row.expense),
        _figure(line.amount if voucher.to_account_id is not None else None), _figure(row.balance),
        line.get_source_display(), line.get_service_line_display(), line.quantity, line.unit_price,
        str(voucher.money_account), str(voucher.to_account or ""), voucher.handler, voucher.witness, voucher.approver,
        voucher.bill_on, voucher.decision, papers, red,
    ]  # fmt: skip


def export_table(rows: Sequence[CashRow]) -> Table:
    """Return rows of the cash book as a workbook's sheet."""
    return Table("收支", HEADINGS, export_rows(rows), WIDTHS)
