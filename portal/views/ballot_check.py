"""Whether one's own ballot paper came back and is counted, by its serial; what it says, never."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ballots.choices import BallotState, PaperState
from ballots.models import Ballot, Paper
from core.codes import read_code
from core.guesses import guessed_too_often, note_guess
from core.middleware import client_address
from portal.forms import SerialForm
from portal.views.ballots import public_ballot
from portal.views.errors import too_many_requests
from portal.views.residents import place_of

# What a household reads of its own paper: that it came, never what it says.
STATES = {
    PaperState.PRINTED: "还没有发放",
    PaperState.ISSUED: "已发放，还没有交回",
    PaperState.RETURNED: "已交回",
    PaperState.LATE: "逾期交回，没有计入",
    PaperState.REFUSED: "登记为拒收",
    PaperState.UNDELIVERABLE: "登记为没能送达",
    PaperState.SPOILT: "已作废，换了新票",
}
COUNTED = "已计入"
UNKNOWN = "没有查到这个票号。请对着票再看一遍；无记名的票不能查。"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compound_ballot_check(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say of a paper by its serial that it was handed out, came back, is counted; unknown and wrong answer alike."""
    ballot = public_ballot(code, number)
    at = timezone.now()
    form = SerialForm(request.POST if request.method == "POST" else None)
    context = {"compound": ballot.compound, "ballot": ballot, "form": form, "typed": "", "answer": ""}
    status = 200
    if form.is_bound and form.is_valid():
        address = client_address(request)
        if guessed_too_often(address, at):
            return too_many_requests(request)
        answer = paper_state(ballot, form.cleaned_data["serial"])
        if not answer:
            note_guess(address, at)
            status = 404
        context |= {"answer": answer or UNKNOWN, "known": bool(answer)}
    elif form.is_bound:
        status = 400
    return render(request, "portal/public/ballot_check.html", context | place_of(ballot.compound), status=status)


def paper_state(ballot: Ballot, typed: str) -> str:
    """Return what became of a paper of an open ballot, in words; "" where there is none of this serial."""
    serial = read_code(typed)
    if serial is None or ballot.secret:
        return ""
    paper = Paper.objects.filter(ballot=ballot, serial=serial).first()
    if paper is None:
        return ""
    counted = ballot.state in (BallotState.CERTIFIED, BallotState.FINAL, BallotState.ANNULLED, BallotState.SET_ASIDE)
    if paper.state == PaperState.RETURNED and counted:
        return COUNTED
    return STATES[PaperState(paper.state)]
