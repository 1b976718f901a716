"""Every constraint of the ballots refuses in the database itself, whatever code or form asks for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from ballots.models import (
    Ballot,
    BallotClerk,
    BallotMove,
    BallotProof,
    BoxOpening,
    Bundle,
    CallBack,
    Certification,
    Option,
    Paper,
    PaperEntry,
    PaperEvent,
    PaperScan,
    Question,
    Representative,
    Result,
    RollDwelling,
    RollEntry,
    RollName,
    RollTransfer,
    Settlement,
    Sheet,
    SheetPrint,
    VotingRule,
)
from compounds.models import Compound, Dwelling
from core.operations import machine
from tests import balloting, factories
from tests.constraints import all_constraints, saved, twice
from tests.factories import AT

pytestmark = pytest.mark.django_db

DAY, BEFORE = date(2026, 10, 20), date(2026, 10, 19)


def home() -> Compound:
    return Compound.objects.get()


def me() -> Any:
    return machine("system")


def other() -> Any:
    return machine("system-2")


def draft() -> Ballot:
    """Return a draft with its first question."""
    return Ballot.objects.first() or balloting.ballot(home())


def ballot(**values: Any) -> Ballot:
    said = {
        "number": 9, "title": "停车", "matter": "parking", "rule": balloting.rule(), "made_by": me(), "made_at": AT,
        "voting_from_on": DAY, "voting_until_on": DAY,
    }  # fmt: skip
    return Ballot(compound=home(), **(said | values))


def rule(**values: Any) -> VotingRule:
    said = {
        "area_code": home().code, "key": "own", "name": "自定", "voter": "owner", "by_area": True,
        "participation": ">=2/3", "approval": ">1/2", "source": "议事规则第5条", "law_text": "……",
    }  # fmt: skip
    return VotingRule(**(said | values))


def question(**values: Any) -> Question:
    return Question(**({"ballot": draft(), "number": 2, "kind": "approve", "text": "同意吗？"} | values))


def several(**values: Any) -> Question:
    return question(**({"kind": "choose_up_to", "most": 2} | values))


def dwelling() -> Dwelling:
    return Dwelling.objects.of(home()).order_by("pk")[0]


def on_roll() -> RollEntry:
    return RollEntry.objects.first() or balloting.roll_entry(draft(), dwelling())


def entry(**values: Any) -> RollEntry:
    said = {
        "ballot": draft(), "number": 7, "kind": "owner", "voter_key": "k", "area": Decimal("60"), "place": "3-1-101",
    }  # fmt: skip
    return RollEntry(**(said | values))


def room(**values: Any) -> RollDwelling:
    held = on_roll()
    values = {"dwelling": dwelling(), "area": Decimal("60")} | values
    return RollDwelling(ballot=held.ballot, entry=held, address="3-1-101", area_source="registered", **values)


def paper(**values: Any) -> Paper:
    return Paper(**({"ballot": draft(), "entry": on_roll(), "serial": balloting.serial(5)} | values))


def printed() -> Paper:
    return Paper.objects.first() or saved(paper())


def event(**values: Any) -> PaperEvent:
    return PaperEvent(**({"paper": printed(), "seq": 2, "state": "issued", "on": DAY, "by": me(), "at": AT} | values))


def bundle(**values: Any) -> Bundle:
    return Bundle(**({"ballot": draft(), "number": 2} | values))


def opening(**values: Any) -> BoxOpening:
    told = {"ballot": draft(), "boxes": "固定箱1个", "sheets": 40, "witnesses": "张三、李四", "by": me(), "on": DAY}
    return BoxOpening(**(told | values))


def sheet() -> Sheet:
    first = Sheet.objects.first()
    return first or saved(Sheet(ballot=draft(), bundle=saved(bundle()), position=1))


def typed(**values: Any) -> PaperEntry:
    return PaperEntry(**({"sheet": sheet(), "round": 1, "user": me(), "entered_on": DAY} | values))


def settled(**values: Any) -> Settlement:
    third = factories.user(name="赵书记")
    said = {"sheet": sheet(), "reason": "看票面", "first_by": me(), "second_by": other(), "by": third, "on": DAY}
    return Settlement(**(said | values))


def move(**values: Any) -> BallotMove:
    return BallotMove(**({"ballot": draft(), "seq": 1, "kind": "issuing", "on": DAY, "by": me(), "at": AT} | values))


def proof(**values: Any) -> BallotProof:
    said = {
        "move": BallotMove.objects.first() or saved(move()), "place": "楼门口", "on": DAY, "by": me(), "at": AT,
        "attachment": factories.paper(home()),
    }  # fmt: skip
    return BallotProof(**(said | values))


def result(code: str = "AAAA0000B", **values: Any) -> Result:
    said = {
        "ballot": draft(), "count": 1, "counters": "张三", "first_by": me(), "second_by": other(), "at": AT,
        "document": values.get("document") or factories.document(home(), code, "ballot_result"),
    }  # fmt: skip
    return Result(**(said | values))


def certification() -> Certification:
    return Certification(ballot=draft(), count=1, figures_sha256="0" * 64, counters="张三", by=me(), at=AT)


def representative(**values: Any) -> Representative:
    return Representative(**({"compound": home(), "name": "王秀兰", "group": "3号楼", "elected_on": DAY} | values))


def clerk(**values: Any) -> BallotClerk:
    said = {"ballot": draft(), "user": me(), "from_on": DAY, "given_by": other(), "given_at": AT}
    return BallotClerk(**(said | values))


def document(code: str = "AAAA0000D") -> Any:
    return factories.document(home(), code, "ballot_notice")


BROKEN = {
    "votingrule_one_per_version": lambda: twice(rule(), rule()),
    "votingrule_names_its_source": lambda: rule(source=""),
    "votingrule_area_is_owners": lambda: rule(voter="household"),
    "votingrule_secret_is_unsigned": lambda: rule(secret=True, signed=True),
    "ballot_one_per_number": lambda: ballot(number=draft().number),
    "ballot_announced_with_its_days": lambda: ballot(state="announced"),
    "ballot_ends_after_start": lambda: ballot(voting_until_on=BEFORE),
    "ballot_issues_on_a_frozen_roll": lambda: ballot(state="issuing", announced_on=BEFORE),
    "ballot_counts_from_one": lambda: ballot(count_number=0),
    "question_one_per_number": lambda: question(number=1),
    "question_most_where_one_may_mark_several": lambda: question(kind="choose_up_to"),
    "question_seats_are_the_most_marks": lambda: several(seats=3),
    "question_write_in_where_seats_are": lambda: several(write_in=True),
    "option_one_per_number": lambda: twice(
        Option(question=draft().questions.get(), number=1, text="甲"),
        Option(question=draft().questions.get(), number=1, text="乙"),
    ),
    "ballotclerk_once_per_ballot": lambda: twice(clerk(), clerk()),
    "ballotclerk_ends_after_start": lambda: clerk(until_on=BEFORE),
    "representative_once_per_group": lambda: twice(representative(), representative()),
    "representative_ends_after_start": lambda: representative(until_on=BEFORE),
    "rollentry_one_per_number": lambda: twice(entry(), entry(voter_key="l")),
    "rollentry_one_per_voter": lambda: twice(entry(), entry(number=8)),
    "rollentry_area_is_not_negative": lambda: entry(area=Decimal("-1")),
    "rolldwelling_once_per_ballot": room,
    "rolldwelling_area_is_positive": lambda: room(dwelling=Dwelling.objects.order_by("pk")[1], area=Decimal("0")),
    "unique ballots_rollname.entry": lambda: RollName(entry=on_roll(), name="李四"),
    "rollname_erased_is_empty": lambda: RollName(entry=saved(entry()), name="李四", erased_at=AT),
    "rolltransfer_says_why": lambda: RollTransfer(entry=on_roll(), reason="", by=me(), at=AT),
    "paper_one_per_serial": lambda: twice(paper(), paper(entry=saved(entry()))),
    "paper_one_live_per_entry": lambda: twice(paper(), paper(serial=balloting.serial(6))),
    "unique ballots_paper.replaces": lambda: twice(
        spoilt := paper(state="spoilt"),
        paper(serial=balloting.serial(6), state="spoilt", replaces=spoilt),
        paper(serial=balloting.serial(7), state="spoilt", replaces=spoilt),
    ),
    "paperevent_one_per_step": lambda: twice(event(), event()),
    "paperevent_returned_by_some_way": lambda: event(state="returned"),
    "paperevent_refused_before_witnesses": lambda: event(state="refused"),
    "sheetprint_prints_some": lambda: SheetPrint(ballot=draft(), sheets=0, by=me(), on=DAY),
    "bundle_one_per_number": lambda: twice(bundle(), bundle()),
    "bundle_closed_with_its_count": lambda: bundle(closed_on=DAY, closed_by=me()),
    "sheet_one_per_position": lambda: Sheet(ballot=draft(), bundle=sheet().bundle, position=1),
    "unique ballots_sheet.paper": lambda: twice(
        Sheet(ballot=draft(), bundle=sheet().bundle, position=2, paper=printed()),
        Sheet(ballot=draft(), bundle=sheet().bundle, position=3, paper=printed()),
    ),
    "unique ballots_callback.paper": lambda: twice(CallBack(paper=printed()), CallBack(paper=printed())),
    "callback_made_by_someone": lambda: CallBack(paper=printed(), outcome="confirmed"),
    "paperscan_once_per_sheet": lambda: twice(
        first := PaperScan(sheet=sheet(), attachment=factories.paper(home())),
        PaperScan(sheet=sheet(), attachment=first.attachment),
    ),
    "boxopening_before_witnesses": lambda: opening(witnesses=""),
    "paperentry_one_per_round": lambda: twice(typed(), typed(user=other())),
    "paperentry_one_per_person": lambda: twice(typed(), typed(round=2)),
    "paperentry_first_or_second": lambda: typed(round=3),
    "settlement_one_per_sheet": lambda: twice(settled(), settled()),
    "settlement_not_by_the_first": lambda: settled(by=me()),
    "settlement_not_by_the_second": lambda: settled(by=other()),
    "settlement_says_why": lambda: settled(reason=""),
    "ballotmove_one_per_step": lambda: twice(move(), move()),
    "ballotmove_posted_as_a_document": lambda: move(kind="announced"),
    "ballotmove_says_why": lambda: move(kind="cancelled"),
    "ballotmove_falls_by_a_document": lambda: move(kind="annulled", reason="违法"),
    "ballotmove_extended_until_a_day": lambda: move(kind="extended", reason="人不够"),
    "unique ballots_ballotmove.document": lambda: twice(
        first := move(document=document()), move(seq=2, document=first.document)
    ),
    "ballotproof_one_per_photograph": lambda: twice(first := proof(), proof(attachment=first.attachment)),
    "result_one_per_count": lambda: twice(result(), result("AAAA0000F")),
    "result_certified_by_two": lambda: result(second_by=me()),
    "unique ballots_result.document": lambda: twice(first := result(), result(count=2, document=first.document)),
    "unique ballots_certification.ballot": lambda: twice(certification(), certification()),
}


@pytest.fixture(autouse=True)
def one_compound() -> None:
    factories.compound()


def test_every_constraint_has_its_broken_row() -> None:
    assert set(BROKEN) == all_constraints("ballots")


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str) -> None:
    row = BROKEN[name]()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        row.save(force_insert=True)
    said = str(refusal.value)
    if not name.startswith("unique") and (connection.vendor == "postgresql" or "CHECK" in said):
        assert name in said


def test_the_mended_rows_are_taken() -> None:
    """Control: the rows above are refused for the one thing that is wrong with them."""
    announced = {"announced_on": BEFORE, "roll_sha256": "0" * 64}
    good = [
        rule(), rule(version=2, voter="household", by_area=False, secret=True), ballot(),
        ballot(number=10, state="announced", announced_on=BEFORE), ballot(number=11, state="issuing", **announced),
        ballot(number=12, voting_from_on=None, voting_until_on=None), question(), several(number=3),
        several(number=4, seats=2, write_in=True), Option(question=draft().questions.get(number=1), number=1, text="甲"),
        clerk(until_on=DAY), representative(until_on=DAY), representative(), entry(),
        RollName(entry=saved(entry(number=8, voter_key="l")), erased_at=AT), room(dwelling=Dwelling.objects.order_by("pk")[1]),
        RollTransfer(entry=on_roll(), reason="过户", by=me(), at=AT), paper(state="spoilt", serial=balloting.serial(6)), event(),
        event(seq=3, state="returned", channel="visit"), event(seq=4, state="refused", witnesses="张三、李四"),
        SheetPrint(ballot=draft(), sheets=1, by=me(), on=DAY), bundle(number=3), opening(),
        bundle(number=4, closed_on=DAY, closed_by=me(), sheet_count=50),
        CallBack(paper=printed(), outcome="confirmed", by=me(), on=DAY),
        PaperScan(sheet=sheet(), attachment=factories.paper(home())), typed(), typed(round=2, user=other()),
        typed(count=2), settled(), settled(count=2, second_by=None), move(seq=2, kind="announced", document=document()),
        move(seq=3, kind="cancelled", reason="不办了"), move(seq=4, kind="extended", reason="人不够", until_on=DAY),
        move(seq=5, kind="annulled", reason="违法", paper=factories.paper(home())), proof(), result(), certification(),
    ]  # fmt: skip
    for row in good:
        if row.pk is None:
            row.save(force_insert=True)
