"""Every address with who may do what there: the table that S1 and S4 walk, and the world they walk through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from compounds.choices import Role
from compounds.models import Appointment, Area, Compound, Dwelling, Owner, Ownership
from compounds.rules.surveys import sheet_code
from core.middleware import begin_session
from core.models import Job, User
from core.operations import machine
from fees.models import (
    Asset,
    CorrectionDraft,
    Draft,
    Ledger,
    MemoEntry,
    MoneyAccount,
    SharedAccount,
    Voucher,
    VoucherEvidence,
)
from fees.operations import save_draft
from tests import factories
from tests.architecture.matrix_ballots import ballots
from tests.architecture.matrix_programme import REGISTER, programme
from tests.factories import AT

HOME = f"{factories.COMMUNITY}01"
NAME = "槐荫里小区（演示）"
# Statuses in words. *login*: asked to log in; *hidden*: as if it did not exist; *no*: seen, but not for this role.
LOGIN, HIDDEN, NO, METHOD, YES = "login", "hidden", "no", "method", "yes"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")

ENTER = {Role.COMMITTEE_BOOKKEEPER}
HEADS = {Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY}
ISSUE = HEADS | {Role.STREET_STAFF, Role.DISTRICT_ADMIN}
PROVE = HEADS | ENTER | {Role.COMMUNITY_CLERK}
HAND_OVER = ISSUE | ENTER | {Role.COMMITTEE_CASHIER, Role.COMMUNITY_SECRETARY}
EVERYONE = set(Role) - {Role.ACCOUNT_ADMIN}
KEEP = HEADS | {Role.STREET_STAFF}
COUNT = {Role.COMMITTEE_CASHIER, Role.COMMITTEE_BOOKKEEPER}
SHARE = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF}
SURVEY = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.DISTRICT_ADMIN}
PERSONS = REGISTER | {Role.AUDITOR}
KEEP_STEPS = SHARE | {Role.DISTRICT_ADMIN, Role.STREET_DEPUTY}
CONFIRM = SHARE | {Role.STREET_DEPUTY}
REOPEN = {Role.STREET_STAFF, Role.STREET_DEPUTY}
ACCOUNTS, DISTRICT = {Role.ACCOUNT_ADMIN}, {Role.DISTRICT_ADMIN}

LEVEL = {
    Role.DISTRICT_ADMIN: 6, Role.STREET_STAFF: 9, Role.STREET_DEPUTY: 9, Role.COMMUNITY_CLERK: 12,
    Role.COMMUNITY_SECRETARY: 12, Role.COMMITTEE_CASHIER: 14, Role.COMMITTEE_BOOKKEEPER: 14, Role.COMMITTEE_HEAD: 14,
    Role.COMMITTEE_DEPUTY: 14, Role.AUDITOR: 12, Role.ACCOUNT_ADMIN: 9,
}  # fmt: skip
SIBLING = {6: "110108", 9: "110107004", 12: "110107003038", 14: f"{factories.COMMUNITY}02"}
FOREIGN = {6: "120101", 9: "110107009", 12: "110107004010", 14: "11010700401001"}


@dataclass(frozen=True)
class Person:
    """Someone who asks: role and area, and whether the appointment is in force."""

    name: str
    role: str | None = None
    area: str = ""
    in_force: bool = True

    def covers(self, code: str) -> bool:
        """Return whether the person's area holds a code; a code of no administrative length holds nothing."""
        return self.in_force and len(self.area) in (6, 9, 12, 14) and code.startswith(self.area)

    @property
    def has_scope(self) -> bool:
        return self.covers(self.area) and self.role != Role.ACCOUNT_ADMIN


def people() -> list[Person]:
    """Return every role in its own area, in a sibling's, in the parent's, in a foreign one, and who is nobody."""
    found = [Person("anonymous"), Person("inactive")]
    for role, level in LEVEL.items():
        parent = HOME[: {6: 6, 9: 6, 12: 9, 14: 12}[level]]
        for relation, area in (
            ("own", HOME[:level]), ("sibling", SIBLING[level]), ("parent", parent), ("foreign", FOREIGN[level]),
        ):  # fmt: skip
            found.append(Person(f"{role} {relation}", role, area))
    found += [
        Person("expired head", Role.COMMITTEE_HEAD, HOME, in_force=False),
        Person("future head", Role.COMMITTEE_HEAD, HOME, in_force=False),
        # quality.md S2: 1101070030… is no street; prefixes hold on whole code lengths only.
        Person("auditor of a half code", Role.AUDITOR, "1101070030"),
    ]
    return found


