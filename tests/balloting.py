"""Plain factories of ballots: one whole ballot by hand, without the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from ballots.choices import Channel
from ballots.documents.results import figures_sha256
from ballots.models import (
    Ballot,
    BallotMove,
    BallotProof,
    BoxOpening,
    Bundle,
    HandCount,
    Option,
    Paper,
    PaperEntry,
    PaperEvent,
    PaperScan,
    PaperVisit,
    Question,
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
from ballots.operations.announcing import announce_ballot
from ballots.operations.boxes import lay_bundles, open_box
from ballots.operations.certifying import certify_first, certify_second, figures_of
from ballots.operations.counting import begin_counting
from ballots.operations.drafting import change_ballot, save_question, start_ballot
from ballots.operations.entering import enter_paper
from ballots.operations.freezing import freeze_roll
from ballots.operations.issuing import issue_papers, return_papers
from ballots.operations.rolls import draft_roll
from ballots.rules.drafting import QuestionDraft
from ballots.rules.entries import Said
from compounds.models import Compound, Dwelling, Objection, ObjectionAnswer
from core.codes import check_character
from core.hashing import canonical_json
from core.operations import machine
from tests import factories
from tests.factories import AT

FROM, UNTIL = date(2026, 10, 20), date(2026, 11, 4)


def rule(key: str = "owners_ordinary") -> VotingRule:
    return VotingRule.objects.filter(area_code="", key=key).latest("version")


def ballot(home: Compound, key: str = "owners_ordinary", **fields: object) -> Ballot:
    """Draft a ballot with one question of approval."""
    said = {
        "number": home.ballots.count() + 1, "title": "服务模式和收费标准", "matter": "service_mode", "rule": rule(key),
        "made_by": machine("system"), "made_at": AT, "voting_from_on": FROM, "voting_until_on": UNTIL,
    }  # fmt: skip
    made = Ballot.objects.create(compound=home, **(said | fields))
    Question.objects.create(ballot=made, number=1, kind="approve", text="是否同意实行准物业服务模式？")
    return made


def serial(number: int) -> str:
    body = f"{number:08d}"
    return body + check_character(body)


def roll_entry(of: Ballot, dwelling: Dwelling, number: int = 1) -> RollEntry:
    """Put a dwelling's owner on the roll."""
    entry = RollEntry.objects.create(
        ballot=of, number=number, kind="owner", voter_key=f"{of.pk:016d}{number:016d}", area=dwelling.area,
        building=dwelling.building.label, place=str(dwelling),
    )  # fmt: skip
    RollDwelling.objects.create(
        ballot=of, entry=entry, dwelling=dwelling, address=str(dwelling), area=dwelling.area, area_source="registered"
    )
    RollName.objects.create(entry=entry, name="王秀兰", phone="010-68870000")
    return entry


def paper(of: Ballot, entry: RollEntry, *states: str) -> Paper:
    """Print an entry's paper and let it go through these states."""
    made = Paper.objects.create(ballot=of, entry=entry, serial=serial(of.pk * 100 + entry.number))
    told = {"returned": {"channel": "visit"}, "refused": {"witnesses": "张三、李四"}}
    for seq, state in enumerate(("printed", *states), 1):
        PaperEvent.objects.create(
            paper=made, seq=seq, state=state, on=FROM, by=machine("system"), at=AT, **told.get(state, {})
        )
        made.state = state
    made.save(update_fields=["state"])
    return made


