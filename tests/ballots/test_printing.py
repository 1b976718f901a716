"""Papers printed: one per entry in walking order, nothing twice, one replaced, a secret ballot's sheets without a trace."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from ballots.documents.printing import issue_lines
from ballots.models import Ballot, Paper, PaperEvent, RollEntry, SheetPrint
from ballots.operations.papers import become
from ballots.operations.printing import (
    print_building,
    print_sheets,
    replace_paper,
    set_paper,
    start_printing,
    start_sheet_printing,
    without_paper,
)
from ballots.operations.refusals import NoReason, NothingToPrint, NotPossible, SecretBallot, WrongState
from compounds.models import Building, Compound, Dwelling, Owner, Ownership, PropertyUnit
from core import jobs, pdf
from core.codes import read_code, show_code
from core.models import Entry
from core.operations import machine, read_bytes
from tests import balloting, factories
from tests.balloting import FROM
from tests.factories import AT

pytestmark = pytest.mark.django_db


def me() -> dict[str, Any]:
    return {"actor": machine("system"), "at": AT}


@pytest.fixture
def home() -> Compound:
    """Building 3 with three owners, building 10 with one, and two unsold dwellings of a unit."""
    made = factories.compound(households=3)
    for n, dwelling in enumerate(Dwelling.objects.of(made).order_by("pk")):
        owner = Owner.objects.create(area_code=factories.COMMUNITY, name=f"业主{'甲乙丙'[n]}")
        Ownership.objects.create(dwelling=dwelling, owner=owner, votes=True)
    other = Building.objects.create(compound=made, label="10")
    flat = Dwelling.objects.create(building=other, room="101", area="60.0000")
    Ownership.objects.create(dwelling=flat, owner=Owner.objects.create(area_code="1", name="买买提·艾力"), votes=True)
    unit = PropertyUnit.objects.create(area_code=factories.COMMUNITY, name="首钢房管所（演示）")
    for room in ("102", "103"):
        Dwelling.objects.create(building=other, room=room, area="50.5000", tenure="unsold_public", property_unit=unit)
    return made


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def printed(ballot: Ballot) -> list[dict[str, Any]]:
    job = jobs.run_here(start_printing(ballot, **me()))
    assert job.state == "done", job.error
    files: list[dict[str, Any]] = json.loads(job.result)["files"]
    return files


def test_every_entry_has_one_paper_and_its_page_says_whose(home: Compound) -> None:
    ballot = balloting.issuing(home)
    files = printed(ballot)
    assert [file["name"] for file in files] == ["不分楼的选票，1张.pdf", "3号楼选票，3张.pdf", "10号楼选票，1张.pdf"]
    texts = [text for file in files for text in pages(read_bytes(file["sha256"]))]
    entries = RollEntry.objects.filter(ballot=ballot).select_related("person").order_by("number")
    assert len(texts) == len(entries) == 5
    for text, entry in zip(texts, entries, strict=True):
        paper = Paper.objects.get(entry=entry)
        assert read_code(paper.serial) == paper.serial
        assert show_code(paper.serial) in text
        assert entry.person.name in text.replace("\n", "")
        assert "没交回的票不算赞成" in text.replace("\n", "")
    assert "10号楼102、10号楼103" in texts[0].replace("\n", "")
    assert "101.00" in texts[0]
    assert set(PaperEvent.objects.values_list("seq", "state")) == {(1, "printed")}
    with pytest.raises(NothingToPrint):
        start_printing(ballot, **me())


def test_a_part_cut_off_before_its_rows_leaves_nothing_and_after_them_prints_the_same(
    home: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballot = balloting.issuing(home)

    def broken(*_: Any, **__: Any) -> pdf.Pdf:
        raise pdf.PdfFault("坏了")

    with monkeypatch.context() as patched:
        patched.setattr(pdf, "render", broken)
        with pytest.raises(pdf.PdfFault):
            print_building(ballot, "3", **me())
    assert not Paper.objects.exists()
    ((_, first),) = print_building(ballot, "3", **me())
    assert without_paper(ballot) == ["", "10"]
    serials = set(Paper.objects.values_list("serial", flat=True))
    ((_, again),) = print_building(ballot, "3", **me())
    assert first.sha256 == again.sha256
    assert set(Paper.objects.values_list("serial", flat=True)) == serials


def test_a_handed_out_paper_is_not_printed_again(home: Compound) -> None:
    ballot = balloting.issuing(home)
    print_building(ballot, "3", **me())
    first = Paper.objects.order_by("entry__number")[0]
    become([first], "issued", on=FROM, **me())  # type: ignore[arg-type]
    ((name, file),) = print_building(ballot, "3", **me())
    assert name == "3号楼选票，2张.pdf"
    assert show_code(first.serial) not in "".join(pages(read_bytes(file.sha256)))


def test_a_building_of_many_papers_has_several_files(home: Compound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballots.operations.printing.PER_FILE", 2)
    told: list[tuple[int, int]] = []
    files = print_building(balloting.issuing(home), "3", tell=lambda done, total: told.append((done, total)), **me())
    assert [name for name, _ in files] == ["3号楼选票，第2至3号，2张.pdf", "3号楼选票，第4至4号，1张.pdf"]
    assert told == [(2, 3), (3, 3)]
    assert Paper.objects.count() == 3


def test_nothing_is_printed_before_the_roll_is_frozen(home: Compound) -> None:
    with pytest.raises(WrongState):
        start_printing(balloting.announced(home), **me())


def test_a_replaced_paper_has_a_new_serial_and_the_old_one_is_spoilt_for_good(home: Compound) -> None:
    ballot = balloting.issuing(home)
    print_building(ballot, "3", **me())
    old = Paper.objects.order_by("entry__number")[0]
    with pytest.raises(NoReason):
        replace_paper(old, "", **me())
    new = replace_paper(old, "老人说弄湿了", **me())
    old.refresh_from_db()
    assert (old.state, new.state, new.replaces_id, new.entry_id) == ("spoilt", "printed", old.pk, old.entry_id)
    assert old.serial != new.serial
    assert old.events.last().note == "老人说弄湿了"  # type: ignore[union-attr]
    assert "弄湿" in Entry.objects.get(action="paper.replace").summary
    with pytest.raises(NotPossible):
        replace_paper(old, "再换", **me())
    assert show_code(new.serial) in "".join(pages(set_paper(new).bytes))
    assert [line.serial for line in issue_lines(ballot, "3")].count(new.serial) == 1
    assert old.serial not in [line.serial for line in issue_lines(ballot, "3")]


def test_a_returned_paper_is_not_replaced(home: Compound) -> None:
    ballot = balloting.issuing(home)
    print_building(ballot, "3", **me())
    paper = Paper.objects.order_by("pk")[0]
    become([paper], "issued", on=FROM, **me())  # type: ignore[arg-type]
    become([paper], "returned", on=FROM, channel="visit", **me())  # type: ignore[arg-type]
    with pytest.raises(NotPossible):
        replace_paper(paper, "想改", **me())


def test_sheets_of_a_secret_ballot_are_alike_and_lead_to_nobody(home: Compound) -> None:
    ballot = balloting.issuing(home, "committee_election", secret=True)
    with pytest.raises(SecretBallot):
        start_printing(ballot, **me())
    job = jobs.run_here(start_sheet_printing(ballot, 7, **me()))
    assert job.state == "done", job.error
    (file,) = json.loads(job.result)["files"]
    texts = pages(read_bytes(file["sha256"]))
    assert len(texts) == 7
    assert len(set(texts)) == 1
    assert "业主甲" not in texts[0]
    assert "3号楼" not in texts[0]
    assert SheetPrint.objects.get().sheets == 7
    assert set(Paper.objects.values_list("serial", flat=True)) == {""}
    assert Paper.objects.count() == RollEntry.objects.filter(ballot=ballot).count()
    assert {event.at.astimezone().timetz().hour for event in PaperEvent.objects.all()} <= {0, 16}
    print_sheets(ballot, 3, actor=machine("system"), at=AT + timedelta(days=1))
    assert Paper.objects.count() == RollEntry.objects.filter(ballot=ballot).count()
    with pytest.raises(SecretBallot):
        replace_paper(Paper.objects.order_by("pk")[0], "坏了", **me())


@pytest.mark.parametrize("households", [2, 12])
def test_setting_a_building_asks_no_more_for_more_papers(
    households: int, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballot = balloting.issuing(factories.compound(households=households))
    monkeypatch.setattr("ballots.operations.printing._set", lambda *_: pdf.Pdf(b"%PDF", 1))
    with django_assert_max_num_queries(18):
        print_building(ballot, "3", **me())