@dataclass(frozen=True)
class Address:
    """A pattern, how it is filled in, and who may use it.

    ``see`` and ``act``: the roles for GET and POST; ``about``: the code of the area that the object lies in, or None
    for pages without an object; ``elsewhere``: the same page of something that does not exist.
    """

    name: str
    kind: str  # public, office (any account), scope (an area to see), object, accounts, reference, admin
    methods: tuple[str, ...] = ("GET", "HEAD")
    args: tuple[Any, ...] = ()
    see: frozenset[str] = frozenset(EVERYONE)
    act: frozenset[str] = frozenset()
    data: Mapping[str, Any] = field(default_factory=dict)
    about: str | None = None
    elsewhere: tuple[Any, ...] = ()
    variant: str = ""
    query: str = ""

    @property
    def key(self) -> str:
        return f"{self.name} {self.variant}".strip()

    @property
    def url(self) -> str:
        return reverse(self.name, args=self.args) + self.query

    @property
    def missing_url(self) -> str:
        return reverse(self.name, args=self.elsewhere)


FORM = ("GET", "HEAD", "POST")


@dataclass
class World:
    """The module's database and everybody's browser."""

    clients: dict[str, Client]
    people: dict[str, Person]
    addresses: list[Address]


def _browser(user: User | None) -> Client:
    client = Client()
    client.looks_at_answers_only = True  # type: ignore[attr-defined]
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        begin_session(session, timezone.now())
        session.save()
    return client


def make_world() -> World:
    """Fill the database: a compound with issued, prepared and open months, drafts, papers, jobs; people of all kinds."""
    home = factories.compound(HOME, NAME)
    for code in {*SIBLING.values(), *FOREIGN.values()}:
        if len(code) == 14:
            factories.compound(code, f"别处{code[-6:]}")
        else:
            level = {6: "district", 9: "street", 12: "community"}[len(code)]
            Area.objects.get_or_create(code=code, defaults={"name": f"别处{code[-3:]}", "level": level})
    factories.full_books(home)
    factories.some_month(home, date(2026, 11, 1))
    bookkeeper = factories.user(Role.COMMITTEE_BOOKKEEPER, HOME, "吴丽")
    paper = factories.paper(home, "0999", "grey")
    draft = save_draft(
        factories.data(home, date(2026, 11, 20), "101", "77.70", attachments=(paper,)), hand_in=True, actor=bookkeeper,
        at=AT,
    )  # fmt: skip
    jobs = {
        code: Job.objects.create(
            task="none", key=f"matrix {code}", title=f"{NAME}的任务", area_code=code, state="failed",
            created_by=machine("system"), created_at=AT, finished_at=AT, error="演示",
            result=json.dumps({"files": [{"name": "a.pdf", "sha256": paper.sha256, "size": 1, "pages": 1}]}),
        )
        for code in (HOME, HOME[:9])
    }  # fmt: skip
    today = timezone.localdate()
    everyone = people()
    clients = {}
    for person in everyone:
        user = None
        if person.name != "anonymous":
            user = factories.user(name=f"演示{len(clients)}")
        if person.role and user is not None:
            appointment = factories.appoint(user, person.role, person.area)
            if person.name.startswith("expired"):
                Appointment.objects.filter(pk=appointment.pk).update(until_on=today - timedelta(days=1))
            if person.name.startswith("future"):
                Appointment.objects.filter(pk=appointment.pk).update(from_on=today + timedelta(days=1))
        clients[person.name] = _browser(user)
        if person.name == "inactive" and user is not None:
            factories.appoint(user, Role.COMMITTEE_HEAD, HOME)
            User.objects.filter(pk=user.pk).update(is_active=False)
    return World(clients, {p.name: p for p in everyone}, table(home, bookkeeper, draft, paper.pk, jobs))


