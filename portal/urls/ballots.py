"""Addresses of a compound's ballots in the office."""

from django.urls import URLPattern

BALLOTS = "office/compounds/<slug:code>/ballots/"
BALLOT = f"{BALLOTS}<int:number>/"

urlpatterns: list[URLPattern] = []
