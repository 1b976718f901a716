"""Make the demo district; again it changes nothing. Refuses in production."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import compounds
from compounds import operations as register
from compounds.choices import Role
from compounds.models import Area, Compound, MonthlyReport
from compounds.operations.reports import save_report_draft
from core import jobs
from core.commands import ProductCommand, Refused
from core.models import Entry, Job, User
from core.operations import create_user, draw_password, record
from fees.documents import parts_on, total_of
from fees.models import Ledger, Period, SharedAccount
from fees.operations import confirm_balances, issue_ledger, open_books
from fees.rules import Span, last_day, month_of, months_before, months_from, next_month, previous_month
from portal.demo.ballots import Balloting
from portal.demo.books import DemoBooks, moment
from portal.demo.mending import correct_words, hang
from portal.demo.notices import NOTICES, tell
from portal.demo.offices import Offices
from portal.demo.places import KEEPER, MAIN, PEOPLE, SHAPES, Person, Shape, people_names
from portal.demo.progress import Course, way_of
from portal.demo.register import Registering
from portal.demo.sites import PLACES
from portal.demo.votes import VOTES
from portal.views.office.reports import freeze_report, seen_report

AREAS = Path(compounds.__file__).parent / "data" / "shijingshan_communities.csv"
MONTHS = 24
# What is typed for a monthly report, of a street and of the district, by the length of their codes.
REPORTED = {
    9: {
        "problems": "西井五号楼院的产权单位联系不上。\n白天入户家里没人的多。",
        "plans": "晚上七点以后入户。\n请区里帮助联系产权单位。",
    },
    6: {"problems": "有的街道月报报得晚。", "plans": "每月3日提醒还没编制的街道。"},
}


class Command(ProductCommand):
    help = "造演示数据：石景山全部街道和社区，几十个虚构小区（演示）和它们走到的步骤，各种角色的人，两年的账。"

    def run(self, **options: Any) -> dict[str, Any]:
        if settings.PRODUCTION:
            raise Refused("正式环境（设了DATABASE_URL）不能造演示数据。")
        self._areas()
        self.month = self._last_month()
        self.users = self._people()
        self.offices = Offices(self._officer)
        for zone, shape in enumerate(PLACES):
            self._compound(shape, zone)
        self._slip()
        self._notices()
        self._ballots()
        issued = self._issue_last_month()
        self._report_last_month()
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
        with open(AREAS, encoding="utf-8", newline="") as lines:
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
            text += f"{person.username:<13} {passwords[person.username]:<15} {person.name}，{person.words}\n"
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
        for person in PEOPLE:
            if person.role and len(person.area) < 14:
                self._appoint(users[person.username], person.role, person.area, self._since)
        return users

    @property
    def _since(self) -> date:
        """Since when the offices are held: before the oldest compound began."""
        return self.month.replace(year=self.month.year - 5)

    def _officer(self, person: Person) -> User:
        """Return who holds an office of community or street, made and appointed where that is not done."""
        user = self._user(person)
        self._appoint(user, person.role, person.area, self._since)
        return user

    # --- One compound ---

    @transaction.atomic
    def _compound(self, shape: Shape, zone: int) -> None:
        if Compound.objects.filter(name=shape.name).exists():
            return
        community = Area.objects.get(code=shape.community)
        first, today = months_before(self.month, MONTHS - 1), timezone.localdate(self.at)
        keeps_books = shape.state != "none"
        began, done = way_of(shape, first if keeps_books else today)
        compound = register.make_compound(
            community, shape.name, actor=self.actor, at=moment(began), address=shape.address, built_year=shape.built,
            note=shape.note,
        )  # fmt: skip
        Compound.objects.filter(pk=compound.pk).update(owners_body=shape.body, unified_management=shape.managed)
        Registering(compound, shape, zone, today).fill()
        Course(compound, shape, self.offices.chain(compound.code), began, today).run(done)
        if keeps_books:
            self._books(compound, shape, first)
        record("demo.compound", f"造演示小区{shape.name}", actor=self.actor, at=self.at,
               area_code=compound.area_code, subject=compound)  # fmt: skip

    def _books(self, compound: Compound, shape: Shape, first: date) -> None:
        keeper, head = self._committee(compound, shape, first)
        made = open_books(compound, actor=self.actor, at=moment(first))
        books = DemoBooks(compound, shape, made, keeper, head, self.users, self.month, self.at)
        books.name_purses(Area.objects.get(code=shape.community).name)
        books.open(first)
        for month in months_from(first, self.month):
            books.keep(month)
        books.begin_present()

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

    # --- Ledgers ---

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

    def _notices(self) -> None:
        """Hang the notices of those compounds that are there; whoever has one is left as it is."""
        today = timezone.localdate(self.at)
        with_notices = set(Entry.objects.filter(action="notice.draft").values_list("area_code", flat=True))
        for told in NOTICES:
            compound = Compound.objects.filter(name=f"{told.compound}（演示）").first()
            if compound is not None and compound.area_code not in with_notices:
                tell(told, compound, self.offices.chain(compound.code)[0], today)

    def _ballots(self) -> None:
        """Hold the ballots of those compounds that are there; whoever has one is left as it is."""
        today = timezone.localdate(self.at)
        for vote in VOTES:
            compound = Compound.objects.filter(name=f"{vote.compound}（演示）", ballots=None).first()
            if compound is not None:
                with transaction.atomic():
                    clerk, secretary, staff, _ = self.offices.chain(compound.code)
                    Balloting(vote, compound, clerk, secretary, staff, self.users["majun"], today).run()

    def _issue_last_month(self) -> int:
        """Issue last month's ledgers before the first page is asked for."""
        made = 0
        names = [shape.name for shape in PLACES if shape.state == "issued"]
        at = min(moment(next_month(self.month).replace(day=5)), self.at)
        for compound in Compound.objects.filter(name__in=names):
            ledger, fresh = issue_ledger(compound, self.month, actor=self.actor, at=at)
            made += fresh
            if compound.name in (SHAPES[0].name, SHAPES[1].name):
                hang(ledger, actor=self.users["limin"], at=at)
            if compound.name == SHAPES[1].name:
                people = [self._holder(compound, role) for role in (Role.COMMITTEE_BOOKKEEPER, Role.COMMITTEE_HEAD)]
                later = min(moment(next_month(self.month).replace(day=9)), self.at)
                correct_words(ledger, keeper=people[0], head=people[1], at=later)
        return made

    def _report_last_month(self) -> None:
        """Prepare, check and freeze last month's report (月报) of one street and of the district."""
        if MonthlyReport.objects.exists():
            return
        at = min(moment(next_month(self.month).replace(day=5), 16), self.at)
        other = self._officer(Person("qujian", "何文清", Role.DISTRICT_ADMIN, settings.DISTRICT_CODE))
        chains = (
            (MAIN[:9], self.users["limin"], self.users["zhaogang"]),
            (settings.DISTRICT_CODE, self.users["lihua"], other),
        )
        for code, keeper, checker in chains:
            area = Area.objects.get(code=code)
            draft = save_report_draft(code, self.month, REPORTED[len(code)], 0, hand_in=True, actor=keeper, at=at)
            freeze_report(draft, seen_report(area, self.month, draft), actor=checker, at=at)

    def _holder(self, compound: Compound, role: str) -> User:
        """Return who holds a role in a compound."""
        return User.objects.get(appointments__role=role, appointments__area_code=compound.code)

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
                 "at": moment(day).isoformat()},
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