def table(home: Compound, bookkeeper: User, draft: Draft, paper: int, jobs: Mapping[str, Job]) -> list[Address]:
    """Return every address of the product with who may use it; what is missing here fails the test."""
    code = home.code
    ledger = Ledger.objects.get(compound=home, code="2026-10").document
    asset = Asset.objects.create(compound=home, name="长椅", bought_on=date(2026, 9, 1)).pk
    memo = MemoEntry.objects.filter(compound=home).earliest("pk").pk
    posted = Ledger.objects.get(compound=home, code="2026-10")
    wrong = Voucher.objects.filter(book__compound=home, on__gte=posted.first_month).earliest("pk")
    written = CorrectionDraft.objects.create(ledger=posted, voucher=wrong, reason="写错了", text="别的话",
                                             entered_by=bookkeeper, entered_at=AT)  # fmt: skip
    nowhere = "11010700303799"
    flat = Dwelling.objects.of(home).order_by("pk")[0]
    person = Owner.objects.create(area_code=factories.COMMUNITY, name="张三", phone="13800001234")
    Ownership.objects.create(dwelling=flat, owner=person, votes=True)
    asked = sheet_code(1, Dwelling.objects.of(home).earliest("pk").pk)

    def of(name: str, *args: Any, see: set[Any] = EVERYONE, act: set[Any] | None = None, **more: Any) -> Address:
        """An office page of the compound or of something in it."""
        methods = more.pop("methods", FORM if act is not None else ("GET", "HEAD"))
        missing = more.pop("elsewhere", (nowhere, *args[1:]) if args and args[0] == code else ())
        return Address(name, "object", methods, args, frozenset(see), frozenset(act or ()), about=more.pop("about", code),
                       elsewhere=missing, **more)  # fmt: skip

    voucher = (code, "service", 2026, 1)
    shown = VoucherEvidence.objects.filter(voucher__book__compound=home).select_related("voucher__book").earliest("pk")
    with_paper = (code, shown.voucher.book.kind, shown.voucher.year, shown.voucher.number, shown.attachment_id)
    service = factories.books(home)["service"]
    bank, cash = factories.purse(service), factories.purse(service, "cash")
    code_account, _ = MoneyAccount.objects.get_or_create(book=service, means="qr", holder="居委会")
    shared = SharedAccount.objects.get()
    appointed = Appointment.objects.get(user=bookkeeper)
    sheet = factories.upload(home.area_code[:12])
    public = [
        Address("home", "public"),
        Address("compound", "public", args=(code,)),
        Address("ledgers", "public", args=(code,)),
        Address("ledger", "public", args=(code, "2026-10")),
        *(
            Address("ledger_file", "public", args=(code, "2026-10", kind), variant=kind)
            for kind in ("json", "csv", "pdf")
        ),
        Address("voucher", "public", args=voucher),
        Address("verify", "public", FORM, data={"file": b"{}"}),
        Address("verify_code", "public", args=(ledger.code,)),
        Address("privacy", "public"),
        Address("look", "public"),
        Address("type_size", "public", ("GET",)),
        Address("healthz", "public"),
        Address("readyz", "public"),
        # Who is known at this browser; a browser that nobody logged in at shows nobody.
        Address("desk", "public", FORM),
        # A view of Django's own: it answers OPTIONS too.
        Address("login", "public", (*FORM, "OPTIONS"), data={"username": "", "password": ""}),
    ]
    office = [
        Address("logout", "office", ("POST",)),
        Address("password", "office", FORM),
        Address("pin", "office", FORM),
        Address("workbench", "office"),
        Address("scope", "scope", FORM, data={"code": "999999"}),
        Address("office_search", "scope", FORM, act=frozenset(EVERYONE), data={"q": "王秀兰"}),
        Address("office_compounds", "scope"),
        Address("compound_new", "scope", FORM, see=frozenset(REGISTER), act=frozenset(REGISTER)),
        Address("review", "scope"),
        Address("template_file", "scope"),
        of("register_export", code, see=REGISTER | {Role.AUDITOR}, act=REGISTER | {Role.AUDITOR}),
        of("community_export", code[:12], see=REGISTER | {Role.AUDITOR}, act=REGISTER | {Role.AUDITOR}, about=code[:12],
           elsewhere=("110107003999",)),
        Address("uploads", "scope", FORM, see=frozenset(REGISTER | {Role.AUDITOR}), act=frozenset(REGISTER),
                data={"community": "999999999999"}),
        *(
            of(name, sheet.pk, see=see, act=act, about=sheet.area_code, elsewhere=(999_999,))
            for name, see, act in (
                ("upload", REGISTER | {Role.AUDITOR}, REGISTER), ("upload_progress", REGISTER | {Role.AUDITOR}, None),
                ("upload_failed", REGISTER, None),
            )
        ),
        Address("jobs", "scope"),
        Address("calendar", "scope"),
        Address("history", "scope"),
        Address("keys", "scope"),
        Address("office_look", "scope"),
        Address("publish", "scope", FORM, see=frozenset(ISSUE), act=frozenset(ISSUE)),
        Address("print_ledgers", "scope", FORM, see=frozenset(ISSUE), act=frozenset(ISSUE)),
        of("office_compound", code),
        of("register", code),
        of("register", code, query="?view=list", variant="list"),
        of("surveys", code),
        of("survey_new", code, see=SURVEY, act=SURVEY),
        of("survey", code, 1, act=SURVEY, data={"act": "up", "version": "1", "question": "1"}, elsewhere=(code, 99)),
        of("survey_edit", code, 1, see=SURVEY, act=SURVEY, elsewhere=(code, 99)),
        of("survey_question", code, 1, 0, see=SURVEY, act=SURVEY, elsewhere=(code, 99, 0)),
        of("dwelling", code, flat.pk, act=PERSONS, elsewhere=(code, 999_999)),
        of("dwelling_new", code, see=REGISTER, act=REGISTER),
        *(
            of(name, code, flat.pk, see=REGISTER, act=REGISTER, elsewhere=(code, 999_999))
            for name in ("dwelling_edit", "dwelling_transfer", "dwelling_correction", "dwelling_remove")
        ),
        of("owners", code, see=PERSONS),
        of("owner", code, person.pk, see=PERSONS, act=PERSONS, elsewhere=(code, 999_999)),
        *(
            of(name, code, person.pk, see=REGISTER, act=REGISTER, elsewhere=(code, 999_999))
            for name in ("owner_correction", "owner_merge", "owner_split")
        ),
        of("survey_opening", code, 1, see=SURVEY, act=SURVEY, elsewhere=(code, 99)),
        of("survey_closing", code, 1, see=SURVEY, act=SURVEY, elsewhere=(code, 99)),
        of("survey_blank", code, 1, elsewhere=(code, 99)),
        of("survey_print", code, 1, methods=("POST",), act=SURVEY, elsewhere=(code, 99)),
        of("survey_entry", code, 1, see=SURVEY, elsewhere=(code, 99)),
        of("survey_sheet", code, 1, asked, see=SURVEY, act=SURVEY, elsewhere=(code, 1, sheet_code(1, 999_999))),
        of("survey_import", code, 1, see=SURVEY, act=SURVEY, elsewhere=(code, 99)),
        of("survey_answers", code, 1, see=SURVEY, elsewhere=(code, 99)),
        of("survey_visits", code, 1, see=SURVEY, act=SURVEY, elsewhere=(code, 99)),
        of("survey_visits_pdf", code, 1, see=SURVEY, elsewhere=(code, 99)),
        of("survey_report", code, 1, methods=("POST",), act=SURVEY, elsewhere=(code, 99)),
        of("survey_results", code, 1, elsewhere=(code, 99)),
        *(of("survey_results_file", code, 1, kind, variant=kind, elsewhere=(code, 99, kind)) for kind in ("pdf", "csv", "xlsx")),
        of("steps", code),
        of("step", code, 1, act=KEEP_STEPS, elsewhere=(code, 10), data={"act": "comment", "text": "批复在路上"}),
        of("step_confirmation", code, 2, see=CONFIRM, act=CONFIRM, elsewhere=(code, 10)),
        of("step_reopening", code, 2, see=REOPEN, act=REOPEN, elsewhere=(code, 10)),
        of("work_plan", code, act=KEEP_STEPS, data={"act": "propose"}),
        of("work_plan_pdf", code),
        of("scheme", code, act=KEEP_STEPS, data={"act": "write", "goals": "年底前成立自管会"}),
        of("scheme_pdf", code),
        of("drafts", code),
        of("draft", code, draft.pk, act=ENTER, elsewhere=(code, 999_999)),
        of("draft_new", code, "service", methods=("POST",), act=ENTER),
        of("draft_delete", code, draft.pk, methods=("POST",), act=ENTER, elsewhere=(code, 999_999)),
        of("cash_book", code, "service"),
        of("office_voucher", *voucher),
        of("reversal", *voucher, see=ENTER, act=ENTER),
        of("correction", *voucher, see=ENTER, act=ENTER),
        of("transfer", code, "service", see=ENTER, act=ENTER),
        of("held", code, "service", see=ENTER, act=ENTER),
        of("review_draft", draft.pk, see=HEADS, act=HEADS, elsewhere=(999_999,)),
        of("closings", code),
        of("closing", code, "2026-11", act=ENTER, data={"act": "prepare"}, variant="prepare"),
        of("closing", code, "2026-11", act=HEADS, data={"act": "send_back", "note": "再看"}, variant="send_back"),
        of("closing_approval", code, "2026-11", see=HEADS, act=HEADS),
        of("closing_withdrawal", code, "2026-11", see=HEADS, act=HEADS, data={"note": "再看"}),
        of("opinion", code, "2026-11", see={Role.AUDITOR}, act={Role.AUDITOR}, data={"kind": "read"}),
        of("assets", code),
        of("asset_new", code, see=ENTER, act=ENTER),
        of("asset", code, asset, act=ENTER, elsewhere=(code, 999_999)),
        of("asset_retire", code, asset, see=ENTER, act=ENTER, elsewhere=(code, 999_999)),
        of("compound_calendar", code),
        of("memo", code),
        of("memo_new", code, "unpaid", see=ENTER, act=ENTER, data={"on": "2026-11-03", "amount": "5", "text": "保洁费"}),
        of("memo_settle", code, "unpaid", memo, see=ENTER, act=ENTER, elsewhere=(code, "unpaid", 999_999),
           data={"on": "2026-11-03", "amount": "1", "text": "付了"}),
        of("money_accounts", code),
        of("money_account_new", code, see=KEEP, act=KEEP),
        of("money_account", code, bank.pk, act=KEEP, elsewhere=(code, 999_999)),
        of("money_account_end", code, bank.pk, see=KEEP, act=KEEP, data={"act": "end"}, elsewhere=(code, 999_999)),
        of("settlement", code, code_account.pk, see=ENTER, act=ENTER, elsewhere=(code, 999_999)),
        of("reconciliation", code, bank.pk, "2026-10", act=ENTER, elsewhere=(code, 999_999, "2026-10")),
        of("reconciliation_print", code, bank.pk, "2026-10", elsewhere=(code, 999_999, "2026-10")),
        of("cash_counts", code, cash.pk, act=COUNT, elsewhere=(code, 999_999)),
        of("cash_count_print", code, cash.pk, cash.cash_counts.get().pk, elsewhere=(code, cash.pk, 999_999)),
        Address("shared_accounts", "scope", FORM, act=frozenset(SHARE)),
        of("shared_account", shared.pk, act=SHARE, about=shared.area_code, elsewhere=(999_999,)),
        of("balance_slip_print", shared.pk, shared.slips.get().pk, about=shared.area_code, elsewhere=(shared.pk, 999_999)),
        of("handover", code, act=HAND_OVER, data={"giver": ""}),
        of("office_ledgers", code, act=ISSUE, data={"month": "2026-10"}),
        of("office_ledger", code, "2026-10", act=PROVE),
        of("ledger_corrections", code, "2026-10", act=ENTER),
        of("ledger_correction_issue", code, "2026-10", see=HEADS, act=HEADS, data={"version": "7"}),
        of("ledger_correction_delete", code, "2026-10", written.pk, methods=("POST",), act=ENTER,
           elsewhere=(code, "2026-10", 999_999)),
        of("attachment", paper, elsewhere=(999_999,)),
        of("attachment_preview", paper, elsewhere=(999_999,)),
        of("draft_papers", code, draft.pk, act=ENTER, elsewhere=(code, 999_999)),
        of("draft_paper", code, draft.pk, paper, see=ENTER, act=ENTER, elsewhere=(code, draft.pk, 999_999)),
        of("draft_paper_remove", code, draft.pk, paper, methods=("POST",), act=ENTER,
           elsewhere=(code, draft.pk, 999_999)),
        of("voucher_papers", *voucher, act=ENTER),
        of("voucher_print", *voucher),
        of("book_search", code, "service"),
        of("book_prints", code, "service"),
        *(of("book_export", code, "service", kind, variant=kind) for kind in ("csv", "xlsx")),
        of("book_month_pdf", code, "service", query="?month=2026-10"),
        of("vouchers_pdf", code, "service", query="?month=2026-10"),
        of("voucher_paper", *with_paper, see=ENTER, act=ENTER, elsewhere=(*voucher, 999_999)),
        *(
            of(name, jobs[area].pk, *(number := (1,) if name == "job_file" else ()), about=area,
               elsewhere=(999_999, *number), variant=f"of {len(area)}", **more)
            for area in jobs
            for name, more in (
                ("job", {}), ("job_file", {}), ("job_progress", {}), ("job_stop", {"methods": ("POST",), "act": ISSUE}),
                ("job_resume", {"methods": ("POST",), "act": ISSUE}),
            )
        ),
    ]  # fmt: skip
    return [*public, *office, *programme(of, home), *ballots(of, home), *admin_table(appointed, bookkeeper)]


