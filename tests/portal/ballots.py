"""The pages of ballots, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse

from ballots.models import Ballot, BallotClerk, Paper, PaperEntry, PaperVisit, Representative, RollEntry
from ballots.operations.boxes import lay_bundles, open_box
from ballots.operations.counting import draw_calls
from ballots.rules.entries import Said
from compounds.choices import Role
from compounds.models import Dwelling, Objection
from compounds.operations.objections import Objecting, take_objection
from core.models import User
from core.operations import machine
from tests import balloting, factories
from tests.balloting import FROM
from tests.factories import AT
from tests.portal.drafting import draft_pages, grow_drafts

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_ballots(town: Town, n: int) -> None:
    """Add ballots with papers."""
    balloting.ballot(town.home)
    grow_drafts(town, n)
    grow_papers(town, n)
    grow_boxes(town, n)
    grow_rolls(town, n)
    _grow_counting(town, n)
    grow_counted(town)


def grow_papers(town: Town, n: int) -> None:
    """Add a printed paper with a visit, and one that is back, to the ballot of which papers are issued."""
    home = town.home
    ballot = Ballot.objects.filter(compound=home, title="发票").first() or balloting.ballot(
        home, title="发票", state="issuing", announced_on=date(2026, 10, 1), roll_sha256="0" * 64
    )
    taken = RollEntry.objects.filter(ballot=ballot).count()
    for place, dwelling in enumerate(Dwelling.objects.of(home).order_by("pk")[taken : taken + 2], taken + 1):
        entry = balloting.roll_entry(ballot, dwelling, place)
        balloting.paper(ballot, entry, *(("issued", "returned") if place % 2 else ("issued",)))
        PaperVisit.objects.create(entry=entry, on=FROM, outcome="nobody", by=machine("system"), at=AT)


def paper_pages(town: Town) -> Pages:
    """Return the pages on which papers go out and come back."""
    ballot = Ballot.objects.get(compound=town.home, title="发票")
    here, staff = [town.home.code, ballot.number], town.staff
    out = Paper.objects.filter(ballot=ballot, state="issued").earliest("pk")
    back = Paper.objects.filter(ballot=ballot, state="returned").earliest("pk")
    building = f"?building={out.entry.building}"
    return {
        "ballot_issuing": (reverse("ballot_issuing", args=here) + building, staff),
        "ballot_returning": (reverse("ballot_returning", args=here) + building, staff),
        "ballot_unreturn": (reverse("ballot_unreturn", args=[*here, back.pk]), staff),
        "ballot_visits": (reverse("ballot_visits", args=here), staff),
        "ballot_visits_pdf": (reverse("ballot_visits_pdf", args=here), staff),
        "ballot_refusal": (reverse("ballot_refusal", args=[*here, out.pk]), staff),
        "ballot_unreached": (reverse("ballot_unreached", args=[*here, out.pk]), staff),
        "ballot_turnout": (reverse("ballot_turnout", args=here), staff),
    }


def _grow_counting(town: Town, n: int) -> None:
    """Add a bundle of sheets to the compound's ballot in counting, one of which differs."""
    ballot = Ballot.objects.filter(compound=town.home, number=90).first()
    if ballot is None:
        ballot = balloting.counting_ballot(town.home, 12, bundle_of=3, number=90)
    day = balloting.UNTIL
    sheet = ballot.sheets.get(bundle__number=n, position=2)
    for round, who in enumerate(("system", "system-2"), 1):
        PaperEntry.objects.create(
            sheet=sheet,
            round=round,
            user=machine(who),
            marks=f'{{"1":["{"赞成" if round == 1 else "反对"}"]}}',
            entered_on=day,
        )
    user = factories.user(name=f"录票{n}")
    BallotClerk.objects.create(ballot=ballot, user=user, from_on=day, given_by=user, given_at=factories.AT)


def grow_rolls(town: Town, n: int) -> None:
    """Add a dwelling, an entry with its paper, an objection and a representative."""
    home = town.home
    flat = Dwelling.objects.create(building=home.buildings.earliest("pk"), room=f"9{n:02d}9", area=Decimal(60))
    announced = home.ballots.filter(number=41).first() or balloting.announced(home, number=41)
    running = home.ballots.filter(number=42).first() or balloting.issuing(home, number=42)
    if not running.roll.filter(dwellings__dwelling=flat).exists():
        balloting.roll_entry(running, flat, 1000 + n)
    entry = running.roll.get(dwellings__dwelling=flat)
    Paper.objects.create(ballot=running, entry=entry, serial=balloting.serial(9000 + n))
    document = announced.moves.get().document
    assert document is not None
    take_objection(home, document, Objecting("不对", balloting.FROM), answer_days=5, actor=town.staff, at=AT)
    Representative.objects.create(compound=home, name=f"代表{n}", group=f"{n}组", elected_on=balloting.FROM)


def grow_boxes(town: Town, n: int) -> None:
    """Open a box, and lay more bundles."""
    home, who = town.home, {"actor": machine("system"), "at": AT}
    heads = Dwelling.objects.of(home).count()
    laid = home.ballots.filter(number=43).first() or balloting.boxed(home, heads, number=43)
    open_box(laid, "固定箱1个", n + 1, "李敏、孙艳", **who)
    lay_bundles(laid, [1] * (n + 1), **who)
    if not home.ballots.filter(number=44).exists():
        balloting.boxed(home, heads + 1, number=44)


