"""Who did what when: the history of the scope, by person, subject, day; as a list and as CSV."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ballots.models import Ballot, Bundle, Paper, RollEntry, Sheet
from compounds.models import Compound, CompoundMove, Objection
from core.models import Entry, EntryQuerySet
from core.operations import record
from core.pages import page_of
from core.spreadsheets import csv_bytes
from portal.forms import HistoryFilter
from portal.navigation import page_words
from portal.views.office.door import OfficeRequest, in_scope
from portal.waiting import place_names

EXPORTED = 10_000
FOUND = 50

# Kinds of acts by the beginning of their names.
ACTIONS = [
    ("voucher.", "复核记账"),
    ("draft.", "录入和退回凭证"),
    ("period.", "结账"),
    ("opinion.", "监督意见"),
    ("ledger.", "张贴公示"),
    ("notice.", "公告"),
    ("correction.", "更正公示"),
    ("account.", "账户"),
    ("shared.", "共用账户"),
    ("memo.", "往来和账外"),
    ("asset.", "资产台账"),
    ("reconciliation.", "银行对账"),
    ("count.", "现金盘点"),
    ("handover.", "交接清单"),
    ("attachment.", "票据"),
    ("cashbook.", "导入账目"),
    ("opening.", "期初"),
    ("area.", "街道和社区"),
    ("book.", "开账、打印和导出账簿"),
    ("compound.", "新建小区，改小区情况，划归社区"),
    ("place.", "楼、设施、资源、照片"),
    ("unit.", "产权单位"),
    ("survey.", "调查摸底"),
    ("step.", "八步和工作计划"),
    ("scheme.", "实施方案"),
    ("report.", "月报"),
    ("ballot.", "表决"),
    ("paper.", "选票"),
    ("objection.", "异议"),
    ("representative.", "居民代表"),
    ("register.", "导入和导出房屋"),
    ("dwelling.", "房屋和产权人"),
    ("owner.", "产权人更正、合并、分开、删除"),
    ("person.", "查看完整姓名和电话"),
    ("job.", "后台任务"),
    ("appointment.", "任职"),
    ("work.", "工作移交"),
    ("user.", "账号和密码"),
    ("log", "登录和退出"),
    ("refused", "被拒绝的"),
    ("history.", "导出操作记录"),
]


@require_safe
@in_scope
def history(request: OfficeRequest) -> HttpResponse:
    """The acts in the scope, the newest first."""
    form = HistoryFilter(request.GET or None, actions=ACTIONS, year=request.today.year)
    entries = _within(request)
    if form.is_valid():
        entries = _filtered(request, entries, form)
    if request.GET.get("format") == "csv" and not form.errors:
        return _export(request, entries)
    page = page_of(entries, request)
    return render(
        request, "portal/office/history.html", {"page": page, "rows": _linked(request, _acts(list(page))), "form": form}
    )


@dataclass(frozen=True)
class Act:
    """A line of the history as people read it; ``detail``: the address of a refused page, ``url``: of what it is about."""

    entry: Entry
    place: str
    what: str
    detail: str = ""
    url: str = ""


def _acts(entries: Sequence[Entry]) -> list[Act]:
    """Put each line into words, with the compound's name; a refused address becomes the page's name."""
    found = []
    for entry, place in zip(entries, place_names(entries), strict=True):
        if entry.action == "refused" and entry.data:
            told = json.loads(entry.data)
            what = f"被拒绝：{'看' if told['reads'] else '办理'}{page_words(told['path'])}"
            found.append(Act(entry, place, what, told["path"]))
        else:
            found.append(Act(entry, place, entry.summary))
    return found


# How the ballot is reached from what a line is about.
_OF_BALLOT = {
    Ballot: "", Paper: "ballot__", Sheet: "ballot__", Bundle: "ballot__", RollEntry: "ballot__",
    Objection: "document__ballot_move__ballot__",
}  # fmt: skip


def _linked(request: OfficeRequest, acts: Sequence[Act]) -> list[Act]:
    """Add the pages of the ballots that lines are about, where they lie in the scope; a query for each kind of thing."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for act in acts:
        wanted[act.entry.object_type].add(act.entry.object_id)
    compounds = Compound.objects.within(list(request.scope.prefixes))
    urls: dict[tuple[str, str], str] = {}
    for model, path in _OF_BALLOT.items():
        label = model._meta.label_lower
        keys = [int(key) for key in wanted[label] if key.isdecimal()]
        if keys:
            rows = model._default_manager.filter(pk__in=keys, **{f"{path}compound__in": compounds})
            for key, code, number in rows.values_list("pk", f"{path}compound__code", f"{path}number"):
                urls[label, str(key)] = reverse("ballot", args=[code, number])
    return [replace(act, url=urls.get((act.entry.object_type, act.entry.object_id), "")) for act in acts]


def _within(request: OfficeRequest) -> EntryQuerySet:
    """Return the acts in the scope; the district sees also what belongs to no area."""
    prefixes = list(request.scope.prefixes)
    entries = Entry.objects.within(prefixes)
    # What was done to a compound before it came here is read along with it.
    came = CompoundMove.objects.filter(compound__in=Compound.objects.within(prefixes))
    places = [code for code in came.values_list("from_code", flat=True) if not code.startswith(tuple(prefixes))]
    if places:
        entries = entries | Entry.objects.filter(area_code__in=places)
    if any(len(code) == 6 for code in request.scope.prefixes):
        entries = entries | Entry.objects.filter(area_code="")
    return entries


def _filtered(request: OfficeRequest, entries: EntryQuerySet, form: HistoryFilter) -> EntryQuerySet:
    data = form.cleaned_data
    if data["who"]:
        entries = entries.filter(actor_name__icontains=data["who"])
    if data["compound"]:
        found = Compound.objects.within(list(request.scope.prefixes)).matching(data["compound"])
        held = dict(found.values_list("pk", "area_code")[:FOUND])
        left = CompoundMove.objects.filter(compound__in=held).values_list("from_code", flat=True)
        entries = entries.filter(area_code__in=[*held.values(), *left])
    if data["since"]:
        entries = entries.filter(at__gte=timezone.make_aware(datetime.combine(data["since"], time.min)))
    if data["until"]:
        end = timezone.make_aware(datetime.combine(data["until"] + timedelta(days=1), time.min))
        entries = entries.filter(at__lt=end)
    if data["action"]:
        entries = entries.filter(action__startswith=data["action"])
    return entries


def _export(request: OfficeRequest, entries: EntryQuerySet) -> HttpResponse:
    """Return the list as CSV; the export itself stands in the history."""
    found = list(entries[:EXPORTED])
    rows: list[list[object]] = [["时间", "谁", "身份", "小区", "做了什么", "来自"]]
    for act in _acts(found):
        when = timezone.localtime(act.entry.at).strftime("%Y-%m-%d %H:%M:%S")
        what = f"{act.what} {act.detail}".strip()
        rows.append([when, act.entry.actor_name, act.entry.role, act.place, what, act.entry.ip])
    record("history.export", f"导出操作记录{len(found)}行", actor=request.user, at=request.at,
           area_code=request.acting_area)  # fmt: skip
    response = HttpResponse(csv_bytes(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="history.csv"'
    return response
