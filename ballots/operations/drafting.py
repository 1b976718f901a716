"""Drafting a ballot: its matter, rule and days, its questions, its files; several may change it, none unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from ballots.choices import BallotState, QuestionKind
from ballots.models import Ballot, Option, Question, VotingRule
from ballots.operations.moving import lock_ballot
from ballots.operations.refusals import (
    NeedsMoreThanHalf,
    RuleFaulty,
    RuleNotOffered,
    RuleReasonMissing,
    TooManyFiles,
    TooManyQuestions,
)
from ballots.rules import proposed_rule
from ballots.rules.drafting import MOST_QUESTIONS, OwnRule, QuestionDraft, faults_of_rule, more_than_half
from compounds.models import Compound
from compounds.operations.changing import change_since, words_of
from compounds.operations.refusals import ChangedMeanwhile
from core.choices import EvidenceKind
from core.models import Attachment, User
from core.operations import KeptPaper, enter_attachment, record

MOST_FILES = 8


def rule_for(matter: str) -> VotingRule:
    """Return the rule that a matter proposes, in its newest version."""
    return VotingRule.objects.filter(area_code="", key=proposed_rule(matter).rule).latest("version")


def is_proposed(ballot: Ballot) -> bool:
    """Return whether a ballot goes by the rule that its matter proposes."""
    return not ballot.rule.area_code and ballot.rule.key == proposed_rule(ballot.matter).rule


@transaction.atomic
def start_ballot(compound: Compound, title: str, matter: str, *, actor: User, at: datetime) -> Ballot:
    """Begin a ballot on a matter, with the body and the rule that it proposes. Record it."""
    Compound.objects.select_for_update(of=("self",)).get(pk=compound.pk)
    last = Ballot.objects.filter(compound=compound).order_by("-number").first()
    rule = rule_for(matter)
    made = Ballot.objects.create(
        compound=compound, number=last.number + 1 if last else 1, title=title, matter=matter, rule=rule,
        secret=rule.secret, made_by=actor, made_at=at,
    )  # fmt: skip
    record("ballot.draft", f"起草第{made.number}次表决《{title}》：{made.get_matter_display()}，{rule.name}",
           actor=actor, at=at, area_code=compound.area_code, subject=made)  # fmt: skip
    return made


def lock_draft(ballot: Ballot, version: int) -> Ballot:
    """Lock a draft as it was read.

    :raises WrongState: when it was announced or cancelled. :raises ChangedMeanwhile:
    """
    found = lock_ballot(ballot, BallotState.DRAFT)
    if found.version != version:
        raise ChangedMeanwhile(change_since(found, version))
    return found


def _saved(found: Ballot, words: str, *, actor: User, at: datetime, **data: object) -> Ballot:
    """Save a draft as its next version, and record what changed."""
    found.version += 1
    found.save()
    record("ballot.change", f"第{found.number}次表决《{found.title}》：{words}", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found, data={"version": found.version, **data})  # fmt: skip
    return found


def refuse_rule(ballot: Ballot) -> None:
    """Hold a draft's rule against what may be chosen.

    :raises RuleNotOffered: :raises RuleReasonMissing: :raises NeedsMoreThanHalf:
    """
    if not VotingRule.objects.offered_to(ballot.compound).filter(pk=ballot.rule_id).exists():
        raise RuleNotOffered
    if not is_proposed(ballot) and not ballot.rule_reason:
        raise RuleReasonMissing
    one = ballot.questions.filter(kind=QuestionKind.CHOOSE_ONE).exists()
    if one and not more_than_half(ballot.rule.approval):
        raise NeedsMoreThanHalf


@transaction.atomic
def change_ballot(ballot: Ballot, values: Mapping[str, object], version: int, *, actor: User, at: datetime) -> Ballot:
    """Change what a draft says of itself: title, matter, rule and its reason, days, places. Record before and after.

    A reason that the proposed rule does not need is dropped; whether it is secret follows the rule.

    :raises WrongState: :raises ChangedMeanwhile: :raises RuleNotOffered: :raises RuleReasonMissing:
    :raises NeedsMoreThanHalf:
    """
    found = lock_draft(ballot, version)
    shown = {name: getattr(found, name) for name in values}
    for name, value in values.items():
        setattr(found, name, value)
    refuse_rule(found)
    if is_proposed(found):
        found.rule_reason = ""
    found.secret = found.rule.secret
    changed = [name for name in values if shown[name] != getattr(found, name)]
    if not changed:
        return found
    said, before, after = [], {}, {}
    for name in changed:
        label = str(Ballot._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        before[name], after[name] = words_of(found, name, shown[name]), words_of(found, name, getattr(found, name))
        said.append(f"{label}由{before[name]}改为{after[name]}")
    return _saved(found, "；".join(said), actor=actor, at=at, before=before, after=after)


# --- Questions ----------------------------------------------------------------------------------------------------


def question_draft(question: Question) -> QuestionDraft:
    """Return a question as its form shows it."""
    options = tuple(question.options.order_by("number").values_list("text", flat=True))
    return QuestionDraft(
        question.kind, question.text, question.note, options, question.most, question.seats is not None,
        question.write_in, question.proposal,
    )  # fmt: skip


def _put(ballot: Ballot, number: int, asked: QuestionDraft) -> Question:
    several = asked.kind == QuestionKind.CHOOSE_UP_TO
    question = Question.objects.create(
        ballot=ballot, number=number, kind=asked.kind, text=asked.text, note=asked.note,
        most=asked.most if several else None, seats=asked.most if several and asked.seats else None,
        write_in=several and asked.seats and asked.write_in,
        proposal=asked.kind == QuestionKind.APPROVE and asked.proposal,
    )  # fmt: skip
    Option.objects.bulk_create(
        Option(question=question, number=n, text=text) for n, text in enumerate(asked.printed_options, 1)
    )
    return question


@transaction.atomic
def save_question(
    ballot: Ballot, version: int, number: int, asked: QuestionDraft, *, actor: User, at: datetime
) -> Ballot:
    """Put a question in the place of one of a draft; number 0 adds it at the end. Record it.

    :raises WrongState: :raises ChangedMeanwhile: :raises TooManyQuestions:
    :raises NeedsMoreThanHalf: one option chosen under a rule that two could pass.
    """
    found = lock_draft(ballot, version)
    if asked.kind == QuestionKind.CHOOSE_ONE and not more_than_half(found.rule.approval):
        raise NeedsMoreThanHalf
    count = found.questions.count()
    if not number:
        if count >= MOST_QUESTIONS:
            raise TooManyQuestions
        _put(found, count + 1, asked)
        return _saved(found, f"加第{count + 1}题：{asked.text}", actor=actor, at=at)
    old = found.questions.filter(number=number).first()
    if old is None:
        raise ChangedMeanwhile(change_since(found, version))
    before = old.text
    old.delete()
    _put(found, number, asked)
    return _saved(found, f"改第{number}题：{asked.text}", actor=actor, at=at, before={"text": before})


def _renumber(questions: Sequence[Question]) -> None:
    """Give questions the numbers of their order, in two steps: a number is never borne twice."""
    for shift in (1000, 0):
        for number, question in enumerate(questions, 1):
            question.number = number + shift
            question.save(update_fields=["number"])


@transaction.atomic
def move_question(ballot: Ballot, version: int, number: int, *, up: bool, actor: User, at: datetime) -> Ballot:
    """Let a question change places with its neighbour; the first moves up to nowhere.

    :raises WrongState: :raises ChangedMeanwhile:
    """
    found = lock_draft(ballot, version)
    questions = list(found.questions.order_by("number"))
    other = number - 1 if up else number + 1
    if not (1 <= number <= len(questions) and 1 <= other <= len(questions)):
        return found
    questions[number - 1], questions[other - 1] = questions[other - 1], questions[number - 1]
    _renumber(questions)
    return _saved(found, f"第{number}题和第{other}题换了次序", actor=actor, at=at)


@transaction.atomic
def remove_question(ballot: Ballot, version: int, number: int, *, actor: User, at: datetime) -> Ballot:
    """Take a question out of a draft; the others move up.

    :raises WrongState: :raises ChangedMeanwhile: also when the question is gone.
    """
    found = lock_draft(ballot, version)
    gone = found.questions.filter(number=number).first()
    if gone is None:
        raise ChangedMeanwhile(change_since(found, version))
    words = gone.text
    gone.delete()
    _renumber(list(found.questions.order_by("number")))
    return _saved(found, f"删第{number}题：{words}", actor=actor, at=at)


# --- Own rules, files ---------------------------------------------------------------------------------------------


@transaction.atomic
def add_rule(compound: Compound, values: Mapping[str, object], *, actor: User, at: datetime) -> VotingRule:
    """Make a rule of a compound's own, for good: another one under the same name is its next version. Record it.

    :raises RuleFaulty: one that the law does not bear, above all one that counts papers not returned.
    """
    texts = tuple(str(values.get(name, "")) for name in ("name", "source", "law_text"))
    faults = faults_of_rule(
        OwnRule(
            str(values["voter"]),
            bool(values.get("by_area")),
            str(values["participation"]),
            str(values["approval"]),
            bool(values.get("secret")),
            bool(values.get("signed")),
            texts,
        )
    )
    if faults:
        raise RuleFaulty(faults)
    Compound.objects.select_for_update(of=("self",)).get(pk=compound.pk)
    own = VotingRule.objects.filter(area_code=compound.code)
    same = own.filter(name=values["name"]).order_by("-version").first()
    key = same.key if same else f"own-{own.values('key').distinct().count() + 1}"
    rule = VotingRule.objects.create(
        area_code=compound.code, key=key, version=same.version + 1 if same else 1, made_by=actor, made_at=at, **values
    )
    record("ballot.rule", f"自定表决规则《{rule.name}》：参与{rule.participation}，赞成{rule.approval}，依据{rule.source}",
           actor=actor, at=at, area_code=compound.area_code, subject=rule)  # fmt: skip
    return rule


@transaction.atomic
def add_ballot_files(ballot: Ballot, papers: Sequence[KeptPaper], *, actor: User, at: datetime) -> list[Attachment]:
    """Hang stored files at a draft (测算表, 方案), each once; return the new ones. Record it.

    :raises WrongState: :raises TooManyFiles:
    """
    found = lock_ballot(ballot, BallotState.DRAFT)
    here = set(found.attachments.values_list("sha256", flat=True))
    fresh = {paper.sha256: paper for paper in papers if paper.sha256 not in here}
    if len(here) + len(fresh) > MOST_FILES:
        raise TooManyFiles
    made = [
        enter_attachment(paper, kind=EvidenceKind.NOTICE_FILE, number="", area_code=found.compound.area_code,
                         actor=actor, at=at)
        for paper in fresh.values()
    ]  # fmt: skip
    if made:
        found.attachments.add(*made)
        _saved(found, f"加附件：{'、'.join(paper.name for paper in made)}", actor=actor, at=at)
    return made


@transaction.atomic
def remove_ballot_file(ballot: Ballot, attachment: Attachment, *, actor: User, at: datetime) -> None:
    """Take a file off a draft; what is not there is gone already. Record it.

    :raises WrongState:
    """
    found = lock_ballot(ballot, BallotState.DRAFT)
    if found.attachments.filter(pk=attachment.pk).exists():
        found.attachments.remove(attachment)
        _saved(found, f"拿掉附件：{attachment.name}", actor=actor, at=at)