def ballot_pages(town: Town) -> Pages:
    """Return the ballots' pages and who opens each."""
    code, staff = town.home.code, town.staff
    clerk = factories.user(Role.COMMUNITY_CLERK, town.home.code[:12], "录票员")
    secretary = factories.user(Role.COMMUNITY_SECRETARY, town.home.code[:12], "书记")
    counting = [code, 90]
    entering = {
        "ballot_entry": (reverse("ballot_entry", args=counting), clerk),
        "ballot_bundle": (reverse("ballot_bundle", args=[*counting, 1]), clerk),
        "ballot_cover_slip": (reverse("ballot_cover_slip", args=[*counting, 1]), clerk),
        "ballot_paper_entry": (reverse("ballot_paper_entry", args=[*counting, 1, 1]), clerk),
        "ballot_pace": (reverse("ballot_pace", args=counting), clerk),
        "ballot_differences": (reverse("ballot_differences", args=counting), secretary),
        "ballot_difference": (reverse("ballot_difference", args=[*counting, 1, 2]), secretary),
        "ballot_clerks": (reverse("ballot_clerks", args=counting), clerk),
    }
    return {
        **entering,
        **counted_pages(town),
        **draft_pages(town),
        "ballots": (reverse("ballots", args=[code]), staff),
        "ballot draft": (reverse("ballot", args=[code, 1]), staff),
        **paper_pages(town),
        **roll_pages(town),
        **box_pages(town),
    }


def box_pages(town: Town) -> Pages:
    """Return the pages of a secret ballot's boxes."""
    code, staff = town.home.code, town.staff
    return {
        "ballot_box": (reverse("ballot_box", args=[code, 43]), staff),
        "ballot_box_slip": (reverse("ballot_box_slip", args=[code, 43]), staff),
        "ballot_covers": (reverse("ballot_covers", args=[code, 43]), staff),
        "ballot_box_void": (reverse("ballot_box_void", args=[code, 44]), staff),
    }


def roll_pages(town: Town) -> Pages:
    """Return the pages of roll, objections and papers."""
    code, staff = town.home.code, town.staff
    serial = Paper.objects.filter(ballot__number=42).earliest("pk").serial
    slip = Objection.objects.filter(document__ballot_move__ballot__number=41).earliest("pk").slip
    person = Representative.objects.earliest("pk").pk
    entry = RollEntry.objects.filter(ballot__number=42).earliest("number")
    at = {name: reverse(name, args=[code, 42]) for name in ("ballot_roll", "ballot_papers", "ballot_print")}
    return {
        "representatives": (reverse("representatives", args=[code]), staff),
        "representative_end": (reverse("representative_end", args=[code, person]), staff),
        "ballot_roll drafted": (reverse("ballot_roll", args=[code, 41]), staff),
        "ballot_roll": (at["ballot_roll"], staff),
        "ballot_roll search": (at["ballot_roll"] + "?q=9", staff),
        "ballot_transfer": (reverse("ballot_transfer", args=[code, 42, entry.number]), staff),
        "ballot_freezing": (reverse("ballot_freezing", args=[code, 41]), staff),
        "ballot_objections": (reverse("ballot_objections", args=[code, 41]), staff),
        "ballot_objection": (reverse("ballot_objection", args=[code, 41, slip]), staff),
        "ballot_objection_slip": (reverse("ballot_objection_slip", args=[code, 41, slip]), staff),
        "ballot_papers": (at["ballot_papers"], staff),
        "ballot_papers search": (at["ballot_papers"] + "?q=9", staff),
        "ballot_papers building": (at["ballot_papers"] + f"?building={entry.building}", staff),
        "ballot_print": (at["ballot_print"], staff),
        "ballot_issue_list": (reverse("ballot_issue_list", args=[code, 42]) + f"?building={entry.building}", staff),
        "ballot_paper": (reverse("ballot_paper", args=[code, 42, serial]), staff),
        "ballot_paper_pdf": (reverse("ballot_paper_pdf", args=[code, 42, serial]), staff),
        "ballot_paper_replacement": (reverse("ballot_paper_replacement", args=[code, 42, serial]), staff),
    }


def counted_pages(town: Town) -> Pages:
    """Return the pages of the newest certified ballot."""
    ballot = Ballot.objects.filter(compound=town.home, state="certified").earliest("pk")
    args = [town.home.code, ballot.number]
    names = (
        "ballot_closing", "ballot_reconciliation", "ballot_hand_count", "ballot_hand_blank", "ballot_calls",
        "ballot_certification", "ballot_result", "ballot_final", "ballot_recount", "ballot_fall",
    )  # fmt: skip
    office: Pages = {name: (reverse(name, args=args), town.staff) for name in names}
    return office | {
        "compound_ballot result": (reverse("compound_ballot", args=args), None),
        "compound_ballot_check": (reverse("compound_ballot_check", args=args), None),
    }


def grow_counted(town: Town) -> None:
    """Add a certified ballot."""
    done = balloting.entered(balloting.taken_in(town.home, 2), Said({1: ("赞成",)}))
    draw_calls(done, actor=machine("system"), at=AT)
    balloting.certified(done)
