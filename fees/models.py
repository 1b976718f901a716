"""The books: money accounts, drafts, vouchers in a chain, periods, ledgers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Cast, Round

from compounds.models import Compound
from core.insert_only import InsertOnly
from core.models import Attachment, Document
from fees.choices import (
    AccountDirection,
    BookKind,
    ClosingStep,
    Direction,
    DraftState,
    Means,
    ServiceLine,
    Source,
)

if TYPE_CHECKING:
    pass


def amount_field(label: str, **kwargs: object) -> models.DecimalField:
    """Return a money column: yuan, 2 places."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **kwargs)  # type: ignore[arg-type]


class Account(models.Model):
    """A row of the chart of accounts (科目): reference data that the district keeps."""

    code = models.CharField("编号", max_length=3, unique=True)
    name = models.CharField("科目", max_length=30, unique=True)
    pinyin = models.CharField("拼音首字母", max_length=20, blank=True, default="")
    direction = models.CharField("方向", max_length=10, choices=AccountDirection)
    source = models.CharField("来源", max_length=20, choices=Source, blank=True, default="")
    service_line = models.CharField("服务项目", max_length=20, choices=ServiceLine, blank=True, default="")
    notice_row = models.CharField("公示表中的行", max_length=20, blank=True, default="")
    top_up = models.BooleanField("计入补充维修资金的基数", default=False)
    needs = models.CharField("须附", max_length=20, blank=True, default="")
    note = models.CharField("说明", max_length=120, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "科目"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FenSum(models.Sum):
    """Sum of a money column in 分, as an integer: SQLite would add decimals up as floats (quality.md D13)."""

    def __init__(self, column: str) -> None:
        fen = Cast(Round(F(column) * 100), models.BigIntegerField())
        super().__init__(fen, output_field=models.BigIntegerField(), default=0)


class BookQuerySet(models.QuerySet["Book"]):
    """Reads of books."""

    def of(self, compound: Compound) -> BookQuerySet:
        """Keep a compound's two books, the committee's first."""
        return self.filter(compound=compound).order_by("kind")

    def locked(self) -> BookQuerySet:
        """Take the rows' locks, in the order of their keys: every write to a book begins here."""
        return self.select_for_update().order_by("pk")


class Book(models.Model):
    """One of a compound's two books; the parent row that every posting locks."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="books")
    kind = models.CharField("账簿", max_length=10, choices=BookKind)

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账簿"
        ordering = ["compound", "kind"]
        constraints = [models.UniqueConstraint(fields=["compound", "kind"], name="book_one_per_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class MoneyAccount(models.Model):
    """Where a book's money lies: cash, a bank account or a payment code, with holder and mandate."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="money_accounts")
    means = models.CharField("结算方式", max_length=10, choices=Means)
    holder = models.CharField("在谁名下", max_length=60, default="待补")
    mandate = models.CharField("凭什么代管", max_length=120, blank=True, default="")
    limit = amount_field("库存现金限额", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账户"
        ordering = ["book", "means"]
        constraints = [models.UniqueConstraint(fields=["book", "means", "holder"], name="moneyaccount_one_per_holder")]

    def __str__(self) -> str:
        return self.get_means_display()


class Opening(InsertOnly):
    """A book's balances before its first month: no voucher, but the first element of the book's chain."""

    book = models.OneToOneField(Book, models.PROTECT, related_name="opening")
    on = models.DateField("日期")
    balances = models.TextField("各账户余额")  # canonical JSON [[money_account_id, means, "0.00"], …]
    memo = models.TextField("期初往来", default="[]")  # canonical JSON [[kind, dwelling, "0.00", month], …]
    held = amount_field("其中代管")
    amount = amount_field("合计")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "期初"
        constraints = [
            models.CheckConstraint(condition=~Q(entered_by=F("reviewed_by")), name="opening_reviewed_by_another")
        ]


class VoucherFields(models.Model):
    """What a draft and a voucher have in common: the columns of the whole product."""

    on = models.DateField("日期")
    bill_on = models.DateField("票据日期", null=True, blank=True)
    direction = models.CharField("方向", max_length=12, choices=Direction)
    payee = models.CharField("对方", max_length=80, blank=True, default="")
    handler = models.CharField("经手人", max_length=40, blank=True, default="")
    witness = models.CharField("证明人", max_length=40, blank=True, default="")
    approver = models.CharField("审批人", max_length=40, blank=True, default="")
    decision = models.CharField("决议号", max_length=60, blank=True, default="")
    reason = models.CharField("说明理由", max_length=200, blank=True, default="")
    entered_for = models.CharField("代谁录入", max_length=40, blank=True, default="")

    class Meta:
        abstract = True


class LineFields(models.Model):
    """What a draft's line and a voucher's line have in common. ``amount`` in yuan, quantities as typed."""

    position = models.PositiveSmallIntegerField("行")
    summary = models.CharField("摘要", max_length=120)
    amount = amount_field("金额")
    quantity = models.CharField("数量", max_length=20, blank=True, default="")
    unit_price = models.CharField("单价", max_length=20, blank=True, default="")
    source = models.CharField("来源", max_length=20, choices=Source, blank=True, default="")
    service_line = models.CharField("服务项目", max_length=20, choices=ServiceLine, blank=True, default="")

    class Meta:
        abstract = True


class DraftQuerySet(models.QuerySet["Draft"]):
    """Reads of drafts."""

    def of(self, compound: Compound) -> DraftQuerySet:
        return self.filter(book__compound=compound)

    def waiting(self) -> DraftQuerySet:
        """Keep what was handed to the reviewer."""
        return self.filter(state=DraftState.HANDED_IN)

    def within_month(self, month: date) -> DraftQuerySet:
        """Keep drafts dated in the month that begins on this day."""
        return self.filter(on__year=month.year, on__month=month.month)

    def for_display(self) -> DraftQuerySet:
        """Fetch with each draft what its row shows, in a fixed number of queries."""
        return self.select_related(
            "book__compound", "money_account", "to_account", "entered_by", "reverses"
        ).prefetch_related(Prefetch("lines", DraftLine.objects.select_related("account")), "attachments")


class Draft(VoucherFields):
    """A voucher being typed or waiting for review (未复核): free to change, gone when posted."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="drafts")
    money_account = models.ForeignKey(MoneyAccount, models.PROTECT, related_name="+")
    to_account = models.ForeignKey(MoneyAccount, models.PROTECT, null=True, blank=True, related_name="+")
    reverses = models.ForeignKey("fees.Voucher", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField("状态", max_length=10, choices=DraftState, default=DraftState.DRAFT)
    note = models.CharField("退回原因", max_length=200, blank=True, default="")
    form_token = models.CharField(max_length=32, unique=True, null=True, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    attachments = models.ManyToManyField(Attachment, related_name="+", blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "草稿"
        ordering = ["on", "pk"]


class DraftLine(LineFields):
    """One line of a draft."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, to_field="code", db_column="account_code", related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "草稿行"
        ordering = ["draft", "position"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "position"], name="draftline_one_per_position"),
            models.CheckConstraint(condition=~Q(amount=0), name="draftline_amount_is_something"),
        ]


