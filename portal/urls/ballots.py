"""Addresses of a compound's ballots in the office."""

from django.urls import URLPattern, path

from portal.views.office.ballots import issuing, overview, turnout, visits

BALLOTS = "office/compounds/<slug:code>/ballots/"
BALLOT = f"{BALLOTS}<int:number>/"

urlpatterns: list[URLPattern] = [
    path(BALLOTS, overview.ballots, name="ballots"),
    path(BALLOT, overview.ballot, name="ballot"),
    path(f"{BALLOT}issuing/", issuing.ballot_issuing, name="ballot_issuing"),
    path(f"{BALLOT}returning/", issuing.ballot_returning, name="ballot_returning"),
    path(f"{BALLOT}returning/<int:paper>/undo/", issuing.ballot_unreturn, name="ballot_unreturn"),
    path(f"{BALLOT}visits/", visits.ballot_visits, name="ballot_visits"),
    path(f"{BALLOT}visits/print.pdf", visits.ballot_visits_pdf, name="ballot_visits_pdf"),
    path(f"{BALLOT}visits/<int:paper>/refusal/", visits.ballot_refusal, name="ballot_refusal"),
    path(f"{BALLOT}visits/<int:paper>/unreached/", visits.ballot_unreached, name="ballot_unreached"),
    path(f"{BALLOT}turnout/", turnout.ballot_turnout, name="ballot_turnout"),
]