def admin_table(appointed: Appointment, bookkeeper: User) -> list[Address]:
    """Return the pages of Django's admin: accounts and appointments, areas and the chart of accounts."""

    def page(name: str, kind: str, *args: Any, **more: Any) -> Address:
        return Address(f"admin:{name}", kind, more.pop("methods", METHODS), args, **more)

    both: list[Address] = [
        page("index", "admin"),
        page("login", "admin door"),
        page("logout", "admin"),
        page("password_change", "admin"),
        page("password_change_done", "admin", methods=("GET", "HEAD", "OPTIONS")),
        page("jsi18n", "admin", methods=("GET", "HEAD", "OPTIONS")),
        page("autocomplete", "admin nothing", methods=("GET", "HEAD", "OPTIONS")),
        page("view_on_site", "admin nothing", 1, 1),
        page("app_list", "admin", "compounds", variant="compounds"),
        page("app_list", "reference app", "fees", variant="fees"),
        page("app_list", "accounts app", "core", variant="core"),
    ]
    for model, kind, key, gone in (
        ("core_user", "accounts", bookkeeper.pk, bookkeeper.pk),
        ("compounds_appointment", "accounts", appointed.pk, appointed.pk),
        ("compounds_area", "reference", _area_key(), None),
        ("compounds_stage", "reference", 1, None),
        ("compounds_stagepaper", "reference", 1, None),
        ("fees_account", "reference", 1, None),
        ("fees_expenselimit", "reference", 1, None),
    ):
        about = {"about": HOME} if gone else {}
        if model == "compounds_area":
            about = {"about": factories.COMMUNITY}
        both += [
            page(f"{model}_changelist", kind),
            page(f"{model}_add", f"{kind} no add" if model in ("compounds_area", "compounds_stage") else kind),
            page(f"{model}_history", kind, key, **about),
            page(f"{model}_delete", "admin never", key),
            page(f"{model}_change", kind, key, elsewhere=(999_999,), **about),
        ]
    both.append(page("core_user_slip", "accounts slip", bookkeeper.pk, about=HOME, elsewhere=(999_999,)))
    return both


