"""Make the demo district; again it changes nothing. Refuses in production."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from compounds import operations as register
from compounds.choices import Role, Tenure
from compounds.models import Area, Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from core import jobs
from core.commands import ProductCommand, Refused
from core.hashing import canonical_json
from core.models import Job, User
from core.operations import create_user, draw_password, record
from fees.choices import BookKind, Direction, Means, Told
from fees.documents import parts_on, total_of
from fees.models import Account, Book, CashCount, Ledger, MoneyAccount, Period, Reconciliation, SharedAccount, Voucher
from fees.operations import (
    AssetData,
    DraftData,
    LineData,
    OpeningData,
    Posting,
    approve_period,
    confirm_balances,
    give_opinion,
    issue_ledger,
    list_asset,
    money_account_of,
    note_memo,
    open_books,
    post_draft,
    post_opening,
    post_postings,
    prepare_period,
    return_draft,
    reversal_summary,
    save_draft,
)
from fees.rules import (
    ZERO,
    Span,
    account_effects,
    last_day,
    month_of,
    months_before,
    months_from,
    next_month,
    previous_month,
)
from portal.demo import (
    KEEPER,
    MAIN,
    OPINIONS,
    PEOPLE,
    SHAPES,
    THINGS,
    Flow,
    Person,
    Shape,
    beside_the_books,
    decision_of,
    month_of_flows,
    opening_of,
    people_names,
    pieces_of,
    rooms,
)

MONTHS = 24
REASONS = {
    Told.NO_EVIDENCE.value: "纸质票据已装订，没有拍照",
    Told.NOT_RECONCILED.value: "银行对账单每月15日后取",
    Told.NO_SOURCE.value: "以前没有分开记",
    Told.NOT_COUNTED.value: "出纳请假，下月补盘",
    Told.OVER_CASH_LIMIT.value: "收费集中在几天，来不及天天存银行",
}


def _at(day: date, hour: int = 9) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


class Command(ProductCommand):
    help = "造演示数据：石景山全部街道和社区，十几个虚构小区（演示），各种角色的人，两年的账。"

    def run(self, **options: Any) -> dict[str, Any]:
        if settings.PRODUCTION:
            raise Refused("正式环境（设了DATABASE_URL）不能造演示数据。")
        self._areas()
        self.month = self._last_month()
        self.users = self._people()
        for shape in SHAPES:
            self._compound(shape)
        self._slip()
        issued = self._issue_last_month()
        later = self._start_older_months()
        return {
            "month": f"{self.month:%Y-%m}",
            "issued": issued,
            "jobs": later,
            "compounds": Compound.objects.count(),
            "public": [
                f"/compounds/{code}/"
                for code in Compound.objects.filter(name__startswith="槐荫里").values_list("code", flat=True)
            ],
            "accounts": str(self._accounts_file()),
        }

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield ""
        yield f"居民页面   {settings.PUBLIC_URL}{result['public'][0]}"
        yield f"工作人员   {settings.PUBLIC_URL}/office/"
        yield ""
        yield from self._accounts_file().read_text(encoding="utf-8").splitlines()
        yield ""

    # --- Areas and people ---

    def _last_month(self) -> date:
        """The month whose ledgers hang: of a demo made before, the one it was made for."""
        newest = Ledger.objects.order_by("-last_month").values_list("last_month", flat=True).first()
        return newest or previous_month(month_of(timezone.localdate(self.at)))

    def _areas(self) -> None:
        path = Path(register.__file__).parent / "data" / "shijingshan_communities.csv"
        with open(path, encoding="utf-8", newline="") as lines:
            register.import_areas(
                [register.AreaRow(**row) for row in csv.DictReader(lines)], actor=self.actor, at=self.at
            )
        for number, area in enumerate(Area.objects.exclude(level="district").filter(phone="")):
            area.phone = f"010-0000-{number:04d}"
            area.office = f"{area.name}办公楼一层，周一至周五9:00至17:00（演示）"
            area.save(update_fields=["phone", "office"])

    def _accounts_file(self) -> Path:
        return Path(settings.VAR) / "demo_accounts.txt"

    def _passwords(self) -> dict[str, str]:
        """Passwords are drawn once into var/demo_accounts.txt, and read from there afterwards."""
        path = self._accounts_file()
        if path.exists():
            rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
            return {row[0]: row[1] for row in rows if len(row) > 2 and "-" in row[1]}
        passwords = {p.username: draw_password() for p in PEOPLE if p.printed}
        text = "登录名        密码            谁\n"
        for person in PEOPLE:
            role = Role(person.role).label
            text += f"{person.username:<13} {passwords[person.username]:<15} {person.name}，{role}\n"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return passwords

    def _user(self, person: Person, password: str | None = None) -> User:
        user = User.objects.filter(username=person.username).first()
        if user is None:
            user = create_user(
                person.username,
                person.name,
                actor=self.actor,
                at=self.at,
                phone="010-0000-0000",
                password=password,
                must_change_password=password is None,
            )
        return user

    def _appoint(self, user: User, role: str, area: str, since: date) -> None:
        if not user.appointments.filter(role=role, area_code=area).exists():
            register.appoint(user, role, area, since, None, actor=self.actor, at=self.at)

    def _people(self) -> dict[str, User]:
        passwords = self._passwords()
        users = {}
        for person in (*PEOPLE, KEEPER):
            users[person.username] = self._user(person, passwords.get(person.username))
        since = months_from(self.month, self.month)[0].replace(year=self.month.year - 2, day=1)
        for person in PEOPLE:
            if len(person.area) < 14:
                self._appoint(users[person.username], person.role, person.area, since)
        return users

    # --- One compound ---

    @transaction.atomic
    def _compound(self, shape: Shape) -> None:
        if Compound.objects.filter(name=shape.name).exists():
            return
        community = Area.objects.get(code=shape.community)
        first = self.month
        for _ in range(MONTHS - 1):
            first = previous_month(first)
        compound = register.make_compound(
            community, shape.name, actor=self.actor, at=self.at, address=shape.address, built_year=shape.built
        )
        self._register(compound, shape)
        keeper, head = self._committee(compound, shape, first)
        books = open_books(compound, actor=self.actor, at=_at(first))
        self._name_purses(compound, shape, books, community.name)
        self._openings(shape, books, first, keeper, head)
        for month in months_from(first, self.month):
            self._month(compound, shape, books, month, keeper, head)
        self._now(compound, shape, books, keeper, head)
        record("demo.compound", f"造演示小区{shape.name}", actor=self.actor, at=self.at,
               area_code=compound.area_code, subject=compound)  # fmt: skip

    def _register(self, compound: Compound, shape: Shape) -> None:
        names = people_names(shape.name)
        unit = None
        if shape.unit:
            unit, _ = PropertyUnit.objects.get_or_create(area_code=shape.community, name=shape.unit)
        buildings = {
            str(n): Building.objects.create(compound=compound, label=str(n)) for n in range(1, len(shape.entrances) + 1)
        }
        entrances = {
            (str(b), str(e)): Entrance.objects.create(building=buildings[str(b)], label=str(e))
            for b, count in enumerate(shape.entrances, start=1)
            for e in range(1, count + 1)
        }
        dwellings, owners = [], []
        for position, (building, entrance, room, area) in enumerate(rooms(shape)):
            name = next(names)
            public = bool(unit) and position % 17 == 3
            dwellings.append(
                Dwelling(
                    building=buildings[building],
                    entrance=entrances[building, entrance],
                    room=room,
                    area=area,
                    area_source="registered" if position % 5 else "unit_ledger",
                    tenure=Tenure.UNSOLD_PUBLIC if public else Tenure.REFORM,
                    vacant=position % 29 == 11,
                    property_unit=unit,
                    representative=name,
                    representative_phone=f"010-0000-{position:04d}",
                )
            )
            owners.append(
                Owner(area_code=shape.community, name=unit.name if public and unit else name,
                      phone=f"010-0000-{position:04d}")
            )  # fmt: skip
        Dwelling.objects.bulk_create(dwellings)
        Owner.objects.bulk_create(owners)
        Ownership.objects.bulk_create(
            Ownership(dwelling=d, owner=o, votes=True) for d, o in zip(dwellings, owners, strict=True)
        )

    def _committee(self, compound: Compound, shape: Shape, since: date) -> tuple[User, User]:
        """Appoint the committee's people; return bookkeeper and head."""
        if shape is SHAPES[0]:
            for person in PEOPLE:
                if len(person.area) == 14:
                    self._appoint(self.users[person.username], person.role, compound.code, since)
            return self.users["wuli"], self.users["wangxiulan"]
        keeper = self.users[KEEPER.username]
        self._appoint(keeper, KEEPER.role, compound.code, since)
        name = next(people_names(f"主任{shape.name}"))
        head = self._user(Person(f"zhuren{SHAPES.index(shape) + 1:02d}", name, Role.COMMITTEE_HEAD, compound.code))
        self._appoint(head, Role.COMMITTEE_HEAD, compound.code, since)
        return keeper, head

    # --- Books ---

    def _openings(self, shape: Shape, books: dict[str, Book], first: date, keeper: User, head: User) -> None:
        balances = opening_of(shape)
        for kind, book in books.items():
            rows = tuple(
                (money_account_of(book, means), amount) for (k, means), amount in balances.items() if k == kind
            )
            data = OpeningData(book=book, on=last_day(previous_month(first)), balances=rows)
            post_opening(data, entered_by=keeper, reviewed_by=head, at=_at(first))
            self.__dict__.setdefault("_held", {}).update({account.pk: amount for account, amount in rows})

    def _name_purses(self, compound: Compound, shape: Shape, books: dict[str, Book], community: str) -> None:
        """Say in whose name the money lies and on what ground; the first compound has a code, and had a private one."""
        holder = f"{community}居民委员会"
        shared = None
        if shape in SHAPES[:2]:
            shared, _ = SharedAccount.objects.get_or_create(
                area_code=shape.community, holder=holder, bank="农商银行八角支行（演示）", number_tail="0417"
            )
        for kind, book in books.items():
            part = shared if kind == BookKind.SERVICE else None
            MoneyAccount.objects.filter(book=book, means=Means.BANK).update(
                holder=holder, mandate="自管会决议：居委会代管，分户记账（演示）", bank="农商银行（演示）", shared=part,
                number_tail="0417" if part else f"{int(compound.code[-4:]) + (kind == BookKind.COMMITTEE):04d}",
            )  # fmt: skip
            MoneyAccount.objects.filter(book=book, means=Means.CASH).update(
                holder="出纳", mandate="库存现金", limit=8000
            )
        if shape is SHAPES[0]:
            service = books[BookKind.SERVICE]
            bank = money_account_of(service, Means.BANK)
            since = previous_month(self.month)
            MoneyAccount.objects.create(
                book=service, means=Means.QR, holder="刘玉珍个人", is_private=True, mandate="建账前临时用（演示）",
                ended_on=since.replace(year=since.year - 1),
            )  # fmt: skip
            MoneyAccount.objects.create(
                book=service, means=Means.QR, holder=holder, bank="收款码服务商（演示）", fee_rate=Decimal("0.0038"),
                settles_to=bank, mandate="自管会决议：居委会商户码（演示）", opened_on=self.month,
            )  # fmt: skip

    def _hold_against_the_world(
        self, books: dict[str, Book], month: date, posted: Sequence[Voucher], keeper: User
    ) -> None:
        """Keep a reconciliation of each bank account that moved, and a count of each cash box, as they should be.

        Rows at one go: a demo of two years would otherwise take half as long again.
        """
        held: dict[int, Decimal] = self.__dict__.setdefault("_held", {})
        moved: dict[int, list[int]] = {}
        for voucher in posted:
            for key, amount in account_effects(
                voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id
            ):
                held[key] = held.get(key, ZERO) + amount
                moved.setdefault(key, []).append(voucher.pk)
        at = _at(next_month(month))
        banks = [self._money(book, Means.BANK) for book in books.values()]
        Reconciliation.objects.bulk_create(
            Reconciliation(
                money_account=bank, month=month, seq=1, statement_balance=held[bank.pk], book_balance=held[bank.pk],
                ticked=canonical_json(moved[bank.pk]), by=keeper, at=at,
            )
            for bank in banks if bank.pk in moved
        )  # fmt: skip
        CashCount.objects.bulk_create(
            CashCount(
                money_account=box, on=last_day(month), pieces=pieces_of(held[box.pk]), counted=held[box.pk],
                book_balance=held[box.pk], counter="刘玉珍", witness="陈志远", by=keeper, at=_at(last_day(month), 17),
            )
            for box in (self._money(book, Means.CASH) for book in books.values()) if held.get(box.pk)
        )  # fmt: skip

    def _data(self, books: dict[str, Book], month: date, flow: Flow) -> DraftData:
        account = self._accounts()[flow.account]
        direction = {"income": Direction.INCOME, "expense": Direction.EXPENSE}.get(account.direction)
        if direction is None:
            held = Direction.HELD_IN if flow.incoming else Direction.HELD_OUT
            direction = Direction.TRANSFER_OUT if account.direction == "transfer" else held
        book = books[flow.book]
        spends = direction == Direction.EXPENSE
        return DraftData(
            book=book,
            on=month.replace(day=min(flow.day, last_day(month).day)),
            direction=direction,
            money_account=self._money(book, flow.means),
            to_account=self._money(books[flow.to_book], flow.to_means) if flow.to_book else None,
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

    def _accounts(self) -> dict[str, Account]:
        if not hasattr(self, "_chart"):
            self._chart = {account.code: account for account in Account.objects.all()}
        return self._chart

    def _money(self, book: Book, means: str) -> MoneyAccount:
        cache: dict[tuple[int, str], MoneyAccount] = self.__dict__.setdefault("_purses", {})
        if (book.pk, means) not in cache:
            cache[book.pk, means] = money_account_of(book, means)
        return cache[book.pk, means]

    def _postings(self, books: dict[str, Book], month: date, flows: Sequence[Flow]) -> list[Posting]:
        postings = []
        for flow in flows:
            data = self._data(books, month, flow)
            if data.to_account is not None and data.to_account.book_id != data.book.pk:
                pair = f"{month:%Y%m}{data.book.pk}-{data.to_account.pk}"
                postings.append(Posting(data, data.book, Direction.TRANSFER_OUT, data.money_account, "demo", pair))
                target = books[flow.to_book]
                postings.append(Posting(data, target, Direction.TRANSFER_IN, data.to_account, "demo", pair))
            else:
                postings.append(
                    Posting(data, data.book, data.direction, data.money_account, "demo", to_account=data.to_account)
                )
        return postings

    def _red(self, books: dict[str, Book], month: date, flow: Flow, wrong: Voucher) -> Posting:
        line = LineData(
            reversal_summary(wrong), self._accounts()[flow.account], -flow.amount, source="residents",
            service_line="repair",
        )  # fmt: skip
        data = self._data(books, month, flow)
        red = DraftData(
            book=data.book, on=data.on, direction=data.direction, money_account=data.money_account, lines=(line,),
            payee=wrong.payee, reverses=wrong,
        )  # fmt: skip
        return Posting(red, red.book, red.direction, red.money_account, "demo", reverses=wrong)

    def _month(
        self, compound: Compound, shape: Shape, books: dict[str, Book], month: date, keeper: User, head: User
    ) -> None:
        """Post a month's vouchers, and close it as far as the shape says."""
        last = month == self.month
        flows = month_of_flows(shape, month, last=last)
        at = _at(last_day(month), 16)
        cut = next((i for i, flow in enumerate(flows) if flow.reverses), len(flows))
        acts = {"entered_by": keeper, "reviewed_by": head, "at": at}
        posted = post_postings(compound, self._postings(books, month, flows[:cut]), **acts)  # type: ignore[arg-type]
        if cut < len(flows):
            sought = (Direction.EXPENSE, flows[cut].amount)
            wrong = next(v for v in posted if (v.direction, v.amount) == sought)
            red = self._red(books, month, flows[cut], wrong)
            rest = self._postings(books, month, flows[cut + 1 :])
            posted += post_postings(compound, [red, *rest], **acts)  # type: ignore[arg-type]
        self._things(compound, shape, posted, keeper, at)
        if shape is SHAPES[0]:
            self._beside(compound, month, keeper, at)
        if last and shape.state == "open":
            return
        self._hold_against_the_world(books, month, posted, keeper)
        period = Period.objects.get(compound=compound, month=month)
        day = next_month(month)
        prepare_period(period, REASONS, actor=keeper, at=_at(day.replace(day=2)))
        if last and shape.state == "prepared":
            return
        answer = ""
        if shape is SHAPES[0]:
            said = {months_before(self.month, back): words for back, words in OPINIONS.items()}
            kind, text, answer = said.get(month, ("read", "", ""))
            give_opinion(period, kind, text, actor=self.users["chenzhiyuan"], at=_at(day.replace(day=3)))
        approve_period(period, actor=head, at=_at(day.replace(day=4)), note=answer)

    def _things(self, compound: Compound, shape: Shape, posted: Sequence[Voucher], keeper: User, at: datetime) -> None:
        """List what was bought; two compounds have still to do it."""
        if shape in SHAPES[1:3]:
            return
        for voucher in posted:
            if voucher.direction == Direction.EXPENSE and any(x.account_id == "213" for x in voucher.lines.all()):
                data = AssetData(
                    "单元门对讲", voucher.on, str(sum(shape.entrances)), "套", voucher.amount, "各单元门", "主任"
                )
                list_asset(compound, data, actor=keeper, at=at, voucher=voucher)

    def _beside(self, compound: Compound, month: date, keeper: User, at: datetime) -> None:
        """Note what stands beside the books of the main compound, and the things that were there before."""
        if month == self.month:
            for thing in THINGS:
                list_asset(compound, thing, actor=keeper, at=at)
        for back, data, left in beside_the_books(month):
            if month == months_before(self.month, back):
                entry = note_memo(compound, data, actor=keeper, at=at)
                if left is not None:
                    paid = replace(
                        data, settles=entry.pk, amount=data.amount - left, on=last_day(month), text="已付一部分"
                    )
                    note_memo(compound, paid, actor=keeper, at=at)

    def _now(self, compound: Compound, shape: Shape, books: dict[str, Book], keeper: User, head: User) -> None:
        """Put a few vouchers into the present month: posted, waiting for review, sent back; money in the code."""
        if shape is SHAPES[0]:
            self._code_money(compound, books, keeper, head)
        if shape not in SHAPES[:4]:
            return
        month = next_month(self.month)
        today = timezone.localdate(self.at)
        flows = [f for f in month_of_flows(shape, month, last=False)[:6] if month.replace(day=f.day) <= today]
        for position, flow in enumerate(flows):
            draft = save_draft(self._data(books, month, flow), hand_in=True, actor=keeper, at=_at(month, 10))
            if position < 2:
                post_draft(draft.pk, actor=head, at=min(_at(month.replace(day=flow.day), 15), self.at))
            elif position == 4 and shape is SHAPES[0]:
                at = min(_at(month.replace(day=flow.day), 16), self.at)
                return_draft(draft, "少一张收据，请补上号码。", actor=head, at=at)

    def _code_money(self, compound: Compound, books: dict[str, Book], keeper: User, head: User) -> None:
        """Let residents pay by the code in the present month, and the clerk keep the shared account's slip."""
        book, today = books[BookKind.SERVICE], timezone.localdate(self.at)
        code = MoneyAccount.objects.get(book=book, means=Means.QR, ended_on=None)
        line = LineData("居民缴费，扫码", self._accounts()["101"], Decimal("360.00"), source="residents")
        data = DraftData(
            book, max(today - timedelta(days=4), month_of(today)), Direction.INCOME, code, (line,), payee="居民"
        )
        posting = Posting(data, book, Direction.INCOME, code, "demo")
        post_postings(compound, [posting], entered_by=keeper, reviewed_by=head, at=self.at)

    def _slip(self) -> None:
        """Let the holder of the shared account confirm last month's balances, once both compounds are there."""
        shared = SharedAccount.objects.get(area_code=SHAPES[0].community)
        if shared.slips.exists():
            return
        on, own = last_day(self.month), Decimal("18000.00")
        total = total_of(parts_on(shared, on))
        confirm_balances(
            shared, on, total + own, own, "周主任", attachment=None, actor=self.users["zhangning"], at=self.at
        )

    # --- Ledgers ---

    def _issue_last_month(self) -> int:
        """Issue last month's ledgers before the first page is asked for."""
        made = 0
        names = [shape.name for shape in SHAPES if shape.state == "issued"]
        at = min(_at(next_month(self.month).replace(day=5)), self.at)
        for compound in Compound.objects.filter(name__in=names):
            _, fresh = issue_ledger(compound, self.month, actor=self.actor, at=at)
            made += fresh
        return made

    def _start_older_months(self) -> int:
        """Leave the older months to the worker, newest first."""
        started = 0
        periods = Period.objects.closed().filter(month__lt=self.month)
        hanging = set(Ledger.objects.values_list("compound__code", "code"))
        waiting: dict[date, list[str]] = {}
        for period in periods.select_related("compound"):
            if (period.compound.code, period.code) not in hanging:
                waiting.setdefault(period.month, []).append(period.compound.code)
        # One compound shows a quarter and a year too, at once.
        longer = [
            (span, [MAIN]) for length in (3, 12) if (MAIN, (span := self._last_whole(length)).code) not in hanging
        ]
        months = [(Span.of(month), codes) for month, codes in sorted(waiting.items(), reverse=True)]
        for span, codes in [*longer, *months]:
            key = f"fees.publish_ledgers:{span.code}:demo"
            if Job.objects.unfinished().filter(key=key).exists():
                continue
            day = next_month(span.last_month).replace(day=5)
            jobs.start(
                "fees.tasks.publish_ledgers",
                {"period": span.code, "codes": sorted(codes), "actor_id": self.actor.pk,
                 "at": _at(day).isoformat()},
                key=key,
                title=f"{span.label}收支公示，{len(codes)}个小区",
                area_code=settings.DISTRICT_CODE,
                actor=self.actor,
                at=self.at,
                total=len(codes),
            )  # fmt: skip
            started += 1
        return started

    def _last_whole(self, length: int) -> Span:
        """Return the newest span of so many months that is over with the month whose ledgers hang."""
        span = Span(months_before(self.month, (self.month.month - 1) % length), length)
        return span if span.last_month <= self.month else span.previous
