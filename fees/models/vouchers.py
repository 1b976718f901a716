"""Drafts, which change freely, and vouchers, which never do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q

from compounds.models import Compound
from core.insert_only import InsertOnly
from core.models import Attachment, Document, User
from fees.choices import Direction, DraftState, ServiceLine, Source
from fees.models.books import Account, Book, MoneyAccount, amount_field
from fees.rules import ZERO, is_same_name, last_day

if TYPE_CHECKING:
    from fees.models.ledgers import Ledger


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

    def by_others(self, user: User) -> DraftQuerySet:
        """Leave out what this user typed or what was typed for this user (代录): another must review it."""
        named = self.exclude(entered_for="").order_by().values_list("entered_for", flat=True).distinct()
        own = [name for name in named if is_same_name(name, user.name)]
        return self.exclude(entered_by=user).exclude(entered_for__in=own)

    def within_month(self, month: date) -> DraftQuerySet:
        """Keep drafts dated in the month that begins on this day."""
        return self.filter(on__year=month.year, on__month=month.month)

    def for_display(self) -> DraftQuerySet:
        """Fetch with each draft what its row shows, in a fixed number of queries."""
        return self.select_related(
            "book__compound", "money_account", "to_account", "entered_by", "reverses", "corrects"
        ).prefetch_related(Prefetch("lines", DraftLine.objects.select_related("account")), "attachments")


class Draft(VoucherFields):
    """A voucher being typed or waiting for review (未复核): free to change, gone when posted."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="drafts")
    money_account = models.ForeignKey(MoneyAccount, models.PROTECT, related_name="+")
    to_account = models.ForeignKey(MoneyAccount, models.PROTECT, null=True, blank=True, related_name="+")
    reverses = models.ForeignKey("fees.Voucher", models.PROTECT, null=True, blank=True, related_name="+")
    corrects = models.ForeignKey("fees.Voucher", models.PROTECT, null=True, blank=True, related_name="+")
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

    def within_month(self, month: date) -> VoucherQuerySet:
        """Keep vouchers dated in the month that begins on this day."""
        return self.filter(on__year=month.year, on__month=month.month)

    def mending(self, ledger: Ledger) -> VoucherQuerySet:
        """Keep the vouchers of later months that reverse or correct what the ledger shows."""
        first, last = ledger.first_month, ledger.last_month
        later = self.of(ledger.compound).filter(on__gt=last_day(last))
        return later.filter(
            Q(reverses__on__range=(first, last_day(last))) | Q(corrects__on__range=(first, last_day(last)))
        ).order_by("on", "number")

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

    @property
    def remaining(self) -> Decimal:
        """What red vouchers have not taken back, yuan; below zero for a red one."""
        return self.amount + sum((red.amount for red in self.reversed_by.all()), ZERO)

    @property
    def reversed_whole_by(self) -> Voucher | None:
        """The last of the red vouchers that together took back all of it, or None while something is left."""
        reds = sorted(self.reversed_by.all(), key=lambda red: red.seq)
        return reds[-1] if reds and self.remaining == ZERO else None


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
