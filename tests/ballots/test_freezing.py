"""The roll frozen when issuing begins: what stops it, what it keeps, how a change is found, who takes an entry over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ballots.models import Ballot, RollDwelling, RollEntry, RollName, RollTransfer
from ballots.operations.freezing import (
    announced_totals,
    freeze_roll,
    frozen_totals,
    roll_sha256,
    transfer_entry,
    verify_roll,
)
from ballots.operations.refusals import (
    EntrySplit,
    NoReason,
    NothingToTransfer,
    NoticeStillRuns,
    ObjectionsOpen,
    RollChanged,
    RollEmpty,
    VoteCast,
    WrongState,
)
from compounds.choices import ObjectionOutcome
from compounds.models import Compound, Dwelling, Objection, Owner, Ownership
from compounds.operations.objections import (
    AnsweredAlready,
    AnswerTooEarly,
    Objecting,
    answer_objection,
    take_objection,
)
from core.codes import read_code
from core.models import Entry
from core.operations import machine
from tests import balloting, factories
from tests.balloting import FROM
from tests.factories import AT

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 3)


def me() -> dict[str, Any]:
    return {"actor": machine("system"), "at": AT}


def owned(home: Compound) -> list[Dwelling]:
    """Give each dwelling an owner; the first two are one person's."""
    dwellings = list(Dwelling.objects.of(home).order_by("pk"))
    people = [Owner.objects.create(area_code=home.area_code[:12], name=f"业主{n}") for n in range(len(dwellings))]
    for n, dwelling in enumerate(dwellings):
        Ownership.objects.create(dwelling=dwelling, owner=people[max(n - 1, 0)], votes=True)
    return dwellings


def objection(ballot: Ballot) -> Objection:
    document = ballot.moves.get().document
    assert document is not None
    said = Objecting("名册少了我家", DAY, "3号楼501", "王某")
    return take_objection(ballot.compound, document, said, answer_days=5, **me())


def sell(dwelling: Dwelling, name: str) -> None:
    Ownership.objects.filter(dwelling=dwelling).delete()
    owner = Owner.objects.create(area_code=factories.COMMUNITY, name=name)
    Ownership.objects.create(dwelling=dwelling, owner=owner, votes=True)


def test_freezing_writes_every_voter_once_and_begins_issuing() -> None:
    home = factories.compound()
    owned(home)
    ballot = balloting.issuing(home)
    entries = list(RollEntry.objects.filter(ballot=ballot).select_related("person"))
    assert [(e.number, e.person.name, e.area, e.dwellings.count()) for e in entries] == [
        (1, "业主0", Decimal("119.5000"), 2), (2, "业主1", Decimal("59.7500"), 1), (3, "业主2", Decimal("59.7500"), 1),
    ]  # fmt: skip
    ballot.refresh_from_db()
    assert (ballot.state, ballot.moves.last().kind) == ("issuing", "issuing")  # type: ignore[union-attr]
    assert len({e.voter_key for e in entries}) == 3
    assert verify_roll(ballot)
    assert announced_totals(ballot) == frozen_totals(ballot)
    assert Entry.objects.filter(action="ballot.issuing").count() == 1


def test_a_register_that_changed_since_the_notice_shows_in_the_totals() -> None:
    home = factories.compound()
    ballot = balloting.announced(home)
    Dwelling.objects.of(home).order_by("pk").last().delete()  # type: ignore[union-attr]
    with pytest.raises(RollChanged) as changed:
        freeze_roll(ballot, heads=4, on=FROM, **me())
    assert changed.value.heads == 3
    ballot = freeze_roll(ballot, heads=3, on=FROM, **me())
    said = announced_totals(ballot)
    assert said is not None
    assert (said.heads, frozen_totals(ballot).heads) == (4, 3)


def test_the_notice_hangs_for_its_days_first() -> None:
    ballot = balloting.announced(factories.compound())
    with pytest.raises(NoticeStillRuns) as problem:
        freeze_roll(ballot, heads=4, on=date(2026, 10, 15), **me())
    assert problem.value.from_on == date(2026, 10, 16)
    assert freeze_roll(ballot, heads=4, on=date(2026, 10, 16), **me()).state == "issuing"


def test_an_unanswered_objection_stops_it_unless_a_reason_is_told() -> None:
    ballot = balloting.announced(factories.compound())
    one = objection(ballot)
    with pytest.raises(ObjectionsOpen):
        freeze_roll(ballot, heads=4, on=FROM, **me())
    assert not RollEntry.objects.exists()
    with_reason = freeze_roll(ballot, heads=4, on=FROM, reason="和提出的人谈过，等测绘", **me())
    assert with_reason.moves.last().reason == "和提出的人谈过，等测绘"  # type: ignore[union-attr]
    answer_objection(one, ObjectionOutcome.REJECTED, "在名册第4号", on=FROM, **me())


