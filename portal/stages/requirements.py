"""What each step asks for, derived from facts: one definition for a whole street and for one compound.

A requirement names the facts that it reads (annotations of a compound) and says in plain words what is lacking. Papers
are requirements too, made from the district's own list (``StagePaper``). What the portal keeps no facts of yet is
attested with a document (``later``), and the pages say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from ballots.choices import Matter
from ballots.documents.outcomes import Outcome, decided
from compounds.choices import OwnersBody, ProgrammeLine, StageAct, SurveyState, Tenure, Use
from compounds.models import (
    Compound,
    CompoundQuerySet,
    Dwelling,
    Facility,
    PublicResource,
    StageDocument,
    StagePaper,
    StageRecord,
    Survey,
    SurveySheet,
)
from compounds.rules import eligibility
from fees.models import Book, Ledger
from fees.rules import due_day, month_of, previous_month

IN_OPERATION = 9

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Requirement:
    """One thing that a step asks for.

    ``facts``: annotations of a compound that the verdict reads, on a day; ``lacks``: what is missing, "" when nothing
    is; ``page``: the name of the office page where it is mended ("" for the step's own page), ``verb`` its link;
    ``later``: the portal keeps no facts of it yet, a document attests it; where there is a ``matter``, a ballot on it
    that is in force and passed fulfils it too, and the document is for what was voted elsewhere.
    """

    key: str
    words: str
    lacks: Callable[[Facts], str]
    facts: Callable[[date], Facts] = lambda on: {}
    page: str = ""
    verb: str = "去办"
    later: bool = False
    paper: int | None = None
    matter: Matter | None = None


@dataclass(frozen=True)
class Verdict:
    """A requirement of a compound with what it lacks, in words; "" when it is fulfilled; ``outcome``: by which ballot."""

    requirement: Requirement
    missing: str
    outcome: Outcome | None = None

    @property
    def is_met(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Step:
    """One of the eight steps, or 长效运行: its number, its names, and what it asks for besides papers."""

    number: int
    name: str
    short: str
    requirements: tuple[Requirement, ...] = ()

    @property
    def sign(self) -> str:
        """The number as the programme prints it: ①."""
        return "①②③④⑤⑥⑦⑧⑨"[self.number - 1]

    @property
    def is_operation(self) -> bool:
        """Whether this is what comes after the eight: it is reached, never confirmed."""
        return self.number == IN_OPERATION

    def confirmed(self, compounds: CompoundQuerySet) -> QuerySet[Compound]:
        """Keep the compounds whose step is confirmed; of 长效运行 those that have reached it."""
        number = min(self.number, IN_OPERATION - 1)
        records = StageRecord.objects.confirmed().filter(stage=number, compound=OuterRef("pk"))
        return compounds.filter(Exists(records))

    def reached(self, compounds: CompoundQuerySet) -> QuerySet[Compound]:
        """Keep the compounds that have come to this step: the one before it is confirmed."""
        return compounds if self.number == 1 else STEPS[self.number - 2].confirmed(compounds)


# --- Facts --------------------------------------------------------------------------------------------------------


def _count(rows: QuerySet[Any], by: str, *, of: str = "pk") -> Coalesce:
    """Count rows per compound, in the same query; 0 where there is none."""
    mine = rows.filter(**{by: OuterRef("pk")}).order_by().values(by)
    counted = mine.annotate(n=Count(of, distinct=of != "pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _dwellings(*where: Q, of: str = "pk") -> Coalesce:
    return _count(Dwelling.objects.filter(*where), "building__compound", of=of)


HOUSEHOLDS = Q(use=Use.DWELLING)
# Dwellings whose owner is a unit: never sold, or never to be sold.
BY_UNIT = Q(tenure__in=[Tenure.UNSOLD_PUBLIC, Tenure.CENTRAL, Tenure.MILITARY])
INELIGIBLE = {
    "unified_management": "公共区域有统一的物业管理",
    "no_register": "还没有房屋，看不出有没有房改房",
    "no_reform_dwellings": "没有房改房",
    "owners_body": "已经有业主委员会或物业管理委员会",
}


def _lacks_dwellings(row: Facts) -> str:
    return "" if row["households"] else "房屋表还是空的"


def _lacks_eligibility(row: Facts) -> str:
    judged = eligibility(
        unified_management=row["unified"],
        reform_dwellings=row["reform"],
        dwellings=row["dwellings"],
        has_owners_body=row["body"] != OwnersBody.NONE,
    )
    return "；".join(INELIGIBLE[reason] for reason in judged.reasons)


def _lacks_units(row: Facts) -> str:
    if row["without_unit"]:
        return f"{row['without_unit']}套公房没写产权单位"
    return "" if row["units"] else "还没有一个产权单位"


def _lacks_survey(row: Facts) -> str:
    if not row["closed"]:
        return "调查还没结束" if row["surveys"] else "还没有开始调查"
    return "" if row["answered"] else "调查结束了，一户也没有答"


def _lacks_facilities(row: Facts) -> str:
    left = [line.label for line in ProgrammeLine if not row[f"line_{line.value}"]]
    return f"没记设施的类别：{'、'.join(left)}" if left else ""


def _lacks_resources(row: Facts) -> str:
    return "" if row["resources"] else "还没有记一项公共资源"


def _survey_facts(on: date) -> Facts:
    closed = Survey.objects.filter(compound=OuterRef("pk"), state=SurveyState.CLOSED)
    sheets = SurveySheet.objects.filter(survey__state=SurveyState.CLOSED)
    return {
        "closed": Exists(closed),
        "surveys": Exists(Survey.objects.filter(compound=OuterRef("pk")).exclude(state=SurveyState.DRAFT)),
        "answered": _count(sheets, "survey__compound", of="dwelling"),
    }


def _facility_facts(on: date) -> Facts:
    return {
        f"line_{line.value}": Exists(Facility.objects.filter(compound=OuterRef("pk"), line=line))
        for line in ProgrammeLine
    }


def last_due_month(on: date) -> date:
    """Return the last month whose ledger had to hang by a day."""
    month = previous_month(month_of(on))
    return month if due_day(month) < on else previous_month(month)


def _posting_facts(on: date) -> Facts:
    month = last_due_month(on)
    hangs = Ledger.objects.filter(compound=OuterRef("pk"), code=f"{month:%Y-%m}")
    return {
        "posted": Exists(hangs),
        "books": Exists(Book.objects.filter(compound=OuterRef("pk"))),
        "due_month": Value(month.month),
    }


def _lacks_posting(row: Facts) -> str:
    if not row["books"]:
        return "还没有建账"
    return "" if row["posted"] else f"{row['due_month']}月收支公示到期没有张贴"


def attested(key: str, words: str) -> Requirement:
    """Make a requirement whose facts the portal does not keep yet: a document of the step attests it."""

    def lacks(row: Facts) -> str:
        return "" if key in row["attests"] else f"还没有证明材料：{words}"

    return Requirement(key, words, lacks, verb="加材料", later=True)


def voted(key: str, words: str, matter: Matter) -> Requirement:
    """Make a requirement that a ballot on a matter fulfils, or a document of the step where it was voted elsewhere."""

    def lacks(row: Facts) -> str:
        if row["decided"].get(matter) or key in row["attests"]:
            return ""
        return f"{words.removesuffix('已经生效')}还没有通过并生效；在本站以前表决过的，加证明材料"

    return Requirement(key, words, lacks, page="ballots", verb="去表决", later=True, matter=matter)


def _of_paper(paper: StagePaper) -> Requirement:
    def lacks(row: Facts) -> str:
        return "" if paper.pk in row["papers"] else f"缺{paper.name}"

    return Requirement(f"paper_{paper.key}", paper.name, lacks, verb="加材料", paper=paper.pk)


# --- The steps ----------------------------------------------------------------------------------------------------

STEPS: tuple[Step, ...] = (
    Step(1, "小区选定", "选定", (
        Requirement("dwellings", "房屋表里有房屋", _lacks_dwellings, lambda on: {"households": _dwellings(HOUSEHOLDS)},
                    "register", "看房屋"),
        Requirement("eligible", "符合试点小区的条件", _lacks_eligibility, lambda on: {
            "unified": F("unified_management"), "body": F("owners_body"), "dwellings": _dwellings(),
            "reform": _dwellings(Q(tenure=Tenure.REFORM)),
        }, "compound_facts", "看小区情况"),
        Requirement("units", "产权单位清楚", _lacks_units, lambda on: {
            "without_unit": _dwellings(BY_UNIT, Q(property_unit=None)), "units": _dwellings(of="property_unit"),
        }, "units", "看产权单位"),
    )),
    Step(2, "调查摸底", "摸底", (
        Requirement("survey", "入户调查结束，有居民的回答", _lacks_survey, _survey_facts, "surveys", "去调查"),
        Requirement("facilities", "四类设施都摸清了", _lacks_facilities, _facility_facts, "things", "去登记"),
        Requirement("resources", "公共资源列出来了", _lacks_resources, lambda on: {
            "resources": Exists(PublicResource.objects.filter(compound=OuterRef("pk"))),
        }, "things", "去登记"),
    )),
    Step(3, "制定方案", "方案"),
    Step(4, "宣传动员", "动员"),
    Step(5, "成立自管会", "成立", (
        attested("election", "选举结果已经生效，自管会五至九人，单数"),
    )),
    Step(6, "建章立制", "建章", (
        attested("charter", "管理公约已经居民通过"),
        attested("procedure", "议事规则已经居民通过"),
    )),
    Step(7, "确定模式", "模式", (
        attested("preliminary_estimate", "表决公告附了初步测算表"),
        voted("mode_ballot", "模式、内容和标准的表决已经生效", Matter.SERVICE_MODE),
    )),
    Step(8, "测算费用", "测算", (
        attested("estimate", "测算表已经审定，写明结余或缺口"),
        attested("same_fee", "收费标准和第7步表决的一致，不一致的补充表决过"),
    )),
    Step(IN_OPERATION, "长效运行", "运行", (
        Requirement("posting", "上个月的收支公示按时张贴", _lacks_posting, _posting_facts, "office_ledgers", "看收支公示"),
    )),
)  # fmt: skip


def step_numbered(number: int) -> Step:
    """Return a step by its number.

    :raises LookupError: when there is none.
    """
    if not 1 <= number <= IN_OPERATION:
        raise LookupError(number)
    return STEPS[number - 1]


@dataclass(frozen=True)
class Evidence:
    """The papers that the district asks for by step, and what hangs at each compound's steps: papers, attestations."""

    wanted: Mapping[int, list[StagePaper]]
    papers: Mapping[tuple[int, int], set[int]]
    attests: Mapping[tuple[int, int], set[str]]

    @classmethod
    def of(cls, compounds: Collection[int]) -> Evidence:
        """Read it for these compounds, by their keys; two queries."""
        wanted: dict[int, list[StagePaper]] = defaultdict(list)
        for paper in StagePaper.objects.filter(needed=True).order_by("stage", "pk"):
            wanted[paper.stage_id].append(paper)
        papers: dict[tuple[int, int], set[int]] = defaultdict(set)
        attests: dict[tuple[int, int], set[str]] = defaultdict(set)
        hanging = StageDocument.objects.filter(compound__in=compounds, removed_at=None)
        for compound, stage, kind, attested_by in hanging.values_list("compound", "stage", "paper", "attests"):
            papers[compound, stage].add(kind or 0)
            attests[compound, stage].add(attested_by)
        return cls(wanted, papers, attests)


def judge(
    number: int, compounds: Collection[int], on: date, evidence: Evidence | None = None
) -> dict[int, tuple[Verdict, ...]]:
    """Judge one step for compounds, named by their keys: what it asks of each and what is lacking.

    At most one query for all of them besides the evidence, and none where only papers are asked for; two more where a
    ballot may decide.
    """
    step, known = step_numbered(number), evidence or Evidence.of(compounds)
    requirements = (*step.requirements, *map(_of_paper, known.wanted.get(number, [])))
    annotations: dict[str, Any] = {}
    for requirement in requirements:
        annotations |= requirement.facts(on)
    rows: Iterable[Facts] = [{"pk": key} for key in compounds]
    if annotations:
        rows = Compound.objects.filter(pk__in=compounds).order_by().values("pk").annotate(**annotations)
    matters = {each.matter for each in requirements if each.matter is not None}
    outcomes = {matter: decided(compounds, matter, on) for matter in matters}
    found = {}
    for row in rows:
        where = (row["pk"], number)
        by_ballot = {matter: of.get(row["pk"]) for matter, of in outcomes.items()}
        facts = {
            **row, "papers": known.papers.get(where, ()), "attests": known.attests.get(where, ()), "decided": by_ballot,
        }  # fmt: skip
        found[row["pk"]] = tuple(
            Verdict(each, each.lacks(facts), by_ballot.get(each.matter) if each.matter else None)
            for each in requirements
        )
    return found


def judge_one(number: int, compound: Compound, on: date) -> tuple[Verdict, ...]:
    """Judge one step of one compound: the same definition as ``judge``."""
    return judge(number, [compound.pk], on)[compound.pk]


def last_confirmed(acts: Mapping[int, StageRecord]) -> int:
    """Return how many steps are confirmed from the first without a gap; ``acts``: the last act of each step."""
    done = 0
    while done + 1 in acts and acts[done + 1].act == StageAct.CONFIRMED:
        done += 1
    return done
