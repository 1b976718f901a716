"""Addresses of a compound's ballots in the office."""

from django.urls import URLPattern, path

from portal.views.office.ballots import overview

BALLOTS = "office/compounds/<slug:code>/ballots/"
BALLOT = f"{BALLOTS}<int:number>/"

urlpatterns: list[URLPattern] = [
    path(BALLOTS, overview.ballots, name="ballots"),
    path(BALLOT, overview.ballot, name="ballot"),
]
