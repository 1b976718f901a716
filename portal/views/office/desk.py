"""Changing people on a shared PC by six digits, and setting one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ballots.models import Ballot
from ballots.permissions import can_enter_papers
from compounds.models import Compound
from compounds.permissions import appointments_of, areas_of
from core.middleware import change_person, client_address, desk_of, pin_since
from core.models import DeskVisit, User
from core.operations import enter_by_pin, record, set_pin
from portal.forms import DeskForm, PinForm
from portal.permissions import home_area
from portal.views.office.account import make_room
from portal.views.office.door import FORM, OfficeRequest, by_password, logged_in

# Pages of no compound that everyone with an area may open.
COMMON = ("workbench", "office_compounds", "review", "jobs", "history", "office_search")
# Pages on which two clerks change places over one ballot's papers.
ENTRY = ("ballot_entry", "ballot_bundle", "ballot_paper_entry", "ballot_pace")
NOT_THESE = "这几位数字不对。"
TOO_OFTEN = "错得太多了，今天在这台机器上要再用密码登录一次。"


def _may_come(user: User) -> bool:
    """Whether a person may come by PIN at all: switched on, with a password of their own, and with work here today.

    Work is an office, or a ballot whose papers they were named to enter.
    """
    own, today = user.is_active and not user.is_machine and not user.must_change_password, timezone.localdate()
    return own and (bool(appointments_of(user, today)) or Ballot.objects.counted_by(user, today).exists())


@sensitive_post_parameters("pin")
@never_cache
@require_http_methods(FORM)
def desk(request: HttpRequest) -> HttpResponse:
    """Who gave the password on this machine today; by six digits one of them takes over where the last one was."""
    at = timezone.now()
    since, here = pin_since(at), desk_of(request)
    visits = (
        [v for v in DeskVisit.objects.at_desk(here, since).order_by("pk") if v.user_id != request.user.pk]
        if here
        else []
    )
    visits = [visit for visit in visits if _may_come(visit.user)]
    able = {visit.user_id: visit for visit in visits if visit.user.pin}
    people = [(key, visit.user.name) for key, visit in able.items()]
    form = DeskForm(request.POST or None, people=people)
    after = request.POST.get("next", "") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        visit = able[form.cleaned_data["person"]]
        user = enter_by_pin(
            visit, form.cleaned_data["pin"], since=since, at=at, from_where=client_address(request),
            area_code=home_area(visit.user, timezone.localdate(at)),
        )  # fmt: skip
        if user is not None:
            make_room(request, user, at)
            change_person(request, user, password_at=visit.password_at, at=at)
            user.seen_from = client_address(request)
            record("login.pin", "用六位数字换人", actor=user, at=at, area_code=home_area(user, timezone.localdate(at)))
            return redirect(_landing(user, after))
        spent = not DeskVisit.objects.at_desk(here, since).filter(pk=visit.pk).exists()
        form.add_error("pin", TOO_OFTEN if spent else NOT_THESE)
    shown = {
        "form": form,
        "people": people,
        "without": [visit.user.name for visit in visits if not visit.user.pin],
        "next": after,
        "came": request.user if request.user.is_authenticated else None,
    }
    return render(request, "portal/office/desk.html", shown)


def _landing(user: User, after: str) -> str:
    """Return the page that the last one was at, if the next one may see it too, else the workbench."""
    home = reverse("workbench")
    if not url_has_allowed_host_and_scheme(after, allowed_hosts=None) or not after.startswith("/office/"):
        return home
    try:
        found = resolve(after.partition("?")[0])
    except Resolver404:
        return home
    today = timezone.localdate()
    if found.url_name in COMMON:
        return after if areas_of(user, today) else home
    if found.url_name in ENTRY:
        ballot = Ballot.objects.filter(compound__code=found.kwargs["code"], number=found.kwargs["number"]).first()
        return after if ballot is not None and can_enter_papers(user, ballot, today) else home
    visible = Compound.objects.visible_to(user, today).filter(code=found.kwargs.get("code", ""))
    return after if visible.exists() else home


@sensitive_post_parameters("password", "pin", "again")
@require_http_methods(FORM)
@by_password()
@logged_in
def pin(request: OfficeRequest) -> HttpResponse:
    """Set one's six digits after giving the password, or do without them."""
    user = request.user
    if request.method == "POST" and request.POST.get("act") == "remove":
        set_pin(user, "", actor=user, at=request.at)
        messages.success(request, "六位数字不用了。换人要打密码。")
        return redirect("workbench")
    form = PinForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        set_pin(user, form.cleaned_data["pin"], actor=user, at=request.at)
        messages.success(request, "六位数字存好了。今天在这台机器上可以用它换人。")
        return redirect("workbench")
    return render(request, "portal/office/pin.html", {"form": form})