def whole_ballot(home: Compound) -> Ballot:
    """Put a row into each insert-only table of the ballots."""
    first, second, day = machine("system"), machine("system-2"), timezone.localdate(AT)
    third = factories.user(name="赵书记")
    made = ballot(home, state="certified", announced_on=date(2026, 10, 1), roll_sha256="0" * 64)
    entry = roll_entry(made, Dwelling.objects.of(home).order_by("pk")[0])
    RollTransfer.objects.create(entry=entry, reason="过户，产权证见附件", by=first, at=AT)
    PaperVisit.objects.create(entry=entry, on=FROM, outcome="nobody", by=first, at=AT)
    SheetPrint.objects.create(ballot=made, sheets=100, by=first, on=FROM)
    BoxOpening.objects.create(ballot=made, boxes="固定箱1个", sheets=1, witnesses="张三、李四", by=first, on=UNTIL)
    sheet = Sheet.objects.create(
        ballot=made, bundle=Bundle.objects.create(ballot=made, number=1), position=1,
        paper=paper(made, entry, "issued", "returned"),
    )  # fmt: skip
    PaperScan.objects.create(sheet=sheet, attachment=factories.paper(home, "", "pink", "other"))
    for number, who in ((1, first), (2, second)):
        PaperEntry.objects.create(sheet=sheet, round=number, user=who, marks='{"1":["赞成"]}', entered_on=UNTIL)
    Settlement.objects.create(
        sheet=sheet, marks='{"1":["反对"]}', reason="看票面是反对", first_by=first, second_by=second, by=third, on=UNTIL
    )
    HandCount.objects.create(ballot=made, figures='{"1":{"赞成":1}}', by=first, at=AT)
    announced = BallotMove.objects.create(
        ballot=made, seq=1, kind="announced", on=FROM, by=first, at=AT,
        document=factories.document(home, "AAAB0001D", "ballot_notice"),
    )  # fmt: skip
    BallotProof.objects.create(
        move=announced, place="1号楼门口", on=FROM, attachment=factories.paper(home, "", "cyan", "notice_photo"),
        by=first, at=AT,
    )  # fmt: skip
    Result.objects.create(
        ballot=made, count=1, document=factories.document(home, "AAAB0002F", "ballot_result"),
        counters="监票：张三；唱票：李四；计票：王五", first_by=first, second_by=second, at=AT,
    )  # fmt: skip
    objection = Objection.objects.create(
        compound=home, document=announced.document, slip="AAAA", text="名册少了我家", received_on=day, answer_by_on=day,
        by=first, at=AT,
    )  # fmt: skip
    ObjectionAnswer.objects.create(objection=objection, outcome="upheld", text="已补上", on=day, by=second, at=AT)
    return made


AREA = Decimal("61.2500")


