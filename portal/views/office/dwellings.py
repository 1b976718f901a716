"""One dwelling: what the register says of it, who owns it now and before; changed, added, taken out."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from compounds.documents.register import GAPS, gaps_of
from compounds.forms.dwellings import DwellingForm, ReasonForm
from compounds.forms.owners import OwnersForm
from compounds.models import Compound, Dwelling, Ownership
from compounds.operations import ChangedMeanwhile, words_of
from compounds.operations.dwellings import (
    PERSONAL,
    DwellingData,
    add_dwelling,
    change_dwelling,
    remove_dwelling,
    what_refers,
)
from compounds.operations.owners import note_look, set_owners
from compounds.operations.refusals import DwellingRefused, OwnersRefused, PhoneOfOthers
from compounds.permissions import can_keep_register, can_see_persons
from core.masking import mask_name, mask_phone
from core.models import Entry
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require, version_sent
from portal.views.office.words import changed_meanwhile

DWELLING_REFUSED = {
    "exists": ("address", "{}已经登记了，一户不登记两次。"),
    "building": ("address", "这个小区没有{}。楼和单元在“楼和单元”一页登记以后，再登记房屋。"),
    "entrance": ("address", "这栋楼没有{}。楼和单元在“楼和单元”一页登记以后，再登记房屋。"),
    "area": ("area", "建筑面积要大于0。"),
    "area_large": ("area", "住宅的建筑面积不会超过1,000平方米。请看看小数点，或者用途是不是住宅。"),
    "representatives": ("representative", "一户只有一位户代表。请只填一个人的姓名。"),
    "representative": ("representative", "户代表的姓名没有填，只填了电话或身份。"),
    "unit": ("property_unit", "这个产权单位不在这个小区所在的社区或街道登记。"),
    "used": (None, "这套房屋还有{}，不能去掉。"),
}
OWNERS_REFUSED = {
    "fraction": "份额的分子要在1和分母之间，例如1/2。",
    "above_one": "几位产权人的份额加起来超过了全部。请核对。",
    "no_vote": "几位产权人要选一位代表表决。",
    "votes": "只能有一位代表表决。",
    "twice": "同一个人填了两次，或者名册里已经有这个姓名和电话的人。",
    "several": "一格只填一个人的姓名。几个人分几格填。",
    "name": "产权人的姓名没有填。",
    "future": "过户的日期还没到。请在那一天以后再办。",
    "before": "过户的日期早于现在的产权人取得的日期（{}）。登记错了的，请用更正。",
    "same": "填的和现在登记的一样，没有改动。",
    "foreign": "选的人不在这里。请重新打开这一页再办。",
    "none": "没有选人，或者这个人的登记已经不在了。",
    "all": "不能全分出去，要给原来的人留下至少一处。",
    "both": "两条登记里有同一套房屋。请先在那套房屋里更正产权人，再合并。",
    "phone": "选的电话不在这几条登记里。请重新选。",
}
SAID_OF = (
    "area", "area_source", "tenure", "use", "votes", "vacant", "property_unit", "representative", "representative_phone",
    "representative_kind", "heirs_pending", "note",
)  # fmt: skip


def owners_refused(problem: OwnersRefused) -> str:
    """Return what is wrong with owners, in words."""
    return OWNERS_REFUSED[problem.key].format(problem.detail)


def phone_doubt(problem: PhoneOfOthers) -> str:
    """Return the question that a phone under two names asks."""
    names = "、".join(mask_name(name) for name in problem.names)
    return f"电话{mask_phone(problem.phone)}在名册里是{names}的。两个人用同一个号码，请勾选“确实是同一个号码”再存。"


def find_dwelling(compound: Compound, pk: int) -> Dwelling:
    """Return a dwelling of the compound with its people; another's does not exist."""
    found = Dwelling.objects.of(compound).with_people().select_related("building__compound").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(FORM)
