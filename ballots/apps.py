"""Ballots: paper ballots of households and owners."""

from django.apps import AppConfig


class BallotsConfig(AppConfig):
    name = "ballots"
    verbose_name = "表决"
