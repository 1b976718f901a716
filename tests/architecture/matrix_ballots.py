"""The part of the table that is about ballots: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ballots.models import Paper, PaperEntry, Representative
from compounds.choices import Role
from compounds.models import Compound
from compounds.operations.objections import Objecting, take_objection
from core.operations import machine
from tests import balloting
from tests.architecture.matrix_counting import counted
from tests.architecture.matrix_drafting import begun
from tests.factories import AT

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

RUN = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF}
Of = Callable[..., "Address"]


def ballots(of: Of, home: Compound) -> list[Address]:
    """All addresses of ballots."""
    return [*begun(of, home), *issued(of, home), *rolled(of, home), *entering(of, home), *counted(of, home),
            *boxed(of, home)]  # fmt: skip


def issued(of: Of, home: Compound) -> list[Address]:
    """Papers handed over, taken back, sought at the doors."""
    ballot = balloting.issuing_ballot(home)
    out, back = Paper.objects.filter(ballot=ballot).order_by("pk")[:2]
    Paper.objects.filter(pk=back.pk).update(state="returned")
    here, nowhere = (home.code, ballot.number), {"elsewhere": (home.code, 99)}
    runs = {"see": RUN, "act": RUN}
    return [
        of("ballot_issuing", *here, **runs, **nowhere),
        of("ballot_returning", *here, **runs, **nowhere),
        of("ballot_unreturn", *here, back.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_visits", *here, **runs, **nowhere),
        of("ballot_visits_pdf", *here, see=RUN, **nowhere),
        of("ballot_refusal", *here, out.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_unreached", *here, out.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_turnout", *here, **nowhere),
    ]


def rolled(of: Of, home: Compound) -> list[Address]:
    """The roll, objections to it, and papers: one ballot that is announced, one that is being issued."""
    code = home.code
    announced, running = balloting.announced(home, number=41), balloting.issuing(home, number=42)
    entry = running.roll.order_by("number")[0]
    serial = balloting.paper(running, entry).serial
    assert Paper.objects.filter(serial=serial).exists()
    document = announced.moves.get().document
    assert document is not None
    said = Objecting("少了我家", balloting.FROM)
    slip = take_objection(home, document, said, answer_days=5, actor=machine("system"), at=AT).slip
    person = Representative.objects.create(compound=home, name="王秀兰", group="3号楼", elected_on=balloting.FROM)
    runs = {"see": RUN, "act": RUN}
    return [
        of("representatives", code, act=RUN),
        of("representative_end", code, person.pk, **runs),
        of("ballot_roll", code, 41, elsewhere=(code, 99)),
        of("ballot_transfer", code, 42, entry.number, **runs, elsewhere=(code, 42, 9999)),
        of("ballot_freezing", code, 41, **runs, elsewhere=(code, 99)),
        of("ballot_objections", code, 41, act=RUN, elsewhere=(code, 99)),
        of("ballot_objection", code, 41, slip, act=RUN, elsewhere=(code, 42, slip)),
        of("ballot_objection_slip", code, 41, slip, see=RUN, elsewhere=(code, 42, slip)),
        of("ballot_papers", code, 42, elsewhere=(code, 41)),
        of("ballot_print", code, 42, **runs, elsewhere=(code, 41)),
        of("ballot_issue_list", code, 42, see=RUN, query=f"?building={entry.building}", elsewhere=(code, 41)),
        of("ballot_paper", code, 42, serial, elsewhere=(code, 41, serial)),
        of("ballot_paper_pdf", code, 42, serial, see=RUN, elsewhere=(code, 41, serial)),
        of("ballot_paper_replacement", code, 42, serial, **runs, elsewhere=(code, 41, serial)),
    ]


def entering(of: Of, home: Compound) -> list[Address]:
    """Entering papers and settling what differs: one sheet agrees, another differs; whoever was named is no role."""
    ballot = balloting.counting_ballot(home, 2)
    differs = ballot.sheets.get(position=2)
    for round, (who, mark) in enumerate((("system", "赞成"), ("system-2", "反对")), 1):
        PaperEntry.objects.create(sheet=differs, round=round, user=machine(who), marks=f'{{"1":["{mark}"]}}',
                                  entered_on=balloting.UNTIL)  # fmt: skip
    one, sheet = (home.code, ballot.number), (home.code, ballot.number, 1, 1)
    other, enters = (home.code, 99), {Role.COMMUNITY_CLERK}
    settles = RUN - enters
    return [
        of("ballot_entry", *one, see=enters, elsewhere=other),
        of("ballot_bundle", *one, 1, see=enters, act=enters, data={"counted": "2"}, elsewhere=(*other, 1)),
        of("ballot_cover_slip", *one, 1, see=enters, elsewhere=(*other, 1)),
        of("ballot_paper_entry", *sheet, see=enters, act=enters, elsewhere=(*other, 1, 1)),
        of("ballot_pace", *one, see=enters, elsewhere=other),
        of("ballot_differences", *one, see=RUN, elsewhere=other),
        of("ballot_difference", *one, 1, 2, see=settles, act=settles, elsewhere=(*other, 1, 2)),
        of("ballot_clerks", *one, act=RUN, elsewhere=other),
    ]  # fmt: skip


def boxed(of: Of, home: Compound) -> list[Address]:
    """A secret ballot's boxes: one whose sheets lie in bundles, one with a sheet too many; an open ballot has none."""
    laid, full = balloting.boxed(home, 2, [2], number=43), balloting.boxed(home, 5, number=44)
    one, other = (home.code, laid.number), (home.code, 99)
    return [
        of("ballot_box", *one, see=RUN, act=RUN, elsewhere=(home.code, 1)),
        of("ballot_box_void", home.code, full.number, see=RUN, act=RUN, elsewhere=one),
        of("ballot_box_slip", *one, see=RUN, elsewhere=other),
        of("ballot_covers", *one, see=RUN, elsewhere=(home.code, full.number)),
    ]
