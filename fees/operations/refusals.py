"""The facts that forbid an act on the books; every one leaves everything as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.models import User
from fees.documents import (
    ClosingCheck,
)
from fees.models import (
    Account,
    Ledger,
    MoneyAccount,
    PostingProof,
    Voucher,
)
from fees.models import Import as ImportRow


class Refusal(Exception):
    """A fact that forbids the act; nothing was written."""


class PeriodClosed(Refusal):
    """The month is prepared or approved and takes no more vouchers."""

    def __init__(self, month: date, step: str) -> None:
        super().__init__(month, step)
        self.month, self.step = month, step


class BeforeBooks(Refusal):
    """The date lies before the book's first month."""

    def __init__(self, first_month: date) -> None:
        super().__init__(first_month)
        self.first_month = first_month


class FarOff(Refusal):
    """The date lies so far off that it must be a slip of the pen; ``day`` is that date."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day


class BooksNotOpened(Refusal):
    """The compound has no opening and no voucher yet, so it has no months."""


class AlreadyOpened(Refusal):
    """The book has an opening or vouchers already; an opening stands before everything, once."""


class SamePerson(Refusal):
    """The second of two acts must be another person's."""

    def __init__(self, who: User) -> None:
        super().__init__(who)
        self.who = who


class NegativeBalance(Refusal):
    """The money account would fall below zero and no reason is stated; ``lowest`` in yuan, negative.

    ``position``: which of the vouchers being posted is refused, from 0.
    """

    def __init__(self, money_account: MoneyAccount, lowest: Decimal, position: int) -> None:
        super().__init__(money_account, lowest, position)
        self.money_account, self.lowest, self.position = money_account, lowest, position


class NotReversible(Refusal):
    """Why a voucher cannot be reversed.

    ``reversal``, ``reversed``, ``waiting``, ``earlier_year``, ``before``, ``too_much`` (more than what is left),
    ``corrected`` (a later year mended it already).
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotCorrectable(Refusal):
    """Why an earlier year's voucher cannot be corrected.

    ``same_year``, ``open_year`` (its year still takes red vouchers), ``before`` (dated earlier), ``kind`` (no income or
    expense), ``reversal``, ``too_much``.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class DecisionMissing(Refusal):
    """An expense beyond a limit (yuan) names no decision; ``decided_by``: whose it must be."""

    def __init__(self, amount: Decimal, limit: Decimal, decided_by: str) -> None:
        super().__init__(amount, limit, decided_by)
        self.amount, self.limit, self.decided_by = amount, limit, decided_by


class PaperMissing(Refusal):
    """A line's account must have something beside it that the voucher lacks; ``needs`` as in the chart."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.account, self.needs = account, account.needs


class SlipMissing(Refusal):
    """A voucher typed for another has not that person's signed slip beside it (代录单)."""

    def __init__(self, entered_for: str) -> None:
        super().__init__(entered_for)
        self.entered_for = entered_for


class PostedAlready(Refusal):
    """The same form was sent again after its draft was posted; ``voucher`` is what it became."""

    def __init__(self, voucher: Voucher) -> None:
        super().__init__(voucher)
        self.voucher = voucher


