"""What a compound's public page says of its ballots: which decided its mode, and how many papers are back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from ballots.choices import Move
from ballots.models import Ballot, Paper
from ballots.operations.certifying import fell_ballot, make_final
from ballots.rules.entries import Said
from core.operations import KeptPaper, machine, store_bytes
from tests import balloting, factories
from tests.portal.office import valid, words


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_pdf")
def test_compound_says_which_ballot_decided_its_mode_and_how_many_papers_are_back() -> None:
    home = factories.compound()
    page = f"/compounds/{home.code}/"
    decided = balloting.entered(balloting.taken_in(home, 3), Said({1: ("赞成",)}))
    balloting.certified(decided)
    decided.refresh_from_db()
    text = words(valid(Client().get(page)))
    assert "服务模式和收费标准结果公示" in text and "次表决定的" not in text
    later = factories.AT + timedelta(8)
    make_final(decided, on=later.date(), actor=machine("system"), at=later)
    running = balloting.issuing_ballot(home, title="停车办法", matter="parking")
    balloting.ballot(home, title="还在起草")
    Paper.objects.filter(ballot=running, entry__number=1).update(state="returned")
    with time_machine.travel(later, tick=False):
        text = words(valid(Client().get(page)))
        assert "收费标准，是第1次表决定的，2026年11月13日生效。是否同意实行准物业服务模式？通过" in text
        assert "停车办法正在收票，11月4日截止4票交回了1票" in text and "还在起草" not in text
        assert f'href="{page}ballots/1/"' in Client().get(page).content.decode()
        Ballot.objects.filter(pk=running.pk).update(show_turnout=False)
        assert "交回了" not in words(valid(Client().get(page)))
        fell_ballot(decided, Move.ANNULLED, "公告不足十五天", KeptPaper("决定.png", "image/png", 8, store_bytes(
            factories.picture())), on=later.date(), actor=machine("system"), at=later)  # fmt: skip
        assert "次表决定的" not in words(valid(Client().get(page)))