def _area_key() -> int:
    return Area.objects.get(code=factories.COMMUNITY).pk


# --- What is expected ---------------------------------------------------------------------------------------------


def expected(address: Address, method: str, person: Person) -> str:
    """Return what the table says for a person at an address."""
    if address.name.startswith("admin:"):
        return _expected_in_admin(address, method, person)
    if method not in address.methods:
        return METHOD
    if address.kind == "public":
        return YES
    if person.role is None:
        return LOGIN
    if address.kind == "office":
        return YES
    if not person.has_scope:
        return HIDDEN
    roles = address.act if method == "POST" else address.see
    if address.kind == "scope":
        if address.name == "scope" and method == "POST":
            return HIDDEN  # the table sends a code that is nobody's
        if address.name in ("shared_accounts", "uploads", "compound_new", "appointment_new"):
            return YES if person.role in roles else NO
        return YES if address.name not in ("publish", "print_ledgers") or person.role in roles else HIDDEN
    if address.about is None or not person.covers(address.about):
        return HIDDEN
    return YES if person.role in roles else NO


GONE = "gone"  # Django's admin leads back to its index where an object is not to be had


def _expected_in_admin(address: Address, method: str, person: Person) -> str:
    if address.kind == "admin door":
        return LOGIN  # always on to the product's own login page
    if person.role is None:
        return GONE if address.name == "admin:logout" else LOGIN
    keeps = person.in_force and person.covers(person.area)
    accounts, reference = person.role in ACCOUNTS and keeps, person.role in DISTRICT and keeps
    if not accounts and not reference:
        return HIDDEN
    if method not in address.methods:
        return METHOD
    kind, _, more = address.kind.partition(" ")
    if address.name == "admin:autocomplete":
        return YES if method == "OPTIONS" else NO
    if kind == "admin":
        return {"nothing": HIDDEN, "never": NO}.get(more, YES)
    may = accounts if kind == "accounts" else reference
    covered = address.about is None or person.covers(address.about)
    if more in ("app", "slip"):
        return YES if may and covered else HIDDEN
    if address.about is not None and not (may and covered):
        # What lies out of one's area is looked for before one is asked whether one may.
        return GONE if may or address.name.endswith("_history") else NO
    return YES if may and more != "no add" else NO