class VoucherQuerySet(models.QuerySet["Voucher"]):
    """Reads of posted vouchers."""

    def of(self, compound: Compound) -> VoucherQuerySet:
        return self.filter(book__compound=compound)

    def between(self, first: date, last: date) -> VoucherQuerySet:
        """Keep vouchers dated in these days, both included."""
        return self.filter(on__gte=first, on__lte=last)

    def moves(self) -> models.QuerySet[Voucher, tuple[date, int, str, Decimal, int, int | None]]:
        """Return (on, number, direction, amount, money_account_id, to_account_id): what moved where; yuan."""
        return self.order_by("on", "number").values_list(
            "on", "number", "direction", "amount", "money_account_id", "to_account_id"
        )

    def in_ledger_order(self) -> VoucherQuerySet:
        """Order as ledgers list: by date, then number (the year is the date's own)."""
        return self.order_by("book", "on", "number")

    def for_display(self) -> VoucherQuerySet:
        """Fetch with each voucher what its row shows, in a fixed number of queries."""
        return self.select_related(
            "book", "money_account", "to_account", "entered_by", "reviewed_by", "reverses"
        ).prefetch_related(Prefetch("lines", VoucherLine.objects.select_related("account")), "reversed_by")


class Voucher(VoucherFields, InsertOnly):
    """A posted voucher (已记账): numbered without gaps per book and year, chained, never changed."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="vouchers")
    seq = models.PositiveIntegerField("链中位置")
    year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveIntegerField("凭证号")
    money_account = models.ForeignKey(MoneyAccount, models.PROTECT, related_name="+")
    to_account = models.ForeignKey(MoneyAccount, models.PROTECT, null=True, blank=True, related_name="+")
    pair = models.CharField("划转标识", max_length=32, blank=True, default="", db_index=True)
    reverses = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    amount = amount_field("金额")
    line_count = models.PositiveSmallIntegerField("行数")
    lines_hash = models.CharField("各行校验", max_length=64)
    attachments = models.TextField("票据校验", blank=True, default="[]")  # JSON list of [kind, number, sha256]
    origin = models.CharField("由来", max_length=80, blank=True, default="")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("录入时间")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_for = models.CharField("代谁复核", max_length=40, blank=True, default="")
    posted_at = models.DateTimeField("记账时间")
    hash_version = models.CharField(max_length=4, default="v1")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "凭证"
        ordering = ["book", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["book", "seq"], name="voucher_one_per_place_in_chain"),
            models.UniqueConstraint(fields=["book", "year", "number"], name="voucher_one_per_number"),
            models.CheckConstraint(condition=~Q(entered_by=F("reviewed_by")), name="voucher_reviewed_by_another"),
            models.CheckConstraint(condition=Q(number__gt=0) & Q(seq__gt=0), name="voucher_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=Q(to_account__isnull=True) | Q(direction="transfer_out"),
                name="voucher_target_only_in_transfer",
            ),
            models.CheckConstraint(
                condition=Q(to_account__isnull=True) | ~Q(to_account=F("money_account")),
                name="voucher_transfer_moves_between_accounts",
            ),
        ]
        indexes = [models.Index(fields=["book", "on"], name="voucher_by_date")]

    def __str__(self) -> str:
        return f"第{self.number}号凭证"


class VoucherLine(LineFields, InsertOnly):
    """One line of a posted voucher; only the system writes a negative amount (红冲)."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, to_field="code", db_column="account_code", related_name="+")
    account_name = models.CharField("科目名称", max_length=30)

    class Meta:
        verbose_name = verbose_name_plural = "凭证行"
        ordering = ["voucher", "position"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "position"], name="voucherline_one_per_position"),
            models.CheckConstraint(condition=~Q(amount=0), name="voucherline_amount_is_something"),
        ]