def test_an_answered_objection_stops_nothing_and_the_reason_is_not_kept() -> None:
    ballot = balloting.announced(factories.compound())
    answer_objection(objection(ballot), ObjectionOutcome.UPHELD, "已补上", on=DAY, **me())
    assert freeze_roll(ballot, heads=4, on=FROM, reason="多余", **me()).moves.last().reason == ""  # type: ignore[union-attr]


def test_nobody_freezes_twice_nor_an_empty_roll() -> None:
    ballot = balloting.issuing(factories.compound())
    with pytest.raises(WrongState):
        freeze_roll(ballot, heads=4, on=FROM, **me())
    empty = balloting.announced(factories.compound(f"{factories.COMMUNITY}02", "空院", households=0))
    with pytest.raises(RollEmpty):
        freeze_roll(empty, heads=0, on=FROM, **me())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ballots_rolldwelling SET area = area + 1",
        "UPDATE ballots_rolldwelling SET area_source = 'declared'",
        "UPDATE ballots_rollentry SET area = area + 0.0001 WHERE number = 2",
        "UPDATE ballots_rollentry SET number = 9 WHERE number = 3",
        "UPDATE ballots_rollentry SET voter_key = 'x' WHERE number = 1",
        "DELETE FROM ballots_rolldwelling WHERE id = (SELECT max(id) FROM ballots_rolldwelling)",
    ],
)
def test_a_roll_changed_in_sql_is_found(sql: str) -> None:
    home = factories.compound()
    Dwelling.objects.of(home).update(area_source="registered")
    ballot = balloting.issuing(home)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("ballots_rollentry", "ballots_rolldwelling"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ballots_roll%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        assert verify_roll(ballot)
        cursor.execute(sql)
    assert not verify_roll(ballot)


def test_the_hash_asks_twice_however_large_the_roll(django_assert_num_queries: Any) -> None:
    ballot = balloting.issuing(factories.compound(households=30))
    with django_assert_num_queries(2):
        assert len(roll_sha256(ballot)) == 64
    assert not verify_roll(balloting.announced(factories.compound(f"{factories.COMMUNITY}02")))


# --- A dwelling changes hands -------------------------------------------------------------------------------------


def test_the_new_owner_takes_the_entry_and_the_hash_stays() -> None:
    home = factories.compound()
    dwellings = owned(home)
    ballot = balloting.issuing(home)
    entry = RollEntry.objects.get(ballot=ballot, number=3)
    with pytest.raises(NothingToTransfer):
        transfer_entry(entry, reason="过户", **me())
    sell(dwellings[3], "周新")
    with pytest.raises(NoReason):
        transfer_entry(entry, reason="", **me())
    transfer_entry(entry, reason="过户，产权证", **me())
    assert RollName.objects.get(entry=entry).name == "周新"
    assert RollTransfer.objects.get().reason == "过户，产权证"
    assert verify_roll(ballot)
    assert "由业*换成周*" in Entry.objects.get(action="ballot.transfer").summary


def test_a_vote_cast_stands() -> None:
    home = factories.compound()
    dwellings = owned(home)
    ballot = balloting.issuing(home)
    entry = RollEntry.objects.get(ballot=ballot, number=3)
    balloting.paper(ballot, entry, "issued", "returned")
    sell(dwellings[3], "周新")
    with pytest.raises(VoteCast):
        transfer_entry(entry, reason="过户", **me())
    assert RollName.objects.get(entry=entry).name == "业主2"


def test_one_of_several_dwellings_sold_splits_no_entry() -> None:
    home = factories.compound()
    dwellings = owned(home)
    ballot = balloting.issuing(home)
    sell(dwellings[1], "周新")
    with pytest.raises(EntrySplit):
        transfer_entry(RollEntry.objects.get(ballot=ballot, number=1), reason="过户", **me())
    assert RollDwelling.objects.filter(entry__number=1).count() == 2


# --- Objections ---------------------------------------------------------------------------------------------------


def test_an_objection_has_a_slip_nobody_guesses_and_a_day_for_its_answer() -> None:
    ballot = balloting.announced(factories.compound())
    slips = {objection(ballot).slip for _ in range(50)}
    assert len(slips) == 50
    assert all(read_code(slip.lower(), 14) == slip for slip in slips)
    assert {o.answer_by_on for o in Objection.objects.all()} == {date(2026, 10, 8)}


def test_an_objection_is_answered_once_and_not_before_it_came() -> None:
    one = objection(balloting.announced(factories.compound()))
    assert list(Objection.objects.due([factories.STREET])) == [one]
    with pytest.raises(AnswerTooEarly):
        answer_objection(one, ObjectionOutcome.UPHELD, "已补上", on=date(2026, 10, 2), **me())
    answer_objection(one, ObjectionOutcome.UPHELD, "已补上", on=DAY, **me())
    with pytest.raises(AnsweredAlready):
        answer_objection(one, ObjectionOutcome.REJECTED, "不改", on=DAY, **me())
    assert not Objection.objects.due([factories.STREET]).exists()
    assert not Objection.objects.due([""]).exists()