# --- What happens -------------------------------------------------------------------------------------------------


def answer(world: World, address: Address, method: str, person: Person, url: str = "") -> Any:
    """Send a request as this person; whatever it wrote is taken back."""
    client = world.clients[person.name]
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    send: Callable[..., Any] = getattr(client, method.lower())
    with transaction.atomic():
        response = send(url or address.url, *([form_data(address)] if method == "POST" else []))
        if response.streaming:
            response.close()
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)  # also after a logout that was taken back
    return response


def form_data(address: Address) -> dict[str, Any]:
    """Return what is sent to an address; bytes are sent as a file."""
    return {
        name: SimpleUploadedFile("file.json", value) if isinstance(value, bytes) else value
        for name, value in address.data.items()
    }


def observed(address: Address, response: Any) -> str:
    """Return an answer in the table's words."""
    if response.status_code in (301, 302):
        target = response["Location"]
        if target.startswith(("/login/?next=", "/admin/login/?next=")):
            return LOGIN
        return GONE if target == "/admin/" and address.name.startswith("admin:") else YES
    return {403: NO, 404: HIDDEN, 405: METHOD}.get(response.status_code, YES if response.status_code < 300 else "?")


@dataclass(frozen=True)
class Cell:
    """A place in the matrix where something else happened than the table says."""

    address: str
    method: str
    person: str
    said: str
    happened: str


