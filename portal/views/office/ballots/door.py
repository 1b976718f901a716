"""What every page of a ballot asks first: which compound, which ballot; what is out of scope does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, reverse

from ballots.choices import BallotState
from ballots.models import Ballot
from compounds.models import Compound
from portal.views.office.door import OfficeRequest, compound_page, find_compound

HERE = "ballots"


@dataclass(frozen=True)
class Page:
    """A page of a ballot: the tab it belongs to, the name of its address, its words, and the states it is of use in.

    ``secret``: whether it is of use in secret ballots only, or in open ones only.
    """

    tab: str
    name: str
    words: str
    states: tuple[BallotState, ...] = ()
    secret: bool | None = None

    def of_use(self, ballot: Ballot) -> bool:
        return (not self.states or ballot.state in self.states) and self.secret in (None, ballot.secret)


DRAFT, ANNOUNCED = BallotState.DRAFT, BallotState.ANNOUNCED
ISSUING, COUNTING = BallotState.ISSUING, BallotState.COUNTING
COUNTED = (BallotState.CERTIFIED, BallotState.FINAL, BallotState.ANNULLED, BallotState.SET_ASIDE)
RUNNING = (ISSUING, COUNTING, *COUNTED)

# The tabs above every page of a ballot, in the order of its life; a page whose address does not exist is not shown.
TABS = ("起草", "公告", "名册", "选票", "录票", "结果")
PAGES = (
    Page("起草", "ballot", "进度"),
    Page("起草", "ballot_draft", "题目和安排"),
    Page("公告", "ballot_notice", "公告", (ANNOUNCED, *RUNNING, BallotState.CANCELLED)),
    Page("公告", "ballot_announcement", "张贴公告", (DRAFT,)),
    Page("名册", "ballot_roll", "名册"),
    Page("选票", "ballot_papers", "选票", RUNNING),
    Page("选票", "ballot_issuing", "发票", (ISSUING,)),
    Page("选票", "ballot_returning", "收票", (ISSUING, COUNTING)),
    Page("选票", "ballot_visits", "入户送票", (ISSUING,)),
    Page("选票", "ballot_turnout", "参与情况", RUNNING),
    Page("录票", "ballot_box", "开箱", (COUNTING,), secret=True),
    Page("录票", "ballot_entry", "录票", (COUNTING,)),
    Page("录票", "ballot_clerks", "选票录入员"),
    Page("录票", "ballot_differences", "核定", (COUNTING,)),
    Page("结果", "ballot_reconciliation", "核对票数", RUNNING),
    Page("结果", "ballot_certification", "确认结果", (COUNTING,)),
    Page("结果", "ballot_result", "结果", COUNTED),
    Page("结果", "ballot_calls", "回访抽查", (COUNTING, *COUNTED), secret=False),
    Page("结果", "ballot_objections", "异议", (ANNOUNCED, *RUNNING)),
)
# What is done next where a ballot stands: the page, and its button.
NEXT = {
    DRAFT: ("ballot_announcement", "张贴公告"),
    ANNOUNCED: ("ballot_freezing", "锁定名册，开始发票"),
    ISSUING: ("ballot_returning", "收票"),
    COUNTING: ("ballot_entry", "录票"),
    BallotState.CERTIFIED: ("ballot_result", "看结果"),
    BallotState.FINAL: ("ballot_result", "看结果"),
}


def next_page(ballot: Ballot) -> tuple[str, str]:
    """Return the name of the page on which a ballot goes on, and its button; before all a secret box is opened."""
    if ballot.state == COUNTING and ballot.secret and not ballot.bundles.exists():
        return "ballot_box", "开箱"
    return NEXT.get(BallotState(ballot.state), ("", ""))


@dataclass(frozen=True)
class Link:
    """A link with its words, and whether it leads to the page that is shown."""

    url: str
    words: str
    here: bool = False


@dataclass(frozen=True)
class Tab:
    """A group of a ballot's pages."""

    words: str
    links: tuple[Link, ...]


def ballot_url(name: str, ballot: Ballot) -> str:
    """Return the address of a ballot's page, or "" where there is none of this name."""
    try:
        return reverse(name, args=[ballot.compound.code, ballot.number])
    except NoReverseMatch:
        return ""


def tabs_of(ballot: Ballot, path: str) -> list[Tab]:
    """Return the tabs with the pages that exist and are of use where the ballot stands."""
    found = []
    for words in TABS:
        pages = [page for page in PAGES if page.tab == words and page.of_use(ballot)]
        urls = [(ballot_url(page.name, ballot), page.words) for page in pages]
        links = tuple(Link(url, said, url == path) for url, said in urls if url)
        if links:
            found.append(Tab(words, links))
    return found


def find_ballot(request: OfficeRequest, code: str, number: int) -> Ballot:
    """Return a ballot of a compound in the user's scope, with its compound and rule; else 404."""
    compound = find_compound(request, code)
    return ballot_of(compound, number)


def ballot_of(compound: Compound, number: int) -> Ballot:
    """Return a compound's ballot by its number, or answer 404."""
    found = Ballot.objects.select_related("rule").filter(compound=compound, number=number).first()
    if found is None:
        raise Http404
    found.compound = compound
    return found


def ballot_page(
    request: OfficeRequest, template: str, ballot: Ballot, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with a page of a ballot: the compound's navigation beside, the ballot's own pages above."""
    shown = {"ballot": ballot, "tabs": tabs_of(ballot, request.path), "today": request.today, **context}
    return compound_page(request, template, ballot.compound, HERE, shown, status)
