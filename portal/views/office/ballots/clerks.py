"""Who enters a ballot's papers besides the community's clerks: named for days, ended by a click."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ballots.forms.entering import ClerkForm
from ballots.models import BallotClerk
from ballots.operations.entering import end_clerk, name_clerk
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots
from core.models import User
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, in_scope, keys_sent, require
from portal.views.office.words_entering import entering_words


@require_http_methods(FORM)
@in_scope
def ballot_clerks(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Who was named to enter this ballot's papers, from when until when; one more; an end."""
    ballot = find_ballot(request, code, number)
    may_run = can_run_ballots(request.user, ballot.compound, request.today)
    require(may_run or request.method != "POST")
    clerks = BallotClerk.objects.filter(ballot=ballot).select_related("user", "given_by")
    ends = request.POST.get("act") == "end"
    sent = request.POST if request.method == "POST" and not ends else None
    form = ClerkForm(sent, initial={"from_on": request.today})
    if ends:
        keys = keys_sent([request.POST.get("clerk", "")])
        found = clerks.filter(pk__in=keys).first()
        if found is None:
            raise Http404
        end_clerk(found, request.today, actor=request.user, at=request.at)
        messages.success(request, f"{found.user.name}录到今天为止。录过的都算数。")
        return redirect("ballot_clerks", code=code, number=number)
    if sent is not None and form.is_valid():
        user = User.objects.filter(username=form.cleaned_data["username"]).first()
        if user is None:
            form.add_error("username", "没有这个账号。请核对，或者先请街道开通。")
        else:
            try:
                name_clerk(ballot, user, form.cleaned_data["from_on"], form.cleaned_data["until_on"],
                           actor=request.user, at=request.at)  # fmt: skip
            except BallotRefusal as problem:
                form.add_error("username", entering_words(problem))
            else:
                messages.success(request, f"指定了{user.name}。登录以后，待办里就有这次表决的录票。")
                return redirect("ballot_clerks", code=code, number=number)
    rows = [(clerk, clerk.until_on is not None and clerk.until_on < request.today) for clerk in clerks]
    return ballot_page(
        request, "portal/office/ballot_clerks.html", ballot, {"rows": rows, "form": form, "may_run": may_run}
    )
