"""Core: people, history, jobs, documents."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def sync_after_migrate(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Re-create the triggers of all insert-only tables; the product's only signal receiver."""
    from core.insert_only import sync_triggers

    sync_triggers(connections[using])


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "基础"

    def ready(self) -> None:
        from core import checks  # noqa: F401

        post_migrate.connect(sync_after_migrate, dispatch_uid="core.sync_triggers")