@in_scope
def dwelling(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Everything the register says of a dwelling, people masked; a POST shows one of them in full, once, recorded."""
    compound = find_compound(request, code)
    found = find_dwelling(compound, pk)
    may_see = can_see_persons(request.user, compound.area_code, request.today)
    past = list(Ownership.objects.past().filter(dwelling=found).select_related("owner").order_by("-until_on", "-pk"))
    people = [(f"owner-{row.pk}", f"产权人{mask_name(row.owner.name)}") for row in found.owned]  # type: ignore[attr-defined]
    people += [
        (f"owner-{row.pk}", f"以前的产权人{mask_name(row.owner.name)}") for row in past if not row.owner.erased_at
    ]
    if found.representative:
        people.insert(0, ("representative", f"户代表{mask_name(found.representative)}"))
    if request.method == "POST":
        require(may_see)
    form = LookForm(request.POST if request.method == "POST" else None, people=people)
    looked = ""
    if request.method == "POST" and form.is_valid():
        looked = form.cleaned_data["whose"]
        subject = next((r.owner for r in (*found.owned, *past) if looked == f"owner-{r.pk}"), found)  # type: ignore[attr-defined]
        note_look(subject, f"{found}{dict(people)[looked]}", form.cleaned_data["reason"],
                  area_code=compound.area_code, actor=request.user, at=request.at)  # fmt: skip
        form = LookForm(people=people)
    shown = {
        "dwelling": found,
        "past": past,
        "looked": looked,
        "form": form if may_see and people else None,
        "gaps": [GAPS[gap] for gap in gaps_of(found)],
        "history": Entry.objects.about("compounds.dwelling", found.pk)[:20],
        "may_keep": can_keep_register(request.user, compound.area_code, request.today),
        "may_see": may_see,
    }
    return compound_page(request, "portal/office/dwelling.html", compound, "register", shown)


class LookForm(ReasonForm):
    """Whose name and phone to see in full, and why."""

    whose = forms.ChoiceField(
        label="看谁的", error_messages={"required": "还没有选看谁的。", "invalid_choice": "没有这个人，请重新选。"}
    )
    field_order = ["whose", "reason"]

    def __init__(self, *args: object, people: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        whose = self.fields["whose"]
        assert isinstance(whose, forms.ChoiceField)
        whose.choices = people


def _refused(form: forms.Form, problem: DwellingRefused) -> None:
    field, words = DWELLING_REFUSED[problem.key]
    form.add_error(field if field in form.fields else None, words.format(problem.detail))


def _asks_again(form: DwellingForm | OwnersForm, problem: PhoneOfOthers) -> None:
    form.add_error(None, phone_doubt(problem))
    form.doubt = True  # type: ignore[union-attr]


@require_http_methods(FORM)
@in_scope
def dwelling_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Add a dwelling to a building that is known."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    form = DwellingForm(request.POST if request.method == "POST" else None, compound=compound, initial={"votes": True})
    if request.method == "POST" and form.is_valid():
        try:
            made = add_dwelling(compound, form.data_meant, actor=request.user, at=request.at,
                                confirmed=form.cleaned_data["confirmed"])  # fmt: skip
        except DwellingRefused as problem:
            _refused(form, problem)
        except PhoneOfOthers as problem:
            _asks_again(form, problem)
        else:
            messages.success(request, f"{made}登记好了。接着登记产权人。")
            return redirect("dwelling_correction", code=compound.code, pk=made.pk)
    return compound_page(request, "portal/office/dwelling_edit.html", compound, "register", {"form": form})


@require_http_methods(FORM)
@in_scope
def dwelling_edit(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Change what the register says of a dwelling; who comes second sees what the first saved, and their own words."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_dwelling(compound, pk)
    form = DwellingForm(request.POST if request.method == "POST" else None, compound=compound, dwelling=found)
    differs: list[tuple[str, str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            change_dwelling(found, form.data_meant, form.cleaned_data["version"] or 0, actor=request.user,
                            at=request.at, confirmed=form.cleaned_data["confirmed"])  # fmt: skip
        except DwellingRefused as problem:
            _refused(form, problem)
        except PhoneOfOthers as problem:
            _asks_again(form, problem)
        except ChangedMeanwhile as problem:
            form.add_error(None, changed_meanwhile(problem))
            differs = _differences(found, form.data_meant)
            sent = request.POST.copy()
            sent["version"] = str(found.version)
            form.data = sent
        else:
            messages.success(request, f"{found}改好了。")
            return redirect("dwelling", code=compound.code, pk=pk)
    shown = {"form": form, "dwelling": found, "differs": differs}
    return compound_page(request, "portal/office/dwelling_edit.html", compound, "register", shown)


def _differences(found: Dwelling, typed: DwellingData) -> list[tuple[str, str, str]]:
    """Return where what stands there now differs from what was typed: the column, now, typed."""
    rows = []
    for name in SAID_OF:
        now, mine = getattr(found, name), getattr(typed, name)
        if (mine is not None and now != mine) or (name == "property_unit" and now != mine):
            label = str(Dwelling._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            said = [v.name if v is not None and name == "property_unit" else v for v in (now, mine)]
            rows.append((label, *(words_of(found, name, v, PERSONAL if name != "note" else ()) for v in said)))
    return rows  # type: ignore[return-value]


@require_http_methods(FORM)
@in_scope
def dwelling_owners(request: OfficeRequest, code: str, pk: int, dated: bool) -> HttpResponse:
    """Let a dwelling change hands from a day (过户), or mend who owns it (更正)."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_dwelling(compound, pk)
    form = OwnersForm(
        request.POST if request.method == "POST" else None, owned=found.owned, dated=dated,  # type: ignore[attr-defined]
        year=request.today.year, initial={"version": found.version},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            set_owners(found, form.owners, data["version"], from_on=data["on"] if dated else None,
                       reason=data["reason"], actor=request.user, at=request.at, confirmed=data["confirmed"])  # fmt: skip
        except OwnersRefused as problem:
            form.add_error("on" if problem.key in ("future", "before") and dated else None, owners_refused(problem))
        except PhoneOfOthers as problem:
            _asks_again(form, problem)
        except ChangedMeanwhile as problem:
            form.add_error(None, changed_meanwhile(problem))
            sent = request.POST.copy()
            sent["version"] = str(found.version)
            form.data = sent
        else:
            messages.success(request, f"{found}的产权人{'过户' if dated else '更正'}好了。")
            return redirect("dwelling", code=compound.code, pk=pk)
    shown = {"form": form, "dwelling": found, "dated": dated}
    return compound_page(request, "portal/office/dwelling_owners.html", compound, "register", shown)


@require_http_methods(FORM)
@in_scope
def dwelling_remove(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Take out a dwelling that was registered by mistake, on a page that says what happens."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_dwelling(compound, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            remove_dwelling(found, version_sent(request), reason, actor=request.user, at=request.at)
        except DwellingRefused as problem:
            _refused(form, problem)
        except ChangedMeanwhile as problem:
            form.add_error(None, changed_meanwhile(problem))
        else:
            messages.success(request, f"{found}从名册去掉了。")
            return redirect("register", code=compound.code)
    shown = {"form": form, "dwelling": found, "refers": what_refers(found)}
    return compound_page(request, "portal/office/dwelling_remove.html", compound, "register", shown)
