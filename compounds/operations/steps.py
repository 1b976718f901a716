"""The eight steps: prepared, confirmed along the chain, sent back, opened again; their papers, plans and comments (Q4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from compounds.choices import StageAct
from compounds.models import (
    CHAIN,
    Compound,
    SchemeDraft,
    StageComment,
    StageDocument,
    StagePaper,
    StagePlan,
    StageRecord,
)
from compounds.operations.changing import change_row
from compounds.operations.refusals import (
    ActedBefore,
    ChangedMeanwhile,
    EarlierStepOpen,
    LaterStepConfirmed,
    PaperTakenDown,
    StepClosed,
    StepMoved,
    WhyMissing,
)
from core.choices import EvidenceKind
from core.models import Entry, User
from core.operations import KeptPaper, enter_attachment, record

LAST_STEP = 8
# What a compound's step lacks on a day, in words; asked again under the lock.
Missing = Callable[[Compound, int], Sequence[str]]
# An act after which the chain begins anew.
OPEN = (StageAct.SENT_BACK, StageAct.REOPENED)


def next_act(last: StageRecord | None) -> StageAct | None:
    """Return the act of the chain that a step waits for; None where it is confirmed."""
    if last is None or last.act in OPEN:
        return StageAct.PREPARED
    position = CHAIN.index(StageAct(last.act)) + 1
    return CHAIN[position] if position < len(CHAIN) else None


def run_of(records: Sequence[StageRecord]) -> list[StageRecord]:
    """Return the acts of the chain that stand: those since the step was last sent back or opened again."""
    run: list[StageRecord] = []
    for each in records:
        run = [] if each.act in OPEN else [*run, each]
    return run


@transaction.atomic
def confirm_step(
    compound: Compound,
    number: int,
    act: StageAct,
    seen: int,
    *,
    missing: Missing,
    actor: User,
    at: datetime,
    reason: str = "",
) -> StageRecord:
    """Do the next act of the chain on a step: hand it in, or confirm it as one's office. Record it.

    ``seen`` is the ``seq`` of the last act that the person saw, 0 for none. What the step lacks is stored with the
    reason why it is confirmed in spite of that, for all to see.

    :raises StepMoved: when somebody acted meanwhile, or the step waits for another act.
    :raises EarlierStepOpen: when the step before is not confirmed.
    :raises ActedBefore: when the same person did another act of this chain.
    :raises WhyMissing: when something is missing and no reason is given.
    Source: domain.md, The eight steps.
    """
    records = _lock(compound, number)
    last = _unmoved(records, seen)
    if next_act(last) != act:
        raise StepMoved(last)
    if number > 1 and not _is_confirmed(compound, number - 1):
        raise EarlierStepOpen(number - 1)
    own = next((each for each in run_of(records) if each.by_id == actor.pk), None)
    if own is not None:
        raise ActedBefore(own)
    lacking = tuple(missing(compound, number))
    if lacking and not reason:
        raise WhyMissing(lacking)
    return _write(compound, number, act, last, actor=actor, at=at, reason=reason, missing="\n".join(lacking))


@transaction.atomic
def send_back_step(
    compound: Compound, number: int, seen: int, reason: str, *, actor: User, at: datetime
) -> StageRecord:
    """Send a step that waits for confirmation back to whoever prepared it. Record it.

    :raises StepMoved: when somebody acted meanwhile, or nothing waits for confirmation.
    """
    records = _lock(compound, number)
    last = _unmoved(records, seen)
    if last is None or last.act not in CHAIN[:-1]:
        raise StepMoved(last)
    return _write(compound, number, StageAct.SENT_BACK, last, actor=actor, at=at, reason=reason)


@transaction.atomic
def reopen_step(compound: Compound, number: int, seen: int, reason: str, *, actor: User, at: datetime) -> StageRecord:
    """Open the last confirmed step again; its chain begins anew. Record it.

    :raises StepMoved: when somebody acted meanwhile, or the step is not confirmed.
    :raises LaterStepConfirmed: when the step after it is confirmed.
    """
    records = _lock(compound, number)
    last = _unmoved(records, seen)
    if last is None or last.act != StageAct.CONFIRMED:
        raise StepMoved(last)
    if number < LAST_STEP and _is_confirmed(compound, number + 1):
        raise LaterStepConfirmed(number + 1)
    return _write(compound, number, StageAct.REOPENED, last, actor=actor, at=at, reason=reason)


def _lock(compound: Compound, number: int) -> list[StageRecord]:
    """Lock the compound's steps and return what was done to one of them, the oldest first."""
    if not 1 <= number <= LAST_STEP:
        raise LookupError(number)
    Compound.objects.select_for_update().get(pk=compound.pk)
    return list(StageRecord.objects.filter(compound=compound, stage=number).select_related("by").order_by("seq"))