class VoucherEvidence(InsertOnly):
    """What a voucher rests on: a paper, a contract, a decision; added by whoever owns it, the voucher knows none."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="evidence")
    kind = models.CharField("种类", max_length=20)
    number = models.CharField("号码", max_length=60, blank=True, default="")
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "凭证依据"


class Import(InsertOnly):
    """A workbook that was applied once to a compound; the same bytes again are refused."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="+")
    kind = models.CharField("种类", max_length=12)
    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("校验", max_length=64)
    rows = models.PositiveIntegerField("行数")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "导入"
        constraints = [models.UniqueConstraint(fields=["compound", "kind", "sha256"], name="import_once_per_file")]


class PeriodQuerySet(models.QuerySet["Period"]):
    """Reads of periods (months)."""

    def of(self, compound: Compound) -> PeriodQuerySet:
        return self.filter(compound=compound)

    def with_step(self) -> PeriodQuerySet:
        """Add ``step`` and ``figures`` of the last step of closing; both null while the month was never prepared."""
        last = Closing.objects.filter(period=models.OuterRef("pk")).order_by("-seq")
        return self.annotate(
            step=models.Subquery(last.values("step")[:1]), figures=models.Subquery(last.values("figures")[:1])
        )

    def at_step(self, *steps: str) -> PeriodQuerySet:
        """Keep the months whose last step of closing is one of these."""
        return self.with_step().filter(Q(("step__in", list(steps))))

    def closed(self) -> PeriodQuerySet:
        """Keep the months whose last step is an approval."""
        return self.at_step(ClosingStep.APPROVED)

    def not_closed(self) -> PeriodQuerySet:
        """Keep the months that were never approved, or whose approval was withdrawn."""
        return self.with_step().filter(Q(("step__isnull", True)) | ~Q(("step", ClosingStep.APPROVED)))


