"""Objections to what hangs: taken at the counter with a slip, answered by a day with an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from compounds.choices import ObjectionOutcome
from compounds.models import Compound, Objection, ObjectionAnswer
from core.codes import draw_slip
from core.models import Document, User
from core.operations import record


class ObjectionRefusal(Exception):
    """A verb of objections that did not happen."""


class AnsweredAlready(ObjectionRefusal):
    """The objection has its answer."""


class AnswerTooEarly(ObjectionRefusal):
    """The answer would be older than the objection; ``received_on`` is the objection's day."""

    def __init__(self, received_on: date) -> None:
        super().__init__(received_on.isoformat())
        self.received_on = received_on


@dataclass(frozen=True)
class Objecting:
    """What somebody said at the counter: to which place of what hangs, who they are (may be empty), and since when."""

    text: str
    received_on: date
    place: str = ""
    said_by: str = ""


@transaction.atomic
def take_objection(
    compound: Compound, document: Document, said: Objecting, *, answer_days: int, actor: User, at: datetime
) -> Objection:
    """Take an objection to an issued document and give it a slip; its answer is due so many days later. Record it."""
    made = Objection.objects.create(
        compound=compound, document=document, slip=draw_slip(), place=said.place, said_by=said.said_by, text=said.text,
        received_on=said.received_on, answer_by_on=said.received_on + timedelta(answer_days), by=actor, at=at,
    )  # fmt: skip
    record("objection.take", f"收到对《{document.title}》的异议{'，' + said.place if said.place else ''}",
           actor=actor, at=at, area_code=compound.area_code, subject=made)  # fmt: skip
    return made


@transaction.atomic
def answer_objection(
    objection: Objection, outcome: ObjectionOutcome, text: str, *, on: date, actor: User, at: datetime
) -> ObjectionAnswer:
    """Answer an objection for good. Record it.

    :raises AnsweredAlready, AnswerTooEarly:
    """
    found = (
        Objection.objects.select_for_update(of=("self",)).select_related("compound", "document").get(pk=objection.pk)
    )
    if ObjectionAnswer.objects.filter(objection=found).exists():
        raise AnsweredAlready
    if on < found.received_on:
        raise AnswerTooEarly(found.received_on)
    made = ObjectionAnswer.objects.create(objection=found, outcome=outcome, text=text, on=on, by=actor, at=at)
    record("objection.answer", f"答复对《{found.document.title}》的异议：{outcome.label}", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found)  # fmt: skip
    return made