def _unmoved(records: Sequence[StageRecord], seen: int) -> StageRecord | None:
    last = records[-1] if records else None
    if (last.seq if last else 0) != seen:
        raise StepMoved(last)
    return last


def _is_confirmed(compound: Compound, number: int) -> bool:
    return StageRecord.objects.confirmed().filter(compound=compound, stage=number).exists()


def _write(
    compound: Compound,
    number: int,
    act: StageAct,
    last: StageRecord | None,
    *,
    actor: User,
    at: datetime,
    reason: str,
    missing: str = "",
) -> StageRecord:
    seq = (last.seq if last else 0) + 1
    try:
        with transaction.atomic():
            made = StageRecord.objects.create(
                compound=compound, stage_id=number, seq=seq, act=act, reason=reason, missing=missing, by=actor,
                previous_by=last.by if last else None, at=at,
            )  # fmt: skip
    except IntegrityError:  # the lock was lost on, the constraint was not
        found = StageRecord.objects.filter(compound=compound, stage=number).order_by("-seq").first()
        raise StepMoved(found) from None
    words = f"第{number}步{act.label}" + (f"：{reason}" if reason else "")
    record(f"step.{act.value}", words, actor=actor, at=at, area_code=compound.area_code, subject=made,
           data={"step": number, "missing": missing.splitlines()} if missing else {"step": number})  # fmt: skip
    return made


