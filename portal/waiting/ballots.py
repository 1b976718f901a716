"""Ballots: what is to be announced, frozen, counted, certified, posted, answered, by when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from ballots.choices import BallotState
from ballots.documents.life import ANNOUNCE, COUNT, FREEZE, POST, TAKE_EFFECT, deadlines_from
from ballots.documents.tasks import AtWork, ballots_for
from ballots.permissions import CERTIFIERS, RUNNERS, SETTLERS
from compounds.choices import Role
from compounds.permissions import areas_of
from core.models import User
from fees.rules import PLACES_NEEDED, PROOF_DAYS
from portal.waiting.papers import rows_of_papers
from portal.waiting.rows import NAMED, Waiting, narrowed, row
from portal.waiting.steps import ANSWER_DAYS

BY_COMMUNITY = {*RUNNERS} - {Role.STREET_STAFF}


@dataclass(frozen=True)
class _Task:
    """One thing to do with a ballot: until when, what, why, the verb and the page where it is done."""

    due_on: date
    what: str
    why: str
    verb: str
    page: str


def ballots_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return what waits with ballots for those who run, enter, settle and certify them; one query.

    What a community sees to stands with the street from the day on which it is due.
    """
    by_community, by_street, certifies, enters, settles = (
        narrowed(areas_of(user, today, roles), prefixes)
        for roles in (BY_COMMUNITY, [Role.STREET_STAFF], CERTIFIERS, [Role.COMMUNITY_CLERK], SETTLERS)
    )
    found = []
    for at in ballots_for(user, sorted({*by_community, *by_street, *certifies}), today):
        code = at.ballot.compound.area_code
        tasks = list(_to_run(at, today)) if _lies_in(code, [*by_community, *by_street]) else []
        tasks += _to_certify(at, user, today) if _lies_in(code, certifies) else []
        near = _lies_in(code, by_community) or not _lies_in(code, by_street)
        found += [_row(at, task, today) for task in tasks if near or task.due_on <= today]
        found += rows_of_papers(at, enters, settles, today)
    return sorted(found, key=lambda each: each.due_on)[: 2 * NAMED]


def _lies_in(code: str, areas: Sequence[str]) -> bool:
    return any(code.startswith(area) for area in areas)


def _row(at: AtWork, task: _Task, today: date) -> Waiting:
    ballot = at.ballot
    url = reverse(task.page, args=[ballot.compound.code, ballot.number])
    what = f"第{ballot.number}次表决{task.what}"
    return row(task.due_on, today, ballot.compound.name, what, task.why, task.verb, url)


def _due(at: AtWork, kind: str, today: date) -> date:
    return next(each.due_on for each in deadlines_from(at.ballot, at.days, today) if each.kind == kind)


def _to_run(at: AtWork, today: date) -> Iterator[_Task]:
    """What those who run a ballot do: each state's next step, photographs of what hangs, answers."""
    step = _NEXT.get(BallotState(at.ballot.state))
    if step is not None and (task := step(at, today)) is not None:
        yield task
    if at.hung_on is not None and at.places < PLACES_NEEDED:
        yield _to_hang(at, at.hung_on, today)
    if at.objections and at.answer_by:
        why = f"最早一条要在{_day(at.answer_by)}前答复" if at.objections > 1 else f"要在{_day(at.answer_by)}前答复"
        yield _Task(at.answer_by, "有异议", f"{at.objections}条没有答复，{why}", "答复", "ballot_objections")


def _to_announce(at: AtWork, today: date) -> _Task | None:
    ballot = at.ballot
    if ballot.voting_from_on is None:
        return None
    why = f"{_day(ballot.voting_from_on)}发票，公告要先挂满{ballot.rule.notice_days}天"
    return _Task(_due(at, ANNOUNCE, today), "公告", why, "公告", "ballot_announcement")


def _to_freeze(at: AtWork, today: date) -> _Task:
    return _Task(_due(at, FREEZE, today), "发票", "先锁定名册，再印票、发票", "锁定名册", "ballot_freezing")


def _to_count(at: AtWork, today: date) -> _Task:
    until = at.ballot.voting_until_on
    assert until is not None
    return _Task(_due(at, COUNT, today), "计票", f"{_day(until)}收票截止", "开始计票", "ballot_closing")


_NEXT: dict[BallotState, Callable[[AtWork, date], _Task | None]] = {
    BallotState.DRAFT: _to_announce, BallotState.ANNOUNCED: _to_freeze, BallotState.ISSUING: _to_count,
}  # fmt: skip


def _to_hang(at: AtWork, since: date, today: date) -> _Task:
    why = f"拍了{at.places}处，还差{PLACES_NEEDED - at.places}处" if at.places else f"要贴{PLACES_NEEDED}处，还没有照片"
    if at.ballot.state == BallotState.CERTIFIED:
        return _Task(_due(at, POST, today), "结果贴上墙", why, "传照片", "ballot_notice")
    return _Task(since + timedelta(PROOF_DAYS), "公告贴上墙", why, "传照片", "ballot_notice")


def _to_certify(at: AtWork, user: User, today: date) -> list[_Task]:
    """What two persons do: certify a count that is out, count again after an objection, see that it takes effect."""
    if at.ballot.state == BallotState.COUNTING and not at.unsure and at.days.counting and at.first_by != user.pk:
        why = "第一个人确认了，等第二个人" if at.first_by else "票都录完、核定完了，要两个人确认"
        return [_Task(at.days.counting + timedelta(ANSWER_DAYS), "确认结果", why, "确认", "ballot_certification")]
    if at.days.certified is None:
        return []
    due = _due(at, TAKE_EFFECT, today)
    if at.upheld:
        return [_Task(due, "重新计票", "异议成立了", "重新计票", "ballot_recount")]
    if due <= today and not at.objections:
        return [_Task(due, "生效", "异议期满了", "确认生效", "ballot_final")]
    return []


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"
