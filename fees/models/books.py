"""The chart of accounts, the two books, the money accounts under them, and what stood there at the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Round

from compounds.models import Compound
from core.insert_only import InsertOnly
from fees.choices import AccountDirection, BookKind, DecidedBy, Means, ServiceLine, Source


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


class ExpenseLimitQuerySet(models.QuerySet["ExpenseLimit"]):
    """Reads of who decides."""

    def for_compound(self, compound: Compound) -> dict[str, Decimal | None]:
        """Return up to how many yuan who decides: the district's rows, each replaced by the compound's own."""
        rows = list(self.filter(Q(compound=None) | Q(compound=compound)))
        district = {row.decided_by: row.up_to for row in rows if row.compound_id is None}
        return district | {row.decided_by: row.up_to for row in rows if row.compound_id is not None}


class ExpenseLimit(models.Model):
    """Up to which amount who decides an expense: the district's, or a compound's own (domain.md, Vouchers)."""

    compound = models.ForeignKey(
        Compound, models.CASCADE, null=True, blank=True, verbose_name="小区", related_name="expense_limits"
    )
    decided_by = models.CharField("由谁决定", max_length=10, choices=DecidedBy)
    up_to = amount_field("到多少元为止", null=True, blank=True)  # null: without an upper end

    objects = ExpenseLimitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审批权限"
        ordering = ["compound", "up_to"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "decided_by"], name="expenselimit_one_per_compound"),
            models.UniqueConstraint(
                fields=["decided_by"], condition=Q(compound__isnull=True), name="expenselimit_one_of_the_district"
            ),
            models.CheckConstraint(condition=Q(up_to__isnull=True) | Q(up_to__gt=0), name="expenselimit_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.compound.name if self.compound else '全区'}：{self.get_decided_by_display()}"


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


class SharedAccountQuerySet(models.QuerySet["SharedAccount"]):
    """Reads of shared accounts."""

    def within(self, prefixes: Sequence[str]) -> SharedAccountQuerySet:
        """Keep those of areas below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(area_code__startswith=prefix)
        return self.filter(where)


class SharedAccount(models.Model):
    """A bank account of the residents' committee or the street in which several compounds' money lies."""

    area_code = models.CharField("地区", max_length=20, db_index=True)
    holder = models.CharField("户名", max_length=60)
    bank = models.CharField("开户行", max_length=60, blank=True, default="")
    number_tail = models.CharField("账号后四位", max_length=4, blank=True, default="")

    objects = SharedAccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "共用账户"
        ordering = ["area_code", "holder", "number_tail"]
        constraints = [
            models.UniqueConstraint(fields=["area_code", "holder", "number_tail"], name="sharedaccount_one_per_number")
        ]

    def __str__(self) -> str:
        return self.holder + (f"（尾号{self.number_tail}）" if self.number_tail else "")


HOLDER_MISSING = "待补"


class MoneyAccountQuerySet(models.QuerySet["MoneyAccount"]):
    """Reads of money accounts."""

    def of(self, compound: Compound) -> MoneyAccountQuerySet:
        """Keep a compound's accounts, the service book's first, those in use before those that ended."""
        found = self.filter(book__compound=compound).select_related("book", "shared", "settles_to")
        return found.order_by("-book__kind", F("ended_on").desc(nulls_first=True), "means", "pk")

    def in_use(self, on: date) -> MoneyAccountQuerySet:
        """Keep what takes vouchers of a day."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on))


class MoneyAccount(models.Model):
    """Where a book's money lies: cash, a bank account or a payment code, with holder and mandate.

    ``fee_rate``: what the code's provider keeps of each yuan; ``settles_to``: where the rest arrives the next day.
    """

    book = models.ForeignKey(Book, models.PROTECT, related_name="money_accounts")
    means = models.CharField("结算方式", max_length=10, choices=Means)
    holder = models.CharField("在谁名下", max_length=60, default=HOLDER_MISSING)
    mandate = models.CharField("凭什么代管", max_length=120, blank=True, default="")
    bank = models.CharField("开户行", max_length=60, blank=True, default="")
    number_tail = models.CharField("账号后四位", max_length=4, blank=True, default="")
    limit = amount_field("库存现金限额", null=True, blank=True)
    fee_rate = models.DecimalField("手续费率", max_digits=6, decimal_places=4, null=True, blank=True)
    settles_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="次日到哪个账户", related_name="+"
    )
    shared = models.ForeignKey(
        SharedAccount, models.PROTECT, null=True, blank=True, verbose_name="共用账户", related_name="parts"
    )
    is_private = models.BooleanField("在私人名下", default=False)
    opened_on = models.DateField("启用", null=True, blank=True)
    ended_on = models.DateField("停用", null=True, blank=True)

    objects = MoneyAccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账户"
        ordering = ["book", "means", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["book", "means", "holder", "number_tail"], name="moneyaccount_one_per_holder"
            ),
            models.CheckConstraint(
                condition=Q(fee_rate__isnull=True) | (Q(fee_rate__gte=0) & Q(fee_rate__lt=1)),
                name="moneyaccount_fee_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(settles_to__isnull=True) | ~Q(settles_to=F("id")), name="moneyaccount_settles_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.get_means_display()

    def in_use_on(self, day: date) -> bool:
        """Whether it takes vouchers of a day."""
        return self.ended_on is None or day <= self.ended_on

    @property
    def is_named(self) -> bool:
        """Whether it is known in whose name the money lies."""
        return self.holder not in ("", HOLDER_MISSING)

    @property
    def label(self) -> str:
        """The account in words that tell it from others: 银行（八角南里社区居委会，尾号1234）."""
        tail = f"尾号{self.number_tail}" if self.number_tail else ""
        words = "，".join(word for word in (self.holder if self.is_named else "", tail) if word)
        return f"{self}（{words}）" if words else str(self)


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