def counting_ballot(
    home: Compound, papers: int = 4, questions: Sequence[tuple[str, tuple[str, ...]]] = (), *, number: int = 0, kind: str = "owner",
    bundle_of: int = 50, **fields: object,
) -> Ballot:  # fmt: skip
    """Put a ballot into counting, with so many returned papers in bundles; ``questions``: kind and options, 2 at most.

    The roll's entries are the compound's dwellings, again from the first where there are fewer.
    """
    said = {"announced_on": date(2026, 10, 1), "roll_sha256": "0" * 64, "state": "counting"} | fields
    made = ballot(home, **(said | ({"number": number} if number else {})))
    for place, (asks, options) in enumerate(questions, 2):
        most = 2 if asks == "choose_up_to" else None
        asked = Question.objects.create(ballot=made, number=place, kind=asks, text=f"第{place}件事怎么办？", most=most)
        Option.objects.bulk_create(Option(question=asked, number=n, text=text) for n, text in enumerate(options, 1))
    dwellings = list(Dwelling.objects.of(home).select_related("building", "entrance").order_by("pk"))
    entries = RollEntry.objects.bulk_create(
        RollEntry(
            ballot=made, number=n, kind=kind, voter_key=f"{made.pk:08d}{n:08d}", area=dwelling.area or AREA,
            building=dwelling.building.label, place=str(dwelling),
        )
        for n in range(1, papers + 1)
        for dwelling in [dwellings[n % len(dwellings) - 1]]
    )  # fmt: skip
    RollName.objects.bulk_create(RollName(entry=entry, name="张三") for entry in entries)
    printed = Paper.objects.bulk_create(
        Paper(ballot=made, entry=entry, serial=serial(made.pk % 1000 * 10_000 + entry.number), state="returned")
        for entry in entries
    )
    for start in range(0, papers, bundle_of):
        bundle = Bundle.objects.create(ballot=made, number=start // bundle_of + 1)
        Sheet.objects.bulk_create(
            Sheet(ballot=made, bundle=bundle, position=place, paper=each)
            for place, each in enumerate(printed[start : start + bundle_of], 1)
        )
    return made


# --- By the operations --------------------------------------------------------------------------------------------


def announced(home: Compound, key: str = "owners_ordinary", **fields: object) -> Ballot:
    """Announce a ballot on 1 October with the totals of the roll as it is."""
    made = ballot(home, key, state="announced", announced_on=date(2026, 10, 1), **fields)
    data = canonical_json({"roll": draft_roll(made).totals.as_dict()})
    BallotMove.objects.create(
        ballot=made, seq=1, kind="announced", on=date(2026, 10, 1), by=machine("system"), at=AT,
        document=factories.document(home, f"BBBB{home.pk:02d}{made.number:02d}D", "ballot_notice", data),
    )  # fmt: skip
    return made


def issuing(home: Compound, key: str = "owners_ordinary", **fields: object) -> Ballot:
    """Freeze the roll of an announced ballot, so that papers can be printed and issued."""
    made = announced(home, key, **fields)
    heads = draft_roll(made).totals.heads
    return freeze_roll(made, heads=heads, on=FROM, actor=machine("system"), at=AT)


def issuing_ballot(home: Compound, **fields: object) -> Ballot:
    """Put a ballot into issuing, with one printed paper for each dwelling of the compound."""
    said = {"announced_on": date(2026, 10, 1), "roll_sha256": "0" * 64, "state": "issuing"}
    made = ballot(home, **(said | fields))
    dwellings = Dwelling.objects.of(home).select_related("building", "entrance").order_by("pk")
    for number, dwelling in enumerate(dwellings, 1):
        paper(made, roll_entry(made, dwelling, number))
    return made


def printed(of: Ballot) -> list[Paper]:
    """Print a paper for every entry of a frozen roll."""
    entries = list(of.roll.order_by("number"))
    papers = Paper.objects.bulk_create(
        Paper(ballot=of, entry=entry, serial="" if of.secret else serial(of.pk % 1000 * 10_000 + entry.number))
        for entry in entries
    )
    PaperEvent.objects.bulk_create(
        PaperEvent(paper=each, seq=1, state="printed", on=FROM, by=machine("system"), at=AT) for each in papers
    )
    return papers


def elect(of: Ballot, names: Sequence[str], seats: int = 5) -> Question:
    """Let persons be elected instead of what the ballot asked, others may be written in."""
    Question.objects.filter(ballot=of).delete()
    asked = Question.objects.create(
        ballot=of, number=1, kind="choose_up_to", text="选举自管会委员", most=seats, seats=seats, write_in=True
    )
    Option.objects.bulk_create(Option(question=asked, number=n, text=name) for n, name in enumerate(names, 1))
    return asked


def boxed(home: Compound, found: int, bundles: Sequence[int] = (), **fields: object) -> Ballot:
    """Hand out all papers of a secret ballot, and open its box with so many sheets, laid in these bundles."""
    made = issuing(home, "committee_election", secret=True, matter="committee", **fields)
    first = machine("system")
    SheetPrint.objects.create(ballot=made, sheets=100, by=first, on=FROM)
    issue_papers(made, printed(made), on=FROM, actor=first, at=AT)
    begin_counting(made, on=UNTIL + timedelta(1), actor=first, at=AT)
    open_box(made, "固定箱1个", found, "李敏、孙艳", actor=first, at=AT)
    if bundles:
        lay_bundles(made, bundles, actor=first, at=AT)
    return made


def taken_in(home: Compound, back: int, key: str = "owners_ordinary", **fields: object) -> Ballot:
    """Print and issue all papers of a ballot, take the first so many back, and stop taking papers."""
    made = issuing(home, key, **fields)
    papers = printed(made)
    first = machine("system")
    issue_papers(made, papers, on=FROM, actor=first, at=AT)
    if back:
        return_papers(
            made, papers[:back], Channel.FIXED_BOX if made.secret else Channel.VISIT, on=FROM, actor=first, at=AT
        )
    begin_counting(made, on=UNTIL + timedelta(1), actor=first, at=AT)
    return made


def entered(of: Ballot, *said: Said) -> Ballot:
    """Enter the sheets of a ballot twice, one after another, with what they say; the last goes for the rest."""
    sheets = list(of.sheets.order_by("bundle__number", "position"))
    for place, sheet in enumerate(sheets):
        for who in ("system", "system-2"):
            enter_paper(of, sheet, said[min(place, len(said) - 1)], actor=machine(who), at=AT)
    return of


def certified(of: Ballot, at: datetime = AT, counters: str = "监票：张三；唱票：李四；计票：王五") -> Result:
    """Certify a ballot whose sheets are all entered."""
    seen = figures_sha256(figures_of(of))
    certify_first(of, counters, seen, actor=machine("system"), at=at)
    return certify_second(of, seen, actor=machine("system-2"), at=at)


def posted(home: Compound, on: datetime = AT, **fields: object) -> Ballot:
    """Draft a ballot of one question with a file and announce it on a day, for voting as soon as its rule allows."""
    who: dict[str, Any] = {"actor": machine("system"), "at": on}
    first = timezone.localdate(on) + timedelta(15)
    made = start_ballot(home, "服务模式和收费标准", "service_mode", **who)
    made = save_question(made, made.version, 0, QuestionDraft("approve", "是否同意实行准物业服务模式？"), **who)
    said = {
        "voting_from_on": first, "voting_until_on": first + timedelta(14), "return_place": "居委会窗口",
        "count_place": "12月20日9:00，居委会二层", "contact": "居委会，68870000",
    }  # fmt: skip
    made = change_ballot(made, said | fields, made.version, **who)
    made.attachments.add(factories.paper(home, "", "olive", "notice_file"))
    announce_ballot(made, made.version, **who)
    made.refresh_from_db()
    return made