def differences(
    world: World, addresses: list[Address], persons: list[Person], methods: tuple[str, ...] = METHODS
) -> Iterator[Cell]:
    """Yield the cells in which the product does not do what the table says."""
    for address in addresses:
        for person in persons:
            for method in methods:
                said = expected(address, method, person)
                response = answer(world, address, method, person)
                happened = observed(address, response)
                if happened != said:
                    yield Cell(address.key, method, person.name, said, f"{happened} ({response.status_code})")
                elif method == "GET" and shows_too_much(address, person, response):
                    yield Cell(address.key, method, person.name, "nothing of the compound", "its name")


def shows_too_much(address: Address, person: Person, response: Any) -> bool:
    """Return whether a list of the office shows a compound out of the person's area."""
    if address.kind not in ("scope", "office", "object") or response.status_code != 200:
        return False
    return not (person.covers(HOME) and person.has_scope) and NAME in response.content.decode(errors="replace")


def patterns() -> dict[str, str]:
    """Return every pattern that the resolver knows: its name (or route, where it has none) and its route."""
    found: dict[str, str] = {}

    def walk(resolver: URLResolver, route: str, space: str) -> None:
        for pattern in resolver.url_patterns:
            here = route + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, here, f"{pattern.namespace}:" if pattern.namespace else space)
            elif isinstance(pattern, URLPattern):
                found[space + pattern.name if pattern.name else here] = here

    walk(get_resolver(), "", "")
    return found


def money_in(text: str) -> list[str]:
    """Return the amounts that stand in a page (two decimals), drawings and addresses aside."""
    words = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", text, flags=re.S)
    return re.findall(r"(?<![\w./-])[0-9][0-9,]*\.[0-9]{2}(?![\w./])", words)
