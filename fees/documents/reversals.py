"""What of a posted voucher can still be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fees.choices import ClosingStep
from fees.models import Account, Period, Voucher, VoucherLine
from fees.rules import ZERO


@dataclass(frozen=True)
class Remainder:
    """What red vouchers have left of one account of a voucher; ``amount`` in yuan, above zero."""

    account: Account
    source: str
    service_line: str
    summary: str
    amount: Decimal

    @property
    def key(self) -> tuple[str, str, str]:
        """Which lines belong together: red ones name account, source and service line like the original's."""
        return self.account.code, self.source, self.service_line


def remainders(voucher: Voucher) -> list[Remainder]:
    """Return what is left of a voucher, one row per account, source and service line, in the order of its lines."""
    lines = VoucherLine.objects.filter(voucher=voucher).select_related("account").order_by("position")
    left: dict[tuple[str, str, str], Decimal] = {}
    first: dict[tuple[str, str, str], VoucherLine] = {}
    for line in lines:
        key = (line.account.code, line.source, line.service_line)
        first.setdefault(key, line)
        left[key] = left.get(key, ZERO) + line.amount
    reds = VoucherLine.objects.filter(voucher__reverses=voucher)
    for account, source, service_line, amount in reds.values_list("account_id", "source", "service_line", "amount"):
        key = (str(account), source, service_line)
        left[key] = left.get(key, ZERO) + amount
    return [
        Remainder(line.account, line.source, line.service_line, line.summary, left[key])
        for key, line in first.items()
        if left[key] > ZERO
    ]


def is_year_done(voucher: Voucher) -> bool:
    """Return whether no month of a voucher's year takes vouchers any more, so that it cannot be reversed in its year.

    Months are closed in order: December stands for those before it.
    """
    december = Period.objects.of(voucher.book.compound).filter(month=date(voucher.year, 12, 1))
    return december.at_step(ClosingStep.PREPARED, ClosingStep.APPROVED).exists()
