"""Photographs that prove where a ledger hangs: places, days, lateness, and nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compounds.models import Compound
from core.models import Attachment
from core.operations import KeptPaper, machine, store_paper
from fees.documents import hanging_of
from fees.models import Ledger, PostingProof
from fees.operations import PhotographUsed, ProofTooEarly, prove_posting
from tests import factories
from tests.factories import AT
from tests.together import failures, run_together

pytestmark = pytest.mark.usefixtures("quick_pdf")
POSTED = factories.today()


def photograph(colour: str = "red") -> KeptPaper:
    return store_paper(factories.picture(colour), name="IMG_0417.png")


def prove(ledger: Ledger, place: str, colour: str, on: date = POSTED) -> list[PostingProof]:
    return prove_posting(ledger, place, on, [photograph(colour)], actor=machine("system"), at=AT)


@pytest.fixture
def ledger(db: None) -> Ledger:
    return factories.issued(factories.compound())


def test_two_places_are_needed_and_each_counts_once(ledger: Ledger) -> None:
    assert hanging_of(ledger, []).missing == 2
    prove(ledger, "东门公告栏", "red")
    prove(ledger, "东门公告栏", "green", POSTED + timedelta(days=1))
    one = hanging_of(ledger, PostingProof.objects.of(ledger))
    assert one.missing == 1 and one.late_days == 0 and len(one.places[0].photographs) == 2
    prove(ledger, "1号楼门口", "blue", POSTED + timedelta(days=1))
    two = hanging_of(ledger, PostingProof.objects.of(ledger))
    assert two.missing == 0
    assert [(day, [p.name for p in places]) for day, places in two.by_day] == [
        (POSTED, ["东门公告栏"]), (POSTED + timedelta(days=1), ["1号楼门口"]),
    ]  # fmt: skip
    assert Ledger.objects.with_places().get(pk=ledger.pk).places == 2  # type: ignore[attr-defined]
    assert PostingProof.objects.usual_places(ledger.compound) == ["1号楼门口", "东门公告栏"]


def test_paper_that_is_put_up_late_hangs_longer_and_that_is_said(ledger: Ledger) -> None:
    """The last place counts: seven days from there, even when the announced days are over."""
    far = ledger.posted_until
    assert hanging_of(ledger, []).until == far
    prove(ledger, "东门公告栏", "red", POSTED)
    prove(ledger, "1号楼门口", "blue", far - timedelta(days=1))
    hanging = hanging_of(ledger, PostingProof.objects.of(ledger))
    assert hanging.until == far + timedelta(days=6)
    assert hanging.due_on == date(2026, 11, 10)
    assert hanging.late_days == (far - timedelta(days=1) - date(2026, 11, 10)).days > 0
    # A third place, later still, makes nothing later.
    prove(ledger, "西门", "black", far)
    assert hanging_of(ledger, PostingProof.objects.of(ledger)).until == hanging.until


def test_day_before_the_posting_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ProofTooEarly):
        prove(ledger, "东门公告栏", "red", POSTED - timedelta(days=1))
    assert not PostingProof.objects.exists()


def test_same_photograph_proves_once(ledger: Ledger) -> None:
    """Sent twice for its place: nothing new. For another place or another ledger: refused, and nothing written."""
    assert len(prove(ledger, "东门公告栏", "red")) == 1
    assert prove(ledger, "东门公告栏", "red") == []
    papers = Attachment.objects.count()
    with pytest.raises(PhotographUsed):
        prove(ledger, "1号楼门口", "red")
    other = factories.issued(factories.compound("11010700303709", "春和院（演示）"))
    with pytest.raises(PhotographUsed) as refused:
        prove_posting(other, "大门口", POSTED, [photograph("lime"), photograph("red")], actor=machine("system"), at=AT)
    assert refused.value.proof.ledger == ledger
    assert PostingProof.objects.count() == 1 and Attachment.objects.count() == papers


def test_control_another_photograph_is_taken(ledger: Ledger) -> None:
    prove(ledger, "东门公告栏", "red")
    assert len(prove(ledger, "1号楼门口", "green")) == 1


@pytest.mark.usefixtures("real_db")
def test_form_sent_by_eight_at_once_makes_one_proof() -> None:
    home: Compound = factories.compound()
    ledger = factories.issued(home)
    paper = photograph()
    by = machine("system")

    def send() -> int:
        return len(prove_posting(ledger, "东门公告栏", POSTED, [paper], actor=by, at=AT))

    results = run_together([send] * 8)
    assert failures(results) == [] and sum(results) == 1
    assert PostingProof.objects.count() == 1
