"""The ballot paper: what all papers of a ballot say, and one voter's sheet; for preview, print job and sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ballots.choices import Matter, PaperSize, QuestionKind, Voter
from ballots.models import Ballot, Question
from compounds.models import Area
from core.codes import show_code

STYLES = ("core/print_ballot.css",)
DIGITS = "〇一二三四五六七八九十"
APPROVAL = ("赞成", "反对", "弃权")
WRITE_IN_LINES = 2
MOST_ON_A5 = 11  # candidates and lines for others
TITLES = {Voter.OWNER: "业主表决票", Voter.HOUSEHOLD: "居民会议表决票", Voter.REPRESENTATIVE: "居民代表表决票"}
BODIES = {Voter.OWNER: "业主共同决定", Voter.HOUSEHOLD: "居民会议", Voter.REPRESENTATIVE: "居民会议（居民代表）"}
VOTERS = {Voter.OWNER: "业主", Voter.HOUSEHOLD: "户代表", Voter.REPRESENTATIVE: "居民代表"}
UNITS = {Voter.OWNER: "1人", Voter.HOUSEHOLD: "1户", Voter.REPRESENTATIVE: "1人"}


def ordinal(number: int) -> str:
    """Return a question's number as papers print it: 一, 十, 十二, 二十."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十") + (
        DIGITS[ones] if ones or not tens else ""
    )


@dataclass(frozen=True)
class AskedLine:
    """A question as it stands on the paper; ``how``: how many may be marked, "" where it is plain.

    ``seats``: in an election each candidate stands in a line of its own, with a box for 赞成, 反对 and 弃权.
    """

    number: int
    text: str
    note: str
    how: str
    options: tuple[str, ...]
    by_row: bool
    proposal: bool
    write_in: tuple[int, ...] = ()
    seats: int = 0

    @property
    def sign(self) -> str:
        return ordinal(self.number)


@dataclass(frozen=True)
class PaperForm:
    """What every paper of a ballot says alike. ``roll_sha256`` is "" before the roll is frozen."""

    title: str
    meeting: str
    subject: str
    community: str
    compound: str
    voter_label: str
    questions: tuple[AskedLine, ...]
    valid: str
    void: str
    signed: bool
    secret: bool
    closing: str
    roll_sha256: str
    size: str
    with_area: bool

    @property
    def page(self) -> str:
        """The page of the style sheet that the paper is set on."""
        return f"paper-{self.size.lower()}"


@dataclass(frozen=True)
class PaperSheet:
    """One voter's paper. ``qr`` is what its code holds; a secret ballot's sheet has neither serial nor voter.

    ``note`` marks what is no real paper: 样张.
    """

    form: PaperForm
    serial: str = ""
    qr: str = ""
    voter: str = ""
    rooms: str = ""
    area: Decimal | None = None
    votes: str = ""
    note: str = ""

    @property
    def shown_serial(self) -> str:
        """The serial in groups: 7K2M-9QXA-C."""
        return show_code(self.serial) if self.serial else ""


def asked_line(question: Question) -> AskedLine:
    """Return a question as it is printed."""
    approve = question.kind == QuestionKind.APPROVE
    options = APPROVAL if approve else tuple(option.text for option in question.options.all())
    how = {
        QuestionKind.APPROVE: "",
        QuestionKind.CHOOSE_ONE: "选一项",
        QuestionKind.CHOOSE_UP_TO: f"最多选{question.most}项",
    }[QuestionKind(question.kind)]
    if question.seats:
        how = f"选{question.seats}人，最多赞成{question.seats}人"
    by_row = len(options) <= 3 and max((len(text) for text in options), default=0) <= 7
    lines = tuple(range(min(question.seats or 0, WRITE_IN_LINES))) if question.write_in else ()
    return AskedLine(
        question.number,
        question.text,
        question.note,
        how,
        options,
        by_row,
        question.proposal,
        lines,
        question.seats or 0,
    )