# --- Papers -------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_step_papers(
    compound: Compound,
    number: int,
    kept: Sequence[KeptPaper],
    title: str,
    on: date,
    *,
    actor: User,
    at: datetime,
    paper: StagePaper | None = None,
    attests: str = "",
) -> list[StageDocument]:
    """Hang stored photographs or PDFs at a step, as one of its papers or to attest a fact. Record it.

    What hangs there already, byte for byte and as the same, is not hung twice.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    made = []
    for each in kept:
        same = StageDocument.objects.filter(
            compound=compound, stage=number, paper=paper, attests=attests, attachment__sha256=each.sha256,
            removed_at=None,
        )  # fmt: skip
        if same.exists():
            continue
        attachment = enter_attachment(
            each, kind=EvidenceKind.STAGE_PAPER, number="", area_code=compound.area_code, actor=actor, at=at
        )
        made.append(
            StageDocument.objects.create(
                compound=compound, stage_id=number, paper=paper, attests=attests, title=title, on=on,
                attachment=attachment, added_by=actor, added_at=at,
            )
        )  # fmt: skip
    if made:
        record("step.paper", f"第{number}步加材料：{title}，{len(made)}份", actor=actor, at=at,
               area_code=compound.area_code, subject=made[0], data={"step": number, "on": on.isoformat()})  # fmt: skip
    return made


@transaction.atomic
def take_down_step_paper(document: StageDocument, *, actor: User, at: datetime) -> None:
    """Take a paper off a step that is not confirmed; the row and the bytes stay. Record it.

    :raises StepClosed: when the step is confirmed.
    :raises PaperTakenDown: when somebody took it down before.
    """
    compound = Compound.objects.select_for_update().get(pk=document.compound_id)
    found = StageDocument.objects.select_for_update().get(pk=document.pk)
    if found.removed_at is not None:
        raise PaperTakenDown
    if _is_confirmed(compound, found.stage_id):
        raise StepClosed
    found.removed_by, found.removed_at = actor, at
    found.save(update_fields=["removed_by", "removed_at"])
    record("step.paper_down", f"第{found.stage_id}步取下材料：{found.title}", actor=actor, at=at,
           area_code=compound.area_code, subject=found)  # fmt: skip


# --- Comments and plan --------------------------------------------------------------------------------------------


@transaction.atomic
def comment_step(compound: Compound, number: int, text: str, *, actor: User, at: datetime) -> StageComment:
    """Say something of a step; what was said stays. Record it."""
    made = StageComment.objects.create(compound=compound, stage_id=number, text=text, by=actor, at=at)
    record("step.comment", f"第{number}步留言", actor=actor, at=at, area_code=compound.area_code, subject=made)
    return made


@transaction.atomic
def plan_step(
    compound: Compound, number: int, values: Mapping[str, object], version: int, *, actor: User, at: datetime
) -> StagePlan:
    """Put a step's dates and responsible person into the plan; ``version`` 0 where there was none. Record it.

    ``values``: ``starts_on``, ``ends_on``, ``responsible``, or some of them.

    :raises ChangedMeanwhile: when somebody planned it meanwhile.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    plan = StagePlan.objects.filter(compound=compound, stage=number).first()
    if plan is None:
        if not any(values.values()):
            return StagePlan(compound=compound, stage_id=number, version=0)
        plan = StagePlan.objects.create(compound=compound, stage_id=number, version=1)
        version = 1
    elif version == 0:
        raise ChangedMeanwhile(Entry.objects.about(StagePlan._meta.label_lower, plan.pk).first())
    return change_row(plan, values, version, action="step.plan", title=f"第{number}步的计划",
                      area_code=compound.area_code, actor=actor, at=at)  # fmt: skip


@transaction.atomic
def plan_empty_steps(
    compound: Compound, proposed: Mapping[int, tuple[date, date]], *, actor: User, at: datetime
) -> list[int]:
    """Put proposed dates where a step has none yet, and touch no other; return the numbers. Record it."""
    Compound.objects.select_for_update().get(pk=compound.pk)
    planned = {plan.stage_id: plan for plan in StagePlan.objects.filter(compound=compound)}
    filled = []
    for number, (starts_on, ends_on) in sorted(proposed.items()):
        plan = planned.get(number)
        if plan is not None and (plan.starts_on or plan.ends_on):
            continue
        plan_step(compound, number, {"starts_on": starts_on, "ends_on": ends_on}, plan.version if plan else 0,
                  actor=actor, at=at)  # fmt: skip
        filled.append(number)
    return filled


# --- The scheme ---------------------------------------------------------------------------------------------------


@transaction.atomic
def write_scheme(
    compound: Compound, values: Mapping[str, object], version: int, *, actor: User, at: datetime
) -> SchemeDraft:
    """Write what people say in a compound's 实施方案; ``version`` 0 where nothing was written yet. Record it.

    :raises ChangedMeanwhile: when somebody wrote meanwhile.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    draft = SchemeDraft.objects.filter(compound=compound).first()
    if draft is None:
        if not any(values.values()):
            return SchemeDraft(compound=compound, version=0)
        draft, version = SchemeDraft.objects.create(compound=compound, version=1), 1
    elif version == 0:
        raise ChangedMeanwhile(Entry.objects.about(SchemeDraft._meta.label_lower, draft.pk).first())
    return change_row(draft, values, version, action="scheme.write", title="实施方案", area_code=compound.area_code,
                      actor=actor, at=at)  # fmt: skip
