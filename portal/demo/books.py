"""Keeping the demo's books: openings, months posted and closed, what is held against them, the present month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from compounds.models import Compound
from core.hashing import canonical_json
from core.models import User
from fees.choices import BookKind, Direction, Means, Told
from fees.models import Account, Book, CashCount, MoneyAccount, Period, Reconciliation, SharedAccount, Voucher
from fees.operations import (
    AssetData,
    DraftData,
    LineData,
    OpeningData,
    Posting,
    approve_period,
    give_opinion,
    list_asset,
    money_account_of,
    note_memo,
    post_draft,
    post_opening,
    post_postings,
    prepare_period,
    return_draft,
    reversal_summary,
    save_draft,
)
from fees.rules import ZERO, account_effects, last_day, month_of, months_before, next_month, previous_month
from portal.demo.flows import (
    OPINIONS,
    THINGS,
    Flow,
    beside_the_books,
    decision_of,
    month_of_flows,
    opening_of,
    pieces_of,
)
from portal.demo.mending import mend
from portal.demo.places import SHAPES, Shape

REASONS = {
    Told.NO_EVIDENCE.value: "纸质票据已装订，没有拍照",
    Told.NOT_RECONCILED.value: "银行对账单每月15日后取",
    Told.NO_SOURCE.value: "以前没有分开记",
    Told.NOT_COUNTED.value: "出纳请假，下月补盘",
    Told.OVER_CASH_LIMIT.value: "收费集中在几天，来不及天天存银行",
}


def moment(day: date, hour: int = 9) -> datetime:
    """Return an hour of a day in Beijing."""
    return timezone.make_aware(datetime.combine(day, time(hour)))


@dataclass
class DemoBooks:
    """Both books of one invented compound and the people who keep them.

    ``month``: the last one, whose ledger hangs; ``at``: now.
    """

    compound: Compound
    shape: Shape
    books: dict[str, Book]
    keeper: User
    head: User
    users: dict[str, User]
    month: date
    at: datetime
    held: dict[int, Decimal] = field(default_factory=dict)  # what lies in each money account, yuan
    purses: dict[tuple[int, str], MoneyAccount] = field(default_factory=dict)

    @property
    def is_main(self) -> bool:
        return self.shape is SHAPES[0]

    @cached_property
    def chart(self) -> dict[str, Account]:
        return {account.code: account for account in Account.objects.all()}

    def purse(self, book: Book, means: str) -> MoneyAccount:
        if (book.pk, means) not in self.purses:
            self.purses[book.pk, means] = money_account_of(book, means)
        return self.purses[book.pk, means]

    def open(self, first: date) -> None:
        """Post what lay in each account before the first month."""
        balances = opening_of(self.shape)
        for kind, book in self.books.items():
            rows = tuple((self.purse(book, means), amount) for (k, means), amount in balances.items() if k == kind)
            data = OpeningData(book=book, on=last_day(previous_month(first)), balances=rows)
            post_opening(data, entered_by=self.keeper, reviewed_by=self.head, at=moment(first))
            self.held.update({account.pk: amount for account, amount in rows})

    def name_purses(self, community: str) -> None:
        """Say in whose name the money lies and on what ground; the first compound has a code, and had a private one."""
        holder = f"{community}居民委员会"
        shared = None
        if self.shape in SHAPES[:2]:
            shared, _ = SharedAccount.objects.get_or_create(
                area_code=self.shape.community, holder=holder, bank="农商银行八角支行（演示）", number_tail="0417"
            )
        for kind, book in self.books.items():
            part = shared if kind == BookKind.SERVICE else None
            tail = f"{int(self.compound.code[-4:]) + (kind == BookKind.COMMITTEE):04d}"
            MoneyAccount.objects.filter(book=book, means=Means.BANK).update(
                holder=holder, mandate="自管会决议：居委会代管，分户记账（演示）", bank="农商银行（演示）", shared=part,
                number_tail="0417" if part else tail,
            )  # fmt: skip
            MoneyAccount.objects.filter(book=book, means=Means.CASH).update(
                holder="出纳", mandate="库存现金", limit=8000
            )
        if self.is_main:
            service = self.books[BookKind.SERVICE]
            since = previous_month(self.month)
            MoneyAccount.objects.create(
                book=service, means=Means.QR, holder="刘玉珍个人", is_private=True, mandate="建账前临时用（演示）",
                ended_on=since.replace(year=since.year - 1),
            )  # fmt: skip
            MoneyAccount.objects.create(
                book=service, means=Means.QR, holder=holder, bank="收款码服务商（演示）", fee_rate=Decimal("0.0038"),
                settles_to=money_account_of(service, Means.BANK), mandate="自管会决议：居委会商户码（演示）",
                opened_on=self.month,
            )  # fmt: skip

    # --- A month ---

    def data(self, month: date, flow: Flow) -> DraftData:
        """Return a flow as it is typed."""
        account = self.chart[flow.account]
        direction = {"income": Direction.INCOME, "expense": Direction.EXPENSE}.get(account.direction)
        if direction is None:
            held = Direction.HELD_IN if flow.incoming else Direction.HELD_OUT
            direction = Direction.TRANSFER_OUT if account.direction == "transfer" else held
        book = self.books[flow.book]
        spends = direction == Direction.EXPENSE
        return DraftData(
            book=book,
            on=month.replace(day=min(flow.day, last_day(month).day)),
            direction=direction,
            money_account=self.purse(book, flow.means),
            to_account=self.purse(self.books[flow.to_book], flow.to_means) if flow.to_book else None,
            payee=flow.payee,
            handler="刘玉珍" if spends else "",
            witness="陈志远" if spends else "",
            approver="主任" if spends else "",
            decision=flow.decision or (decision_of(flow.amount, month) if spends else ""),
            lines=(
                LineData(
                    flow.summary,
                    account,
                    flow.amount,
                    flow.quantity,
                    flow.unit_price,
                    account.source if flow.source is None else flow.source,
                    account.service_line,
                ),
            ),
        )

    def _postings(self, month: date, flows: Sequence[Flow]) -> list[Posting]:
        postings = []
        for flow in flows:
            data = self.data(month, flow)
            if data.to_account is not None and data.to_account.book_id != data.book.pk:
                pair = f"{month:%Y%m}{data.book.pk}-{data.to_account.pk}"
                postings.append(Posting(data, data.book, Direction.TRANSFER_OUT, data.money_account, "demo", pair))
                target = self.books[flow.to_book]
                postings.append(Posting(data, target, Direction.TRANSFER_IN, data.to_account, "demo", pair))
            else:
                postings.append(
                    Posting(data, data.book, data.direction, data.money_account, "demo", to_account=data.to_account)
                )
        return postings

    def _red(self, month: date, flow: Flow, wrong: Voucher) -> Posting:
        line = LineData(
            reversal_summary(wrong), self.chart[flow.account], -flow.amount, source="residents", service_line="repair"
        )
        data = self.data(month, flow)
        red = DraftData(
            book=data.book, on=data.on, direction=data.direction, money_account=data.money_account, lines=(line,),
            payee=wrong.payee, reverses=wrong,
        )  # fmt: skip
        return Posting(red, red.book, red.direction, red.money_account, "demo", reverses=wrong)

    def keep(self, month: date) -> None:
        """Post a month's vouchers, and close it as far as the shape says."""
        last = month == self.month
        flows = month_of_flows(self.shape, month, last=last)
        at = moment(last_day(month), 16)
        cut = next((i for i, flow in enumerate(flows) if flow.reverses), len(flows))
        acts = {"entered_by": self.keeper, "reviewed_by": self.head, "at": at}
        posted = post_postings(self.compound, self._postings(month, flows[:cut]), **acts)  # type: ignore[arg-type]
        if cut < len(flows):
            sought = (Direction.EXPENSE, flows[cut].amount)
            wrong = next(v for v in posted if (v.direction, v.amount) == sought)
            red = self._red(month, flows[cut], wrong)
            rest = self._postings(month, flows[cut + 1 :])
            posted += post_postings(self.compound, [red, *rest], **acts)  # type: ignore[arg-type]
        if last and self.shape is SHAPES[1]:
            posted += mend(self.compound, month, posted, keeper=self.keeper, head=self.head, at=at)
        self._list_things(posted, at)
        if self.is_main:
            self._note_beside(month, at)
        if last and self.shape.state == "open":
            return
        self._hold_against_the_world(month, posted)
        period = Period.objects.get(compound=self.compound, month=month)
        day = next_month(month)
        prepare_period(period, REASONS, actor=self.keeper, at=moment(day.replace(day=2)))
        if last and self.shape.state == "prepared":
            return
        answer = ""
        if self.is_main:
            said = {months_before(self.month, back): words for back, words in OPINIONS.items()}
            kind, text, answer = said.get(month, ("read", "", ""))
            give_opinion(period, kind, text, actor=self.users["chenzhiyuan"], at=moment(day.replace(day=3)))
        approve_period(period, actor=self.head, at=moment(day.replace(day=4)), note=answer)

    def _hold_against_the_world(self, month: date, posted: Sequence[Voucher]) -> None:
        """Keep a reconciliation of each bank account that moved, and a count of each cash box, as they should be.

        Rows at one go: a demo of two years would otherwise take half as long again.
        """
        moved: dict[int, list[int]] = {}
        for voucher in posted:
            for key, amount in account_effects(
                voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id
            ):
                self.held[key] = self.held.get(key, ZERO) + amount
                moved.setdefault(key, []).append(voucher.pk)
        at = moment(next_month(month))
        banks = [self.purse(book, Means.BANK) for book in self.books.values()]
        Reconciliation.objects.bulk_create(
            Reconciliation(
                money_account=bank, month=month, seq=1, statement_balance=self.held[bank.pk],
                book_balance=self.held[bank.pk], ticked=canonical_json(moved[bank.pk]), by=self.keeper, at=at,
            )
            for bank in banks if bank.pk in moved
        )  # fmt: skip
        CashCount.objects.bulk_create(
            CashCount(
                money_account=box, on=last_day(month), pieces=pieces_of(self.held[box.pk]), counted=self.held[box.pk],
                book_balance=self.held[box.pk], counter="刘玉珍", witness="陈志远", by=self.keeper,
                at=moment(last_day(month), 17),
            )
            for box in (self.purse(book, Means.CASH) for book in self.books.values()) if self.held.get(box.pk)
        )  # fmt: skip

    def _list_things(self, posted: Sequence[Voucher], at: datetime) -> None:
        """List what was bought; two compounds have still to do it."""
        if self.shape in SHAPES[1:3]:
            return
        for voucher in posted:
            if voucher.direction == Direction.EXPENSE and any(x.account_id == "213" for x in voucher.lines.all()):
                sets = str(sum(self.shape.entrances))
                data = AssetData("单元门对讲", voucher.on, sets, "套", voucher.amount, "各单元门", "主任")
                list_asset(self.compound, data, actor=self.keeper, at=at, voucher=voucher)

    def _note_beside(self, month: date, at: datetime) -> None:
        """Note what stands beside the books of the main compound, and the things that were there before."""
        if month == self.month:
            for thing in THINGS:
                list_asset(self.compound, thing, actor=self.keeper, at=at)
        for back, data, left in beside_the_books(month):
            if month == months_before(self.month, back):
                entry = note_memo(self.compound, data, actor=self.keeper, at=at)
                if left is not None:
                    paid = replace(
                        data, settles=entry.pk, amount=data.amount - left, on=last_day(month), text="已付一部分"
                    )
                    note_memo(self.compound, paid, actor=self.keeper, at=at)

    # --- The present month ---

    def begin_present(self) -> None:
        """Put a few vouchers into the present month: posted, waiting for review, sent back; money in the code."""
        if self.is_main:
            self._take_by_code()
        if self.shape not in SHAPES[:4]:
            return
        month = next_month(self.month)
        today = timezone.localdate(self.at)
        flows = month_of_flows(self.shape, month, last=False)[:6]
        for position, flow in enumerate(f for f in flows if month.replace(day=f.day) <= today):
            draft = save_draft(self.data(month, flow), hand_in=True, actor=self.keeper, at=moment(month, 10))
            if position < 2:
                post_draft(draft.pk, actor=self.head, at=min(moment(month.replace(day=flow.day), 15), self.at))
            elif position == 4 and self.is_main:
                at = min(moment(month.replace(day=flow.day), 16), self.at)
                return_draft(draft, "少一张收据，请补上号码。", actor=self.head, at=at)

    def _take_by_code(self) -> None:
        """Let residents pay by the code in the present month."""
        book, today = self.books[BookKind.SERVICE], timezone.localdate(self.at)
        code = MoneyAccount.objects.get(book=book, means=Means.QR, ended_on=None)
        line = LineData("居民缴费，扫码", self.chart["101"], Decimal("360.00"), source="residents")
        on = max(today - timedelta(days=4), month_of(today))
        data = DraftData(book, on, Direction.INCOME, code, (line,), payee="居民")
        posting = Posting(data, book, Direction.INCOME, code, "demo")
        post_postings(self.compound, [posting], entered_by=self.keeper, reviewed_by=self.head, at=self.at)
