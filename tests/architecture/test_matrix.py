"""S1: every address × method × role × relation answers as the table says; an address missing in the table fails."""

from __future__ import annotations

import itertools
import logging
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ballots.models import Ballot, BallotClerk
from compounds.choices import Role
from core import pdf
from core.models import Job
from tests import factories
from tests.architecture.matrix import (
    HIDDEN,
    LOGIN,
    METHODS,
    NO,
    YES,
    Address,
    Person,
    World,
    answer,
    differences,
    expected,
    make_world,
    money_in,
    observed,
    patterns,
    people,
)
from tests.factories import AT
from tests.portal.office import browser

pytestmark = pytest.mark.once

PEOPLE = people()
# Patterns without a page of their own: what is left over, and the addresses that lead on to a change page.
UNNAMED = {"admin/(?P<url>.*)$"} | {
    f"admin/{model}/<path:object_id>/"
    for model in (
        "fees/account", "fees/expenselimit", "compounds/appointment", "compounds/area", "compounds/stage",
        "compounds/stagepaper", "core/user",
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def world(module_db: Path) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7", 1))
        made = make_world()
        # Thousands of refusals are the point here, not news.
        log = logging.getLogger("django.request")
        level = log.level
        log.setLevel(logging.ERROR)
        yield made
        log.setLevel(level)


def names() -> list[str]:
    return sorted(name for name in patterns() if name not in UNNAMED)


def of_name(world: World, name: str) -> list[Address]:
    return [address for address in world.addresses if address.name == name]


def test_every_address_stands_in_the_table(world: World) -> None:
    known = {address.name for address in world.addresses}
    assert set(names()) - known == set(), "addresses without a rule"
    assert known - set(names()) == set(), "rules without an address"


@pytest.mark.parametrize("name", names())
def test_everyone_gets_what_the_table_says(world: World, name: str) -> None:
    """Public pages for a few, all others for everybody, by every method."""
    for address in of_name(world, name):
        if address.kind == "public":
            asked = [p for p in PEOPLE if p.role is None or p.name.endswith("own")]
        else:
            asked = PEOPLE
        # HEAD and OPTIONS are asked by fewer: no view of ours tells them from GET but by refusing them.
        found = list(differences(world, [address], asked, ("GET", "POST")))
        found += differences(world, [address], asked[::5], ("HEAD", "OPTIONS"))
        assert not found, f"{len(found)} cells: {found[:6]}"


def test_what_is_foreign_answers_like_what_does_not_exist(world: World, no_errors_in_logs: Any) -> None:
    """404 with the same bytes: nobody learns that there is something (quality.md D25)."""
    strangers = [
        p for p in PEOPLE if p.name in ("committee_bookkeeper sibling", "auditor foreign", "committee_head sibling")
    ]
    compared = 0
    for address in world.addresses:
        if not address.elsewhere:
            continue
        for person in strangers:
            for method in ("GET", "POST"):
                there = answer(world, address, method, person)
                missing = answer(world, address, method, person, address.missing_url)
                assert there.status_code == missing.status_code, (address.key, method, person.name)
                assert there.content == missing.content, (address.key, method, person.name)
                compared += 1
    assert compared > 100


def test_what_is_foreign_in_the_own_compound_does_not_exist_either(world: World) -> None:
    """A draft of another compound asked for under the own one: its number must not lead there (S2)."""
    sibling = next(p for p in PEOPLE if p.name == "committee_bookkeeper sibling")
    own = next(p for p in PEOPLE if p.name == "committee_bookkeeper own")
    draft = next(a for a in world.addresses if a.name == "draft")
    url = draft.url.replace(draft.args[0], sibling.area)
    for person in (sibling, own):
        assert observed(draft, answer(world, draft, "GET", person, url)) == HIDDEN


def test_an_account_administrator_sees_no_money_no_register(world: World) -> None:
    """0 pages behind the login with an amount; what they may open are accounts and appointments."""
    administrators = [p for p in PEOPLE if p.role == Role.ACCOUNT_ADMIN]
    opened = set()
    for person in administrators:
        for address in world.addresses:
            if address.kind == "public" or "GET" not in address.methods:
                continue
            response = answer(world, address, "GET", person)
            if response.status_code == 200:
                opened.add(address.name)
                text = response.content.decode(errors="replace")
                assert not money_in(text), (address.key, money_in(text)[:3])
    assert {"workbench", "password", "admin:index", "admin:core_user_changelist"} <= opened
    assert not {name for name in opened if not name.startswith("admin:")} - {"workbench", "password", "pin"}
    # Control: a page with money is recognised.
    reader = next(p for p in PEOPLE if p.name == "auditor own")
    book = next(a for a in world.addresses if a.name == "cash_book")
    assert money_in(answer(world, book, "GET", reader).content.decode())


def test_whoever_was_named_for_a_ballot_opens_its_entry_and_nothing_else(world: World) -> None:
    """Of the same compound's other ballots nothing, of its other pages nothing, and the day after nothing at all."""
    entry = {"ballot_entry", "ballot_bundle", "ballot_cover_slip", "ballot_paper_entry", "ballot_pace"}
    own = next(a for a in world.addresses if a.name == "ballot_entry").args
    ballot, today = Ballot.objects.get(compound__code=own[0], number=own[1]), timezone.localdate()
    user = factories.user(name="临时录票")
    named = BallotClerk.objects.create(
        ballot=ballot, user=user, from_on=today - timedelta(days=2), given_by=user, given_at=AT
    )
    client = browser(user)

    def opened() -> set[str]:
        behind = [a for a in world.addresses if a.kind in ("office", "scope", "object") and "GET" in a.methods]
        return {a.name for a in behind if client.get(a.url).status_code in (200, 302)}

    alike = {"workbench", "password", "pin"}
    assert opened() == entry | alike
    BallotClerk.objects.filter(pk=named.pk).update(
        ballot=Ballot.objects.exclude(pk=ballot.pk).filter(compound=ballot.compound)[0]
    )
    assert opened() == alike
    BallotClerk.objects.filter(pk=named.pk).update(ballot=ballot, until_on=today - timedelta(days=1))
    assert opened() == alike


def test_the_table_says_something() -> None:
    """A table of yeses would prove nothing: each answer stands in many cells."""
    addresses = [
        Address(
            "closing", "object", ("GET", "HEAD", "POST"), act=frozenset({Role.COMMITTEE_HEAD}), about="11010700303701"
        ),
        Address("publish", "scope"),
        Address("home", "public"),
    ]
    said = [expected(a, m, p) for a in addresses for m in METHODS for p in PEOPLE]
    assert all(said.count(word) > 5 for word in (YES, NO, HIDDEN, LOGIN))


# --- Negative control: one guard taken away, and exactly its cells fail -------------------------------------------

FEW = {"auditor own", "committee_cashier own", "committee_bookkeeper foreign", "district_admin own"}
COMPOUND_PAGES = {
    "surveys", "survey_new", "survey", "survey_edit", "survey_question", "survey_opening",
    "survey_closing", "survey_blank", "survey_print", "survey_entry", "survey_sheet", "survey_import", "survey_answers",
    "survey_visits", "survey_visits_pdf", "survey_report", "survey_results", "survey_results_file",
    "draft_papers", "draft_paper", "draft_paper_remove", "voucher_papers", "voucher_paper", "voucher_print",
    "book_search", "book_export", "book_prints", "book_month_pdf", "vouchers_pdf",
    "steps", "step", "step_confirmation", "step_reopening", "work_plan", "work_plan_pdf", "scheme", "scheme_pdf",
    "office_compound", "drafts", "draft", "draft_new", "draft_delete", "cash_book", "office_voucher", "reversal",
    "correction", "transfer", "held",
    "handover", "closings", "closing", "closing_approval", "closing_withdrawal", "opinion", "assets", "asset_new",
    "asset", "asset_retire", "compound_calendar", "memo", "memo_new",
    "memo_settle", "office_ledgers", "review_draft", "office_ledger", "ledger_corrections", "ledger_correction_issue",
    "ledger_correction_delete", "money_accounts", "money_account", "money_account_new", "money_account_end",
    "register", "settlement", "reconciliation", "reconciliation_print", "cash_counts", "cash_count_print",
    "compound_facts", "compound_move", "buildings", "building_new", "building", "units", "unit", "things", "thing_new", "thing",
    "photographs", "photograph_drop", "register_export", "ballots", "ballot",
    "ballot_issuing", "ballot_returning", "ballot_unreturn", "ballot_visits", "ballot_visits_pdf",
    "ballot_refusal", "ballot_unreached", "ballot_turnout",
    "ballot_announcement", "ballot_calls", "ballot_cancellation", "ballot_certification", "ballot_clerks", "ballot_closing",
    "ballot_difference", "ballot_differences", "ballot_draft", "ballot_edit", "ballot_extension", "ballot_fall",
    "ballot_files", "ballot_final", "ballot_hand_blank", "ballot_hand_count", "ballot_new", "ballot_notice",
    "ballot_posted_pdf", "ballot_question", "ballot_reconciliation", "ballot_recount", "ballot_result", "ballot_rule",
    "ballot_sample",
    "dwelling", "dwelling_new", "dwelling_edit", "dwelling_transfer", "dwelling_correction",
    "dwelling_remove", "owners", "owner", "owner_correction", "owner_merge", "owner_split",
    "office_notices", "notice_new", "notice_draft", "notice_draft_files", "notice_draft_delete", "notice_posting",
    "office_notice", "office_notice_pdf", "notice_withdrawal",
    "representatives", "representative_end", "ballot_roll", "ballot_transfer", "ballot_freezing", "ballot_objections",
    "ballot_objection", "ballot_objection_slip", "ballot_papers", "ballot_print", "ballot_issue_list", "ballot_paper",
    "ballot_paper_pdf", "ballot_paper_replacement", "ballot_box", "ballot_box_void", "ballot_box_slip", "ballot_covers",
}  # fmt: skip


def yes(*_: Any, **__: Any) -> bool:
    return True


def everywhere(*_: Any, **__: Any) -> list[str]:
    return ["110107"]


PAPER_PAGES = {"draft_papers", "draft_paper", "draft_paper_remove", "voucher_papers", "voucher_paper"}
SABOTAGE: list[tuple[str, Callable[..., Any], set[str]]] = [
    (
        "portal.views.office.ballots.boxes.can_run_ballots",
        yes,
        {"ballot_box", "ballot_box_void", "ballot_box_slip", "ballot_covers"},
    ),
    ("portal.views.office.ballots.roll.can_run_ballots", yes, {"ballot_freezing", "ballot_transfer"}),
    (
        "portal.views.office.ballots.objections.can_run_ballots",
        yes,
        {"ballot_objections", "ballot_objection", "ballot_objection_slip"},
    ),
    (
        "portal.views.office.ballots.papers.can_run_ballots",
        yes,
        {"ballot_print", "ballot_issue_list", "ballot_paper_pdf", "ballot_paper_replacement"},
    ),
    (
        "portal.views.office.ballots.representatives.can_run_ballots",
        yes,
        {"representatives", "representative_end"},
    ),
    (
        "portal.views.office.survey_sheets.can_keep_register",
        yes,
        {"survey_entry", "survey_sheet", "survey_import", "survey_visits", "survey_visits_pdf"},
    ),
    (
        "portal.views.office.survey_results.can_keep_register",
        yes,
        {"survey_opening", "survey_closing", "survey_print", "survey_answers", "survey_report"},
    ),
    ("portal.views.office.surveys.can_keep_register", yes, {"survey_new", "survey", "survey_edit", "survey_question"}),
    (
        "portal.views.office.notices.can_post_notices",
        yes,
        {
            "notice_new",
            "notice_draft",
            "notice_draft_files",
            "notice_draft_delete",
            "notice_posting",
            "office_notice",
            "notice_withdrawal",
        },
    ),
    ("portal.views.office.appointments.can_appoint", yes, {"appointment"}),
    ("portal.views.office.appointments.can_work_in", yes, {"appointment", "work_handover"}),
    ("portal.views.office.work.can_appoint_in", yes, {"work_handover"}),
    ("portal.views.office.work.can_work_in", yes, {"work_handover_print"}),
    ("portal.views.office.books.can_enter", yes, {"draft", "draft_new", "draft_delete"}),
    ("portal.views.office.schemes.can_keep_steps", yes, {"scheme"}),
    ("portal.views.office.steps.can_keep_steps", yes, {"step", "work_plan"}),
    ("portal.views.office.steps.can_confirm_step", yes, {"step_confirmation"}),
    ("portal.views.office.steps.can_reopen_step", yes, {"step_reopening"}),
    ("portal.views.office.vouchers.can_enter", yes, {"reversal", "correction"}),
    ("portal.views.office.moves.can_enter", yes, {"transfer", "held"}),
    ("portal.views.office.review.can_review", yes, {"review_draft"}),
    ("portal.views.office.closing.can_prepare", yes, {"closing"}),
    ("portal.views.office.closing.can_approve", yes, {"closing", "closing_approval", "closing_withdrawal"}),
    (
        "portal.views.office.dwellings.can_keep_register",
        yes,
        {"dwelling_new", "dwelling_edit", "dwelling_transfer", "dwelling_correction", "dwelling_remove"},
    ),
    ("portal.views.office.dwellings.can_see_persons", yes, {"dwelling"}),
    ("portal.views.office.owners.can_keep_register", yes, {"owner_correction", "owner_merge", "owner_split"}),
    ("portal.views.office.owners.can_see_persons", yes, {"owners", "owner"}),
    ("portal.views.office.assets.can_enter", yes, {"asset_new", "asset", "asset_retire"}),
    ("portal.views.office.memo.can_enter", yes, {"memo_new", "memo_settle"}),
    (
        "portal.views.office.places.can_keep_register",
        yes,
        {"compound_facts", "building_new", "building", "thing_new", "thing", "photographs", "photograph_drop"},
    ),
    ("portal.views.office.units.can_keep_register", yes, {"unit"}),
    ("portal.views.office.closing.can_give_opinion", yes, {"opinion"}),
    ("portal.views.office.ledgers.can_issue", yes, {"office_ledgers"}),
    ("portal.views.office.publishing.issuing_areas", everywhere, {"publish", "print_ledgers"}),
    ("portal.views.office.handover.can_hand_over", yes, {"handover"}),
    ("portal.views.office.reports.can_prepare_report", yes, {"report"}),
    ("portal.views.office.reports.can_check_report", yes, {"report_issue"}),
    ("portal.views.office.reports.areas_of", everywhere, {"report", "report_issue", "report_file"}),
    ("portal.views.office.jobs._may_steer", yes, {"job_stop", "job_resume"}),
    ("portal.views.office.jobs.can_work_in", yes, {"job", "job_progress", "job_stop", "job_resume", "job_file"}),
    ("portal.views.office.papers.can_work_in", yes, {"attachment", "attachment_preview"}),
    ("portal.views.office.papers.can_enter", yes, PAPER_PAGES),
    ("compounds.models.CompoundQuerySet.visible_to", lambda self, user, on: self, COMPOUND_PAGES),
    ("core.models.JobQuerySet.within", lambda self, prefixes: self, {"jobs"}),
    ("core.models.EntryQuerySet.within", lambda self, prefixes: self, {"history"}),
    ("portal.views.office.uploads.can_keep_register", yes, {"upload", "upload_failed"}),
    ("compounds.models.CompoundQuerySet.within", lambda self, prefixes: self, {"office_compounds"}),
    ("compounds.models.CompoundQuerySet.within", lambda self, prefixes: self, {"office_compounds", "programme"}),
]


def noting(guard: str, asked: set[str]) -> Callable[..., Any]:
    """Return a guard that does what it did, and notes that it was asked."""
    real = pkgutil.resolve_name(guard)

    def noted(*args: Any, **kwargs: Any) -> Any:
        asked.add(guard)
        return real(*args, **kwargs)

    return noted


@pytest.fixture(scope="module")
def concerned(world: World) -> dict[str, list[tuple[Address, Person, str]]]:
    """Return by guard the cells whose answer asks it: where it is not asked, its absence cannot change anything."""
    found: dict[str, list[tuple[Address, Person, str]]] = {guard: [] for guard, _, _ in SABOTAGE}
    asked: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for guard in found:
            patch.setattr(guard, noting(guard, asked))
        mine = [a for a in world.addresses if a.kind in ("office", "scope", "object")]
        for cell in itertools.product(mine, [p for p in PEOPLE if p.name in FEW], ("GET", "POST")):
            asked.clear()
            answer(world, cell[0], cell[2], cell[1])
            for guard in asked:
                found[guard].append(cell)
    return found


@pytest.mark.parametrize(("guard", "without", "cells"), SABOTAGE, ids=[guard for guard, _, _ in SABOTAGE])
def test_control_without_a_guard_exactly_its_cells_fail(
    world: World,
    concerned: dict[str, list[tuple[Address, Person, str]]],
    monkeypatch: pytest.MonkeyPatch,
    guard: str,
    without: Callable[..., Any],
    cells: set[str],
) -> None:
    monkeypatch.setattr(guard, without)
    # Lists over the scope stand on one definition; taken away, more than one page may tell.
    exactly = "within" not in guard
    found = set()
    for address, person, method in concerned[guard]:
        if exactly or address.name in cells:
            found |= {cell.address.split()[0] for cell in differences(world, [address], [person], (method,))}
    assert cells <= found, f"not noticed: {cells - found}"
    if exactly:
        assert found == cells, sorted(found ^ cells)


def test_control_a_page_without_its_door_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view whose decorator was forgotten: the anonymous get in, or it falls over; both are other than the table."""
    from django.urls import resolve

    address = next(a for a in world.addresses if a.name == "jobs")
    anonymous = next(p for p in PEOPLE if p.name == "anonymous")
    assert not list(differences(world, [address], [anonymous], ("GET",)))
    view = resolve(address.url).func
    bare = view.__wrapped__.__wrapped__.__wrapped__

    def open_to_all(request: Any, *args: Any, **kwargs: Any) -> Any:
        from types import SimpleNamespace

        request.scope = SimpleNamespace(prefixes=("110107",), code="", role="")
        return bare(request, *args, **kwargs)

    pattern = next(p for p in _flat_patterns() if p.name == "jobs")
    monkeypatch.setattr(pattern, "callback", open_to_all)
    found = list(differences(world, [address], [anonymous], ("GET",)))
    assert [cell.said for cell in found] == [LOGIN]
    assert Job.objects.exists()


def _flat_patterns() -> Iterator[Any]:
    from django.urls import URLResolver, get_resolver

    def walk(resolver: Any) -> Iterator[Any]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern)
            else:
                yield pattern

    return walk(get_resolver())