class DoesNotAddUp(Refusal):
    """A line's quantity times its unit price is not its amount; ``line`` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class NotPositive(Refusal):
    """A typed amount is not above zero, or not a whole number of 分; ``line`` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class WrongAccount(Refusal):
    """An account (科目) that does not go with the direction; ``line`` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class NoLines(Refusal):
    """A voucher without a line."""


class WrongMoneyAccount(Refusal):
    """A money account of another book or compound, or a transfer to itself."""


class AccountEnded(Refusal):
    """The money account ended before that day and takes no more vouchers."""

    def __init__(self, money_account: MoneyAccount) -> None:
        super().__init__(money_account)
        self.money_account = money_account


class AccountKnown(Refusal):
    """There is an account of this means, holder and number already."""


class AccountHoldsMoney(Refusal):
    """An account that is to end holds money, and no reason is stated; ``balance`` in yuan."""

    def __init__(self, balance: Decimal) -> None:
        super().__init__(balance)
        self.balance = balance


class AccountDraftsWait(Refusal):
    """Drafts of an account that is to end are not posted yet."""


class DoesNotFit(Refusal):
    """Two sides that should be equal differ by ``difference`` yuan, and nothing explains it."""

    def __init__(self, difference: Decimal) -> None:
        super().__init__(difference)
        self.difference = difference


class MonthApproved(Refusal):
    """The month is approved: what was held against the world for it stays as it is."""


class MonthNotOver(Refusal):
    """The month, or the day, has not ended yet."""


class BooksChanged(Refusal):
    """What was ticked does not stand in the books or on the statement any more."""


class WitnessIsCounter(Refusal):
    """Who watches a cash count must be another person than who counts."""


class DraftGone(Refusal):
    """The draft was deleted, or another person changed it in the meantime."""


class NotHandedIn(Refusal):
    """The draft was not handed to the reviewer."""


class FormReused(Refusal):
    """The same form was sent twice with different content."""


class WrongStep(Refusal):
    """The month is not at the step that the act needs; ``step`` is the last one, or empty."""

    def __init__(self, step: str | None) -> None:
        super().__init__(step)
        self.step = step or ""


class EarlierMonthOpen(Refusal):
    """Months close in order, and this earlier one is open."""

    def __init__(self, month: date) -> None:
        super().__init__(month)
        self.month = month


class MustChecks(Refusal):
    """Checks that stop the closing."""

    def __init__(self, checks: Sequence[ClosingCheck]) -> None:
        super().__init__(checks)
        self.checks = list(checks)


class ReasonsMissing(Refusal):
    """Told checks without a reason."""

    def __init__(self, checks: Sequence[ClosingCheck]) -> None:
        super().__init__(checks)
        self.checks = list(checks)


class OpinionGiven(Refusal):
    """This auditor has said what there is to say of this preparation; an opinion is never changed."""


class AlreadyNoted(Refusal):
    """This person noted the same line beside the books a moment ago."""


class BeforeLine(Refusal):
    """A line beside the books is taken away no earlier than it stood; ``on`` is its day."""

    def __init__(self, on: date) -> None:
        super().__init__(on)
        self.on = on


class SettlesTooMuch(Refusal):
    """More would be taken away than is left of a line beside the books; ``left`` in yuan."""

    def __init__(self, left: Decimal) -> None:
        super().__init__(left)
        self.left = left


class AlreadyRetired(Refusal):
    """The thing is out of use and stays on the list as it is."""


class AlreadyIssued(Refusal):
    """The month's ledger hangs out; only 红冲 in an open month helps."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.ledger = ledger


class NotClosed(Refusal):
    """The month is not approved, so no ledger can be issued."""

    def __init__(self, month: date) -> None:
        super().__init__(month)
        self.month = month


class ProofTooEarly(Refusal):
    """The day of a photograph lies before the ledger was posted, on ``posted_on``."""

    def __init__(self, posted_on: date) -> None:
        super().__init__(posted_on)
        self.posted_on = posted_on


class PhotographUsed(Refusal):
    """The same photograph proves another ledger or another place already."""

    def __init__(self, proof: PostingProof) -> None:
        super().__init__(proof)
        self.proof = proof


class CorrectionRefused(Refusal):
    """Why a correction cannot stand: ``nothing``, ``replaced``, ``outside``, ``line``, ``words``, ``booked``, ``twice``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ImportedBefore(Refusal):
    """The same file was applied to this compound before."""

    def __init__(self, first: ImportRow) -> None:
        super().__init__(first)
        self.first = first


class RowsRefused(Refusal):
    """Rows of an import that cannot be posted: (row number, heading, why)."""

    def __init__(self, rows: Sequence[tuple[str, int, str, Refusal]]) -> None:
        super().__init__(rows)
        self.rows = list(rows)


class PaperGone(Refusal):
    """The paper hangs there no more: it was taken off, or another one stands in its place."""


class TooManyPapers(Refusal):
    """More papers than a draft or voucher can have."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most