def paper_form(ballot: Ballot) -> PaperForm:
    """Return what all papers of a ballot say; three queries."""
    rule, compound = ballot.rule, ballot.compound
    voter = Voter(rule.voter)
    community = Area.objects.containing(compound.area_code).filter(level="community").first()
    questions = tuple(map(asked_line, ballot.questions.order_by("number").prefetch_related("options")))
    election = ballot.matter == Matter.COMMITTEE
    signed = rule.signed and not ballot.secret
    return PaperForm(
        title="自管会选举票" if election else TITLES[voter],
        meeting=f"{_year(ballot)}第{ballot.number}次表决　{BODIES[voter]}",
        subject=ballot.title,
        community=community.name.removeprefix("北京市") if community else "",
        compound=compound.name,
        voter_label=VOTERS[voter],
        questions=questions,
        valid=_valid(questions),
        void=_void(questions, signed=signed, secret=ballot.secret),
        signed=signed,
        secret=ballot.secret,
        closing=_closing(ballot),
        roll_sha256=ballot.roll_sha256,
        size=_size(ballot, questions),
        with_area=voter == Voter.OWNER and not ballot.secret,
    )


def sample_sheet(ballot: Ballot) -> PaperSheet:
    """Return a paper as it will be printed, without a voter."""
    form = paper_form(ballot)
    serial = "" if ballot.secret else "0" * 9
    return PaperSheet(form, serial=serial, qr=serial, note="样张，不能用来投票", votes=votes_of(ballot))


def votes_of(ballot: Ballot) -> str:
    """Return how many votes one paper has: 1人, 1户."""
    return UNITS[Voter(ballot.rule.voter)]


def _size(ballot: Ballot, questions: tuple[AskedLine, ...]) -> str:
    """Return the paper's size: an election that would need a second page of A5 takes A4."""
    rows = sum(len(line.options) + len(line.write_in) for line in questions if line.seats)
    return PaperSize.A4.value if rows > MOST_ON_A5 else PaperSize(ballot.paper_size).value


def _year(ballot: Ballot) -> str:
    first: date | None = ballot.voting_from_on
    return f"{first.year}年" if first else ""


def _valid(questions: tuple[AskedLine, ...]) -> str:
    if any(line.seats for line in questions):
        return _valid_election(questions)
    several = any(line.how.startswith("最多") for line in questions)
    mark = "每件事按题目写的项数打钩，可以少选，不能多选。" if several else "每件事只在一个方框里打钩。"
    return f"{mark}不填算未填，不算赞成，也不算反对。"


def _valid_election(questions: tuple[AskedLine, ...]) -> str:
    others = "，也可以另写别人的名字，写一个算赞成一人" if any(line.write_in for line in questions) else ""
    return f"每个人在赞成、反对、弃权里打一个钩{others}。赞成的人可以少于应选人数，不能多于应选人数。不打钩算没有赞成。"


def _void(questions: tuple[AskedLine, ...], *, signed: bool, secret: bool) -> str:
    several = any(line.how.startswith("最多") for line in questions)
    many = "一件事选多了，这件事无效，别的事照算。" if several else "一件事选了两个，这件事无效，别的事照算。"
    if any(line.seats for line in questions):
        many = "赞成的人（连另写的名字）多于应选人数，这张票的选举无效。同一个人打了两个钩，对这个人不算。"
    if signed:
        return f"{many}没有签名，整票无效。涂改处要签名。单位要盖章。"
    return f"{many}复印的票无效。" + ("票上不要写名字。" if secret else "")


def _closing(ballot: Ballot) -> str:
    last = ballot.voting_until_on
    until = f"请在{last.year}年{last.month}月{last.day}日以前" if last else "请按公告上的日期"
    if ballot.secret:
        return f"{until}投进票箱（{ballot.return_place or '公告上写的地方'}），或投进上门的流动票箱。这张票只收纸质，不在网上投。"
    return f"{until}交到{ballot.return_place or '公告上写的地方'}，或交给上门的工作人员。没交回的票不算赞成。这张票只收纸质，不在网上投。"
