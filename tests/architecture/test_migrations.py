"""The models and the migrations say the same, and a fresh database is a usable product."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core.insert_only import missing_triggers
from core.models import SYSTEM, SYSTEM_2, Installation, User
from fees.models import Account

pytestmark = pytest.mark.django_db
OURS = ("core", "compounds", "ballots", "fees")


def test_no_migration_is_pending() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_the_portal_has_no_tables() -> None:
    assert not list(apps.get_app_config("portal").get_models())
    assert not (Path(settings.BASE_DIR) / "portal" / "migrations").exists()


def test_every_app_has_one_last_migration() -> None:
    loader = MigrationLoader(connection)
    for app in OURS:
        assert len(loader.graph.leaf_nodes(app)) == 1
    assert not loader.detect_conflicts()


def test_migrate_leaves_a_usable_product() -> None:
    """Contracts: chart of accounts, the district, accounts system and system-2; and every trigger."""
    from compounds.models import Area

    with open(Path(settings.BASE_DIR) / "fees" / "data" / "accounts.csv", encoding="utf-8", newline="") as lines:
        rows = {row["code"]: row["name"] for row in csv.DictReader(lines)}
    assert dict(Account.objects.values_list("code", "name")) == rows
    assert Area.objects.filter(code=settings.DISTRICT_CODE, level="district").exists()
    machines = User.objects.filter(kind="machine")
    assert {user.username for user in machines} == {SYSTEM, SYSTEM_2}
    assert not any(user.has_usable_password() for user in machines)
    assert Installation.objects.count() == 1
    assert missing_triggers(connection) == []


def test_migrating_again_changes_nothing() -> None:
    before = (Account.objects.count(), User.objects.count(), Installation.objects.get().site)
    call_command("migrate", verbosity=0)
    assert (Account.objects.count(), User.objects.count(), Installation.objects.get().site) == before
