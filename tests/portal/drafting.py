"""The pages of drafting and announcing ballots, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from ballots.models import Ballot, Option, Question
from ballots.operations.announcing import extend_ballot, prove_ballot
from core.models import User
from core.operations import machine, store_paper
from tests import balloting, factories
from tests.factories import AT

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

HUNG = "服务模式和收费标准（公告）"


def grow_drafts(town: Town, n: int) -> None:
    """Add questions and a file to the first draft, and photographs and an extension to what hangs."""
    first = Ballot.objects.get(compound=town.home, number=1)
    for question in range(2):
        asked = Question.objects.create(ballot=first, number=10 * n + question + 2, kind="choose_one", text="谁来管？")
        Option.objects.bulk_create(Option(question=asked, number=k, text=f"{k}") for k in (1, 2))
    first.attachments.add(factories.paper(town.home, f"{n}", kind="notice_file"))
    hang(town, n)


def hang(town: Town, n: int) -> None:
    """Announce a ballot, and photograph it where it hangs; once more for longer."""
    who: dict[str, Any] = {"actor": machine("system"), "at": AT}
    hung = Ballot.objects.filter(compound=town.home, title=HUNG).first() or balloting.posted(town.home, title=HUNG)
    assert hung.voting_until_on is not None
    longer = extend_ballot(hung, hung.voting_until_on + timedelta(1), "人不够", **who)
    for move in (hung.moves.get(kind="announced"), longer):
        shade = (40 * n, 20 + move.seq, 90)
        photograph = store_paper(factories.picture(f"rgb{shade}"), name="门口.png")
        prove_ballot(move, f"{n}号楼门口", move.on, [photograph], **who)


def draft_pages(town: Town) -> dict[str, tuple[str, User | None]]:
    """Return the pages of drafting and announcing."""
    code, staff = town.home.code, town.staff
    hung = Ballot.objects.get(compound=town.home, title=HUNG).number
    return {
        "ballot_new": (reverse("ballot_new", args=[code]), staff),
        **{
            name: (reverse(name, args=[code, 1]), staff)
            for name in (
                "ballot_draft",
                "ballot_edit",
                "ballot_rule",
                "ballot_sample",
                "ballot_announcement",
                "ballot_cancellation",
            )
        },
        "ballot_question": (reverse("ballot_question", args=[code, 1, 1]), staff),
        "ballot announced": (reverse("ballot", args=[code, hung]), staff),
        "ballot_notice": (reverse("ballot_notice", args=[code, hung]), staff),
        "ballot_posted_pdf": (reverse("ballot_posted_pdf", args=[code, hung, 1]), staff),
        "ballot_extension": (reverse("ballot_extension", args=[code, hung]), staff),
        "compound_ballots": (reverse("compound_ballots", args=[code]), None),
        "compound_ballot": (reverse("compound_ballot", args=[code, hung]), None),
        "compound_ballot_file": (reverse("compound_ballot_file", args=[code, hung, "json"]), None),
        "compound_ballot_enclosure": (reverse("compound_ballot_enclosure", args=[code, hung, 1]), None),
    }