class Period(models.Model):
    """A compound's month, for both books; ``month`` is its first day."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="periods")
    month = models.DateField("月份")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月份"
        ordering = ["compound", "month"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "month"], name="period_one_per_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月"

    @property
    def code(self) -> str:
        """The period as addresses and JSON name it: 2026-10."""
        return f"{self.month:%Y-%m}"


class Closing(InsertOnly):
    """One step of a month's closing: prepared, sent back, approved, withdrawn; the last row is the state."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="closings")
    seq = models.PositiveSmallIntegerField("次序")
    step = models.CharField("步骤", max_length=10, choices=ClosingStep)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    told = models.TextField("已说明的事项", default="[]")  # JSON list of {check, count, reason}
    figures = models.TextField("两本账", default="{}")  # canonical JSON, by book kind

    class Meta:
        verbose_name = verbose_name_plural = "结账"
        ordering = ["period", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["period", "seq"], name="closing_one_per_step"),
            models.CheckConstraint(
                condition=~Q(step="approved") | ~Q(by=F("prepared_by")), name="closing_approved_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(step="prepared") | Q(by=F("prepared_by")), name="closing_prepared_by_its_preparer"
            ),
        ]


class LedgerQuerySet(models.QuerySet["Ledger"]):
    """Reads of issued ledgers."""

    def of(self, compound: Compound) -> LedgerQuerySet:
        return self.filter(compound=compound)

    def newest_versions(self) -> LedgerQuerySet:
        """Keep each period's highest version."""
        later = Ledger.objects.filter(
            compound=models.OuterRef("compound"), code=models.OuterRef("code"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(later))

    def months(self) -> LedgerQuerySet:
        """Keep the monthly ledgers, not a quarter's, a half-year's or a year's."""
        return self.filter(first_month=F("last_month"))

    def covering(self, day: date) -> LedgerQuerySet:
        """Keep the ledgers in whose months the day lies."""
        return self.filter(first_month__lte=day, last_month__gte=day.replace(day=1))

    def reaching(self, day: date) -> LedgerQuerySet:
        """Keep the ledgers that end with the day's month or later: what is dated that day stands in their sums."""
        return self.filter(last_month__gte=day.replace(day=1))

    def lately_posted(self) -> LedgerQuerySet:
        """Keep each period's highest version with its compound, what was posted last first."""
        return self.newest_versions().select_related("compound").order_by("-posted_on", "-last_month", "-pk")

    def newest_of_each(self, compounds: Iterable[Compound]) -> LedgerQuerySet:
        """Keep of each of these compounds the newest monthly ledger in its highest version."""
        later = Ledger.objects.months().filter(
            compound=models.OuterRef("compound"), last_month__gt=models.OuterRef("last_month")
        )
        return self.filter(~models.Exists(later), compound__in=compounds).months().newest_versions()


class Ledger(InsertOnly):
    """An issued ledger (收支公示表): which compound, period and version, and the document that hangs out."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="ledgers")
    code = models.CharField("月份", max_length=10)
    version = models.PositiveSmallIntegerField("版次", default=1)
    first_month = models.DateField("从")
    last_month = models.DateField("到")
    posted_on = models.DateField("张贴")
    posted_until = models.DateField("公示到")
    document = models.OneToOneField(Document, models.PROTECT, related_name="ledger")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收支公示表"
        ordering = ["compound", "-last_month", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "code", "version"], name="ledger_one_per_version"),
            models.CheckConstraint(condition=Q(posted_until__gte=F("posted_on")), name="ledger_hangs_some_days"),
        ]
        indexes = [models.Index(fields=["compound", "last_month"], name="ledger_by_month")]
